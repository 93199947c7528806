"""Methods: CLIP4Clip, AVIGATE, SAVE and Chorus, and what they share.

Read base.py (the interface of a method), audio_visual.py (what methods with an audio tower share), layers.py (the
parts), then clip4clip.py, avigate.py, save.py and chorus.py in methods/: each is one paper's method from top to bottom.
"""

import os

# The hub's library reads it when it is imported. Otherwise it asks the hub for more than the models, and tells it more.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
