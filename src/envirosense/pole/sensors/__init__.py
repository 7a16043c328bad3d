"""Sensors of the pole; each registers through the `envirosense.sensors` entry points."""
