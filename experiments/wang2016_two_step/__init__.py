"""Wang et al. (2016), section 3.2.1: the two-step task with payoffs that last for an episode."""
