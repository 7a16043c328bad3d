"""The pole as a heat network: its components, what drives them, what causes do to them."""
