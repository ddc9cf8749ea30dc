"""Duan et al. (2016), section 3.1: multi-armed bandits."""
