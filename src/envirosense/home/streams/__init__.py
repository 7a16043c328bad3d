"""Tables of an episode: columns, rows, and how stored ones are read back."""
