"""Recordings: named-dimension datasets of what an agent received, was, did and earned."""
