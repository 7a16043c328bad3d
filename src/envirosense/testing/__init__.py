"""Contracts as code and fakes, for our tests and for whoever extends the package.

`sensors.check_sensor` holds a sensor to its contract, and `worlds.UniformWorld` is a world small
enough to reason about. Each module is imported for what it checks, so none drags in another layer.
"""
