"""Pretrained encoders of pictures, texts and sound, and what computes their inputs."""
