"""Scenarios of the family lookalike."""
