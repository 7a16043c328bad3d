"""When to train again, with what, and by whom."""
