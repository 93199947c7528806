"""Published checkpoints, read: what is in a file, what it is, and where each tensor belongs."""
