"""Time grid, named random streams, contracts, registries, configuration, parts, errors."""
