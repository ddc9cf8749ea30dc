"""Two predictions of Wang et al. (2018): dopamine blocked in training, and lesions of the prefrontal network."""
