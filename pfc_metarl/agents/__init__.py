"""Agents: frozen networks, perturbed ones, and the reference learners they are compared with."""
