"""One folder per published study; ``pfc_metarl.experiments`` once installed."""
