"""Judging models on frozen samples: metrics with intervals, slices, calibration, comparison."""
