"""The whole turn: generate, collect, train, judge, deploy, ask for better data."""
