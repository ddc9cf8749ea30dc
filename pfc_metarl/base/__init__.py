"""Ground floor: errors, configuration, seeds, names and the run folder. Any layer may import it."""
