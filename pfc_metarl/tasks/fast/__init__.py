"""Worlds on compiled kernels, where a training takes most of its steps."""
