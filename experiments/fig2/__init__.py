"""Wang et al. (2018), Fig. 2: matching, reward history and its code in baited foraging."""
