"""What every published study shares: claims and their verdicts, networks, files, provenance."""
