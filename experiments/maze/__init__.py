"""Mazes never seen: one-shot navigation, after Wang et al. (2016) and Duan et al. (2016)."""
