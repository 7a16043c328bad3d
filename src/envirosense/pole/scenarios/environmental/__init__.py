"""Scenarios of the family environmental."""
