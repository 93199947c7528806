"""Read media files: clips, pictures, sound and subtitles.

PyAV is used here, and in Soundstage, which writes films. It takes a third of a second to import, so what lists files
(suffixes.py, sidecars.py) does without.
"""
