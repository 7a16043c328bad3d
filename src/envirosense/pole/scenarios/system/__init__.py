"""Scenarios of the family system."""
