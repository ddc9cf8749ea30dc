"""Export: recordings in the formats that neuroscientists share, networks in the formats that other tools run."""
