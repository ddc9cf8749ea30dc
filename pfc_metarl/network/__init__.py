"""The prefrontal network: inputs, recurrent cores, and populations of them."""
