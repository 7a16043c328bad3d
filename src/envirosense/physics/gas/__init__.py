"""Gas in the air: where it comes from, how it spreads, reacts and settles."""
