"""A trained network reused on other tasks: how much of it must change, and what that spares."""
