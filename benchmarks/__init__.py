"""Speed of training against the arithmetic ceiling and a plain loop, all in one run."""
