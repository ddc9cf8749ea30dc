"""Wang et al. (2018), Fig. 4: prediction errors that follow an inferred change of value."""
