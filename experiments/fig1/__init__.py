"""Wang et al. (2018), Fig. 1: learning to learn two-armed bandits."""
