"""Ritter et al. (2018, ICML), Experiment 4: swimming back to where a context's goal was found before."""
