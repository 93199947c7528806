"""Clips with captions, as training and evaluation read them: manifests, transcripts, stored features."""
