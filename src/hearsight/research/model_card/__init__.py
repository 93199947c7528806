"""A trained model made ready for others: a folder for the hub, with a card."""
