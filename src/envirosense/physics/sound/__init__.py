"""Sound: sources, propagation, levels and waveforms."""
