"""Gas and particles around the pole: sources, plumes, background."""
