"""A folder that Home Assistant opens as its own: configuration, registries, automations, history."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from envirosense.home.homeassistant.automations_yaml import Configured, automation_files, configured_ids
from envirosense.home.homeassistant.recorder import DATABASE, write_recorder
from envirosense.home.homeassistant.recorder_schema import SCHEMA_OF, VERSIONS
from envirosense.home.homeassistant.registries import registered, registry_files
from envirosense.home.homeassistant.seen import seen
from envirosense.home.log import EventLog
from envirosense.home.model import Home

KEEP_DAYS: Final = 3650  # the recorder counts from today, and a history may be years old


@dataclass(frozen=True, slots=True)
class Counts:
    """How much of a home was written, for a reader to compare with what Home Assistant found.

    `statistic_ids` is the number of sensors with statistics, `statistics` that of their hours.
    """

    floors: int
    areas: int
    labels: int
    devices: int
    entities: int
    automations: int
    states: int
    events: int
    statistic_ids: int
    statistics: int


def write_home_assistant(
    folder: Path,
    home: Home,
    automations: Sequence[Configured],
    log: EventLog,
    start_utc: datetime,
    *,
    ha_version: str = VERSIONS[-1],
) -> Counts:
    """What was written into a configuration folder for a version of Home Assistant, 2025.1.4 or 2025.4.4.

    Raises:
        ValueError: for any other version, or if two automations have one id.
        FileExistsError: if the folder has a database already: one in use is never touched.
    """
    if ha_version not in SCHEMA_OF:
        raise ValueError(f"homes are written for Home Assistant {' or '.join(VERSIONS)}, not {ha_version}")
    texts = automation_files(automations)
    storage = folder / ".storage"
    storage.mkdir(parents=True, exist_ok=True)
    rows = write_recorder(folder / DATABASE, home, seen(home, log, start_utc), SCHEMA_OF[ha_version])
    entities = registered(home, configured_ids(automations))
    for name, content in registry_files(home, entities, start_utc, ha_version).items():
        _write(storage / name, json.dumps(content, ensure_ascii=False, indent=2))
    for name, text in texts.items():
        _write(folder / name, text)
    _write(folder / "configuration.yaml", configuration_yaml(home))
    _write(folder / ".HA_VERSION", ha_version)
    return Counts(
        floors=len(home.floors),
        areas=len(home.areas),
        labels=len(home.labels),
        devices=len(home.devices),
        entities=len(entities),
        automations=len(automations),
        **{name: rows[name] for name in ("states", "events", "statistic_ids", "statistics")},
    )


def configuration_yaml(home: Home) -> str:
    """Text of `configuration.yaml`; nothing of the history is ever purged."""
    return f"""\
homeassistant:
  name: {json.dumps(home.name)}
  latitude: {home.latitude_deg}
  longitude: {home.longitude_deg}
  unit_system: metric
  time_zone: {json.dumps(_time_zone(home))}
  currency: {json.dumps(home.currency)}
  language: {json.dumps(home.language)}
recorder:
  auto_purge: false
  auto_repack: false
  purge_keep_days: {KEEP_DAYS}
history:
logbook:
sun:
automation: !include automations.yaml
script: !include scripts.yaml
scene: !include scenes.yaml
"""


def _time_zone(home: Home) -> str:
    """Name of a zone that never changes its clocks, as the home does not: seven o'clock stays seven o'clock.

    One that is off by a part of an hour has no such name; those of our regions have no summer time either.
    """
    hours = round(home.utc_offset_h)
    return f"Etc/GMT{-hours:+d}" if hours == home.utc_offset_h else home.timezone


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
