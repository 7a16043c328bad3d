"""Rules and stimuli played against each other: what changes, when, and why."""
