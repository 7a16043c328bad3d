"""One week of a home as a page that a person can judge by eye; no file beside it."""

from envirosense.home.weekpage.page import week_page

__all__ = ["week_page"]
