"""Recorded logs as datasets: what was measured in the field, beside what was simulated."""

from envirosense.datasets.recorded.import_map import ImportMap
from envirosense.datasets.recorded.importing import import_logs
from envirosense.datasets.recorded.units import conversion, known_units

__all__ = ["ImportMap", "conversion", "import_logs", "known_units"]
