"""Wang et al. (2016), section 3.1.4: restless bandits."""
