"""Ritter et al. (2018, ICML), Experiment 1: remembering which arm a barcode stands for."""
