"""Fields of the pole's world: each module turns causes and weather into one kind of field.

A field is built once per episode from `WorldInputs` and answers at any point, over all ticks.
"""
