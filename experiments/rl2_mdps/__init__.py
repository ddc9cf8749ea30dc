"""Duan et al. (2016), section 3.2: tabular Markov decision processes."""
