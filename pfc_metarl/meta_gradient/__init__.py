"""Meta-learning by gradients through gradients, beside networks that learn by activity."""
