"""One self-contained HTML page of the world of an episode: plume, line fields, heat, sound and causes."""

from envirosense.pole.worldpage.episode import WorldMoment, open_moment
from envirosense.pole.worldpage.page import STEPS, world_page

__all__ = ["STEPS", "WorldMoment", "open_moment", "world_page"]
