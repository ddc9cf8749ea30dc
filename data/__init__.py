"""Bundled trained networks, each with a card beside it."""
