"""Rooms of a building: heat, moisture, carbon dioxide and light in them."""
