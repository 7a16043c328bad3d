"""Whether automations do in a real Home Assistant what they did in the home: prints JSON, a line per folder.

    .venv-ha-3.13/bin/python tests/ha/behaviour.py FOLDER...

Home Assistant's core runs `automations.yaml` while the states of the recorder are set one after the other, on
a clock that jumps from one to the next. Every automation it starts is compared with those in the history.
Services do nothing: what they did is among the states already.
"""

import asyncio
import json
import selectors
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import yaml

TOLERANCE_S = 2.0
SUN_TOLERANCE_S = 1800.0  # a home knows the sun's place by the quarter of an hour
UNFED = ("automation", "script", "scene")
STATES = """
    SELECT last_updated_ts, states_meta.entity_id, state, shared_attrs FROM states JOIN states_meta USING
    (metadata_id) JOIN state_attributes USING (attributes_id) ORDER BY state_id"""
STARTS = """
    SELECT json_extract(shared_data, '$.entity_id'), time_fired_ts FROM events JOIN event_types USING
    (event_type_id) JOIN event_data USING (data_id) WHERE event_types.event_type = 'automation_triggered'"""


class JumpingSelector(selectors.DefaultSelector):
    """Waits for nothing but threads: where a timer is next, the clock jumps to it."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.n_busy = 0  # calls that run in threads

    def select(self, timeout: float | None = None) -> Any:
        """Events that are there; the clock moves if there are none."""
        found = super().select(0.001 if self.n_busy or timeout is None else 0.0)
        if not found and timeout and not self.n_busy:
            self.now_s += timeout
        return found


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop in which a day of waiting takes no time."""

    def __init__(self) -> None:
        self.jumping = JumpingSelector()
        super().__init__(self.jumping)

    def time(self) -> float:
        """Seconds since it was made."""
        return self.jumping.now_s

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        """Run in a thread while the clock stands."""
        self.jumping.n_busy += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(lambda _: setattr(self.jumping, "n_busy", self.jumping.n_busy - 1))
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Wait for the threads, however far the clock has gone."""
        await super().shutdown_default_executor(None)


class Clock:
    """The time that Home Assistant is told; must be set up before its event helpers are imported."""

    def __init__(self) -> None:
        from homeassistant.util import dt

        self.start_s = 0.0
        self.loop: JumpingLoop | None = None
        time.time = self.now_s
        dt.utcnow = lambda: datetime.fromtimestamp(self.now_s(), UTC)
        dt.now = lambda zone=None: self.now(zone or dt.get_default_time_zone())

    def now_s(self) -> float:
        """Seconds since 1970."""
        return self.start_s + (self.loop.time() if self.loop else 0.0)

    def now(self, zone: tzinfo) -> datetime:
        """The same in a time zone."""
        return datetime.fromtimestamp(self.now_s(), zone)


def rows(folder: Path, question: str) -> list[tuple[Any, ...]]:
    """Answer of the recorder's database."""
    with closing(sqlite3.connect(f"file:{folder / 'home-assistant_v2.db'}?mode=ro", uri=True)) as opened:
        return opened.execute(question).fetchall()


def actions_in(config: object) -> set[str]:
    """Names of all services that a configuration calls."""
    if isinstance(config, list):
        return set().union(*map(actions_in, config))
    if not isinstance(config, dict):
        return set()
    own = {config["action"]} if isinstance(config.get("action"), str) else set()
    return own | actions_in(list(config.values()))


async def heard_in(folder: Path, clock: Clock) -> dict[str, list[float]]:
    """When Home Assistant started each automation while it was told the states of a folder."""
    from homeassistant import bootstrap, config, config_entries, core, loader
    from homeassistant.core_config import async_process_ha_core_config
    from homeassistant.setup import async_setup_component

    states = rows(folder, STATES)
    clock.loop = asyncio.get_running_loop()  # type: ignore[assignment]
    clock.start_s = states[0][0] - clock.loop.time()
    hass = core.HomeAssistant(str(folder))
    loader.async_setup(hass)
    hass.config_entries = config_entries.ConfigEntries(hass, {})
    await bootstrap.async_load_base_functionality(hass)
    settings = await config.async_hass_config_yaml(hass)
    await async_process_ha_core_config(hass, settings["homeassistant"])
    for name in sorted(actions_in(yaml.safe_load((folder / "automations.yaml").read_text()))):
        hass.services.async_register(*name.split(".", 1), lambda _: None)
    heard: dict[str, list[float]] = defaultdict(list)

    @core.callback
    def hear(event: core.Event) -> None:
        heard[event.data["entity_id"]].append(event.time_fired.timestamp())

    hass.bus.async_listen("automation_triggered", hear)
    for domain in ("homeassistant", "automation"):
        await async_setup_component(hass, domain, settings)
    await hass.async_start()
    for at_s, entity_id, state, attributes in states:
        if (wait_s := at_s - clock.now_s()) > 0.0:
            await asyncio.sleep(wait_s)
        if entity_id.partition(".")[0] not in UNFED:
            hass.states.async_set(entity_id, state, json.loads(attributes))
    await asyncio.sleep(timedelta(minutes=1).total_seconds())
    await hass.async_stop(force=True)
    return heard


def matches(true_s: list[float], heard_s: list[float], tolerance_s: float) -> int:
    """How many of two lists of times are the same but for the tolerance, each used once."""
    heard, found, place = sorted(heard_s), 0, 0
    for at_s in sorted(true_s):
        while place < len(heard) and heard[place] < at_s - tolerance_s:
            place += 1
        if place < len(heard) and heard[place] <= at_s + tolerance_s:
            found, place = found + 1, place + 1
    return found


def compared(folder: Path, clock: Clock) -> dict[str, Any]:
    """Starts in the history, starts heard, and those that are in both, of all automations and of each."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        heard = runner.run(heard_in(folder, clock))
    true: dict[str, list[float]] = defaultdict(list)
    for entity_id, at_s in rows(folder, STARTS):
        true[entity_id].append(at_s)
    entries = json.loads((folder / ".storage" / "core.entity_registry").read_text())["data"]["entities"]
    names = {one["unique_id"]: one["entity_id"] for one in entries if one["platform"] == "automation"}
    each = {}
    for one in yaml.safe_load((folder / "automations.yaml").read_text()):
        name = names[one["id"]]
        by_sun = any(trigger["trigger"] == "sun" for trigger in one["triggers"])
        both = matches(true[name], heard[name], SUN_TOLERANCE_S if by_sun else TOLERANCE_S)
        each[name] = [len(true[name]), len(heard[name]), both]
    totals = [sum(one[place] for one in each.values()) for place in range(3)]
    return dict(zip(("in_history", "heard", "both"), totals, strict=True)) | {"each": each}


def main(folders: list[str]) -> int:
    """Print a line of JSON per folder."""
    clock = Clock()
    for folder in folders:
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / "config"
            shutil.copytree(folder, copy)
            sys.stdout.write(json.dumps({"folder": folder, **compared(copy, clock)}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
