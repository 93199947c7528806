"""Indexing on many machines, by Ray. Needs the extra hearsight[ray]."""
