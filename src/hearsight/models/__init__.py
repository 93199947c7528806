"""The science: CLIP4Clip, AVIGATE and SAVE, and the parts they share.

Read resampler.py, gated_fusion.py and similarity.py, then clip4clip.py, avigate.py and save.py: each method is the one
before it and what its paper adds.
"""
