"""Light and heat radiation: sun, sky, infrared."""
