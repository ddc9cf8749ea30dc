"""Wang et al. (2016), section 3.1.3: arms with hidden information."""
