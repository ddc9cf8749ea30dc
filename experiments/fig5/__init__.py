"""Wang et al. (2018), Fig. 5: model-based behaviour and prediction errors in the two-step task."""
