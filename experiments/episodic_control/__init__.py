"""Episodic control beside deep and tabular Q-learning: reward against steps in the world."""
