"""Scenarios of the family fire."""
