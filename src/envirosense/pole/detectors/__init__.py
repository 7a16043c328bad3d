"""Reference detectors of the pole: plain rules on readings, to show what the data carry."""
