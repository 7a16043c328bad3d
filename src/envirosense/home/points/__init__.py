"""Where a home's consumers hand in what they found: typed records, filters and exports, one module each."""
