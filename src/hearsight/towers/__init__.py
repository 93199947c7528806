"""Pretrained encoders of frames, words and sounds, and what makes their inputs."""
