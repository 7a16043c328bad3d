"""Pictures of sensors: one day of a whole device, and one sensor type in depth, as self-contained pages."""

from envirosense.pole.sheet.day import BLOCKS, DaySheet, open_day, watch_day
from envirosense.pole.sheet.page import day_page
from envirosense.pole.sheet.type_page import STEPS, type_page

__all__ = ["BLOCKS", "STEPS", "DaySheet", "day_page", "open_day", "type_page", "watch_day"]
