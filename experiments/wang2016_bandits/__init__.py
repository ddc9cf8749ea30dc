"""Wang et al. (2016), sections 3.1.1 and 3.1.2: bandits with independent and dependent arms."""
