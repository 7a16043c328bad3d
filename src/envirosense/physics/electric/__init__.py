"""Electricity: fields of the line, load, faults, discharges."""
