"""Asking the simulator for the data that a model lacks."""
