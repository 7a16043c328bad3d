"""Scenarios of the pole."""
