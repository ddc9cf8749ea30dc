"""Wang et al. (2018), Fig. 3: a learned learning rate that adapts to volatility."""
