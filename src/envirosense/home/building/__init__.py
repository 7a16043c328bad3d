"""Homes drawn and furnished: floors, areas, devices, entities, residents."""
