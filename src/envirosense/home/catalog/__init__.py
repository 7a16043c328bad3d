"""What homes are made of, as data files: types, rooms, places, households, roles and devices."""

from envirosense.home.catalog.loader import Catalog, default_catalog, load_catalog

__all__ = ["Catalog", "default_catalog", "load_catalog"]
