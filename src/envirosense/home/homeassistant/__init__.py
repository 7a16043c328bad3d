"""A home for Home Assistant itself: its folder with registries and history, events, inventory."""

from envirosense.home.homeassistant.config_folder import Counts, write_home_assistant
from envirosense.home.homeassistant.events_json import event_lines
from envirosense.home.homeassistant.inventory import inventory
from envirosense.home.homeassistant.recorder_schema import VERSIONS

__all__ = ["VERSIONS", "Counts", "event_lines", "inventory", "write_home_assistant"]
