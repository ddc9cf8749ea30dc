"""Those who are compared: one module each, whose ``make`` returns the work to be timed."""
