"""Pretrained encoders of frames, words and sounds: typed wrappers over transformers, and what makes their inputs."""
