"""Models on disk: a card and one file that is safe to load."""
