"""Wang et al. (2018), Fig. 7: risky choices with dopamine blocked or triggered at chosen events."""
