"""One episode as one self-contained HTML page: charts, film strip, facts; no file beside it."""

from envirosense.pole.page.page import episode_page

__all__ = ["episode_page"]
