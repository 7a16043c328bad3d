"""Energy of the device: sun on its panel, battery, case."""
