"""Makers of small files that tests read: media, models, libraries."""
