"""Pattern detectors of the ordinary kind: permissive, often wrong, blind to all but events and registry."""
