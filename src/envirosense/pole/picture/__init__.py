"""What a thermal camera sees: bodies, sky, radiance, the recording of frames."""
