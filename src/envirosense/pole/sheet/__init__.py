"""Pictures of sensors: one day of a whole device, and one sensor type in depth, as self-contained pages."""

from envirosense.pole.sheet.day import BLOCKS, DaySheet, open_day, watch_day
from envirosense.pole.sheet.page import day_page

__all__ = ["BLOCKS", "DaySheet", "day_page", "open_day", "watch_day"]
