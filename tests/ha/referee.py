"""What a real Home Assistant finds in configuration folders: run by an environment that has it, prints JSON.

    .venv-ha-3.13/bin/python tests/ha/referee.py FOLDER...

Each folder is copied first: Home Assistant writes into what it opens. Its clock goes from a minute after the
last state that the recorder holds, as if it had just been started again.
"""

import asyncio
import json
import logging
import shutil
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from homeassistant import bootstrap, config, config_entries, const, core, loader
from homeassistant.components.recorder import get_instance, history, statistics
from homeassistant.helpers import (
    area_registry,
    device_registry,
    entity_registry,
    floor_registry,
    label_registry,
)
from homeassistant.helpers.recorder import async_initialize_recorder
from homeassistant.setup import async_setup_component
from homeassistant.util import dt

IN_ACTION = ("homeassistant.components.automation.", "homeassistant.components.script.")
KINDS = {"mean", "min", "max", "state", "sum"}


class Clock:
    """The time that Home Assistant is told."""

    def __init__(self) -> None:
        self._true_s = time.time
        self._ahead_s = 0.0
        time.time = self.now_s
        dt.utcnow = lambda: datetime.fromtimestamp(self.now_s(), UTC)

    def now_s(self) -> float:
        """Seconds since 1970."""
        return self._true_s() + self._ahead_s

    def set(self, moment: datetime) -> None:
        """Go on from a moment."""
        self._ahead_s = moment.timestamp() - self._true_s()


class Complaints(logging.Handler):
    """What Home Assistant complains of, but for automations in action: no platform runs that would obey."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message."""
        if not (record.name.startswith(IN_ACTION) and "not found" in record.getMessage()):
            self.found.append(f"{record.levelname} {record.name}: {record.getMessage()}"[:300])


def span(database: Path) -> tuple[datetime, datetime, list[str]]:
    """First and last moment that the recorder holds a state of, and the entities it knows."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        low, high = opened.execute("SELECT min(last_updated_ts), max(last_updated_ts) FROM states").fetchone()
        names = [name for (name,) in opened.execute("SELECT entity_id FROM states_meta")]
    return datetime.fromtimestamp(low, UTC), datetime.fromtimestamp(high, UTC), names


def past(hass: core.HomeAssistant, first: datetime, last: datetime, names: list[str]) -> dict[str, Any]:
    """States and hourly statistics as the history and statistics graphs ask for them."""
    states = history.get_significant_states(
        hass,
        first - timedelta(seconds=1),
        last + timedelta(seconds=1),
        names,
        include_start_time_state=False,
        significant_changes_only=False,
        minimal_response=False,
        no_attributes=False,
    )
    hours = statistics.statistics_during_period(
        hass, first - timedelta(hours=1), last + timedelta(hours=1), None, "hour", None, KINDS
    )
    sums = [[row["sum"] for row in rows if row.get("sum") is not None] for rows in hours.values()]
    return {
        "history": sum(len(rows) for rows in states.values()),
        "entities_with_history": len(states),
        "statistics": sum(len(rows) for rows in hours.values()),
        "statistic_ids": len(hours),
        "sums_that_fall": sum(any(after < before for before, after in pairwise(one)) for one in sums),
    }


def answering(hass: core.HomeAssistant, domain: str) -> int:
    """Entities of a domain that Home Assistant accepted the configuration of."""
    states = [hass.states.get(name) for name in hass.states.async_entity_ids(domain)]
    return sum(one is not None and one.state != const.STATE_UNAVAILABLE for one in states)


async def found_in(folder: Path, clock: Clock) -> dict[str, Any]:
    """Counts of what Home Assistant loads from a folder."""
    first, last, names = span(folder / "home-assistant_v2.db")
    clock.set(last + timedelta(minutes=1))
    hass = core.HomeAssistant(str(folder))
    loader.async_setup(hass)
    hass.config_entries = config_entries.ConfigEntries(hass, {})
    await bootstrap.async_load_base_functionality(hass)
    settings = await config.async_hass_config_yaml(hass)
    async_initialize_recorder(hass)
    set_up = {}
    for domain in ("homeassistant", "recorder", "automation", "script", "scene"):
        set_up[domain] = await async_setup_component(hass, domain, settings)
    await hass.async_start()
    await hass.async_block_till_done()
    device_registry.async_cleanup(hass, device_registry.async_get(hass), entity_registry.async_get(hass))
    found = {
        "ha_version": const.__version__,
        "set_up": set_up,
        "floors": len(floor_registry.async_get(hass).floors),
        "areas": len(area_registry.async_get(hass).areas),
        "labels": len(label_registry.async_get(hass).labels),
        "devices": len(device_registry.async_get(hass).devices),
        "entities": len(entity_registry.async_get(hass).entities),
        "automations": answering(hass, "automation"),
        "scripts": answering(hass, "script"),
        "scenes": answering(hass, "scene"),
        **await get_instance(hass).async_add_executor_job(past, hass, first, last, names),
    }
    await hass.async_stop(force=True)
    return found


def main(folders: list[str]) -> int:
    """Print a line of JSON per folder; 1 where one of them could not be opened."""
    bad, clock = 0, Clock()
    for folder in folders:
        complaints = Complaints()
        logging.getLogger().addHandler(complaints)
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / "config"
            shutil.copytree(folder, copy)
            try:
                found = asyncio.run(found_in(copy, clock))
            except Exception as error:  # whatever it is, the next home is tried
                found, bad = {"error": repr(error)}, 1
        logging.getLogger().removeHandler(complaints)
        sys.stdout.write(json.dumps({"folder": folder, **found, "complaints": complaints.found}) + "\n")
    return bad


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
