"""Index on many machines with Ray. This package needs the extra hearsight[ray]."""
