"""Scenarios of the family electrical."""
