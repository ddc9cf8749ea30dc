"""Learners of action values that go on learning as they act: tabular, deep, and from stored episodes."""
