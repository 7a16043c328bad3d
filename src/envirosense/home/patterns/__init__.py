"""Patterns of a home: planted before anything happens, logged when it happens, found again by a blind eye."""
