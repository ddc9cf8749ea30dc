"""Finn et al. (2017), section 5.1: sinusoid regression, by gradient steps and by a recurrent state."""
