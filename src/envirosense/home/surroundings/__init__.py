"""What surrounds a home: weather, sun, carbon intensity, price, calendar."""
