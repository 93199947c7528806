"""Conversion of published checkpoints: what a file contains, what it is, and where each tensor belongs."""
