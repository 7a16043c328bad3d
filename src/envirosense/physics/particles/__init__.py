"""Particles in the air: sizes, growth in humidity, fall."""
