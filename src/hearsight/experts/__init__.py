"""Experts: models that compare a query with a clip, each in a space of its own, and what their scores are worth."""
