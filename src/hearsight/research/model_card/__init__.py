"""Prepare a trained model for publication: a folder for the Hugging Face hub, with a model card."""
