"""The cores' forward and backward pass, derived by hand; README.md says how and why."""
