"""Scenarios of the family multi_factor."""
