"""What people do to the entities of a home, and what sensors see of them."""
