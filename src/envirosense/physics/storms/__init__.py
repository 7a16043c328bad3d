"""Thunderstorms and lightning."""
