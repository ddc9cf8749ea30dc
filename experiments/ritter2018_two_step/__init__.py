"""Ritter et al. (2018, bioRxiv): an episodic and an incremental model-based learner in one network."""
