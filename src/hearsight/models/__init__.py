"""Methods: CLIP4Clip, AVIGATE, SAVE and Chorus, and what they share.

Read base.py (the interface of a method), audio_visual.py (what methods with an audio tower share), layers.py (the
parts), then clip4clip.py, avigate.py, save.py and chorus.py in methods/: each is one paper's method from top to bottom.
"""
