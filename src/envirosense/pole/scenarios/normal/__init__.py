"""Scenarios of the family normal."""
