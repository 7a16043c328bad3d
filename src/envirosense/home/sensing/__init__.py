"""Climate of rooms, power of devices, and the numbers that sensors report of them."""
