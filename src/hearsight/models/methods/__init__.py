"""The methods of Hearsight, one in each file; the module names its paper."""
