"""What and how: savings by states recalled from the same, a similar and a different task."""
