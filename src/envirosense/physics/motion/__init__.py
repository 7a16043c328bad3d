"""Motion: the pole as a beam, its wires, blows."""
