"""Worlds: pure, batched, with a hidden truth for analysis."""
