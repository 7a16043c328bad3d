"""Checks of a pole episode's tables of events, labels and observability against one another."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from envirosense.core.errors import EnviroSenseError
from envirosense.core.protocols import EpisodeReader
from envirosense.instruments.configuration import SensorConfiguration
from envirosense.pole.domain import require_inside
from envirosense.scenarios import EventSubtype, EventType
from envirosense.scenarios.taxonomy import LEVEL_EDGES, Family, level_of
from envirosense.testing.event_labels import require

type Row = Mapping[str, Any]

EVERYWHERE: Final = (EventType.SEVERE_WEATHER, EventType.FIRE_RISK)  # their place is where the device hangs
ROUNDING: Final = 1e-6  # of severities in 32 bits, over which a level may change


def check_events(episode: EpisodeReader) -> None:
    """Every event has a name, a place, a level, an order of times and a parent that make sense."""
    spec, rows = episode.spec, episode.table("events").to_pylist()
    for row in rows:
        where = f"{spec.scenario}, event {row['event_id']}"
        _check_names(row, where)
        _check_place(row, where)
        _check_order(row, spec.grid.duration_s, where)
        _check_parent(row, rows, where)


def _check_names(row: Row, where: str) -> None:
    types, subtypes = ([member.value for member in names] for names in (EventType, EventSubtype))
    require(row["event_type"] in types, f"{where}: {row['event_type']!r} is no type of the taxonomy")
    require(row["event_subtype"] in subtypes, f"{where}: {row['event_subtype']!r} is no subtype")
    require(1 <= row["level"] <= 5, f"{where}: level {row['level']} is none of 1 to 5")
    is_benign = row["event_type"] == EventType.BENIGN_SOURCE.value
    require(not is_benign or row["level"] == 1, f"{where}: benign, yet of level {row['level']}")
    require(row["time_scale"] >= 1.0, f"{where}: time_scale {row['time_scale']} stretches the clock")


def _check_place(row: Row, where: str) -> None:
    try:
        require_inside((row["x_m"], row["y_m"], row["z_m"]), "at")
    except EnviroSenseError as error:
        raise AssertionError(f"{where}: {error}") from error
    kind = EventType(row["event_type"])
    may_be_here = kind.family is Family.SYSTEM or kind in EVERYWHERE
    require(row["distance_m"] > 0.0 or may_be_here, f"{where}: {kind.value} lies in the device itself")


def _check_order(row: Row, duration_s: float, where: str) -> None:
    end_s = duration_s if row["clearance_s"] is None else row["clearance_s"]
    in_order = 0.0 <= row["onset_s"] <= row["peak_s"] < end_s <= duration_s
    require(in_order, f"{where}: onset, peak and clearance are out of order")
    ignition_s = row["ignition_s"]
    require(
        row["ignition_observed"] is (ignition_s is not None),
        f"{where}: ignition_observed does not go with ignition_s {ignition_s}",
    )


def _check_parent(row: Row, rows: list[Row], where: str) -> None:
    parent = row["parent_event_id"]
    if parent is None:
        return
    is_other = 0 <= parent < len(rows) and parent != row["event_id"]
    require(is_other, f"{where}: parent {parent} is no other event")
    begins_s = rows[parent]["onset_s"]
    require(
        begins_s <= row["onset_s"],
        f"{where} begins at {row['onset_s']} s, before its parent at {begins_s} s",
    )


def check_labels_fit_events(episode: EpisodeReader) -> None:
    """The labels of every tick say what the events table says in one row."""
    spec, labels = episode.spec, episode.table("labels")
    owner, ticks = labels["event_id"].to_numpy(), labels["tick"].to_numpy()
    severity, level = labels["severity"].to_numpy().astype(np.float64), labels["level"].to_numpy()
    rows, edges = episode.table("events").to_pylist(), np.asarray(LEVEL_EDGES)
    known = {row["event_id"] for row in rows}
    require(set(owner.tolist()) == known, f"{spec.scenario}: labels of other events than {sorted(known)}")
    for row in rows:
        mine, where = owner == row["event_id"], f"{spec.scenario}, event {row['event_id']}"
        begins_s, ends_s = ticks[mine][0] * spec.grid.dt_s, (ticks[mine][-1] + 1) * spec.grid.dt_s
        require(begins_s == row["onset_s"], f"{where}: its first label is at {begins_s} s")
        end_s = spec.grid.duration_s if row["clearance_s"] is None else row["clearance_s"]
        require(ends_s == end_s, f"{where}: its last label ends at {ends_s} s, clearance is {end_s} s")
        off = mine & (level != level_of(severity))
        near = np.abs(severity[off, None] - edges).min(axis=1, initial=1.0) < ROUNDING
        require(bool(near.all()), f"{where}: levels do not go with severity")
        require(level[mine].max() == row["level"], f"{where}: the greatest level of its labels is another")


def check_observability(episode: EpisodeReader) -> None:
    """Every event has a row for every sensor; what is detectable is so within the event."""
    spec, rows = episode.spec, episode.table("observability").to_pylist()
    onset_s = {row["event_id"]: row["onset_s"] for row in episode.table("events").to_pylist()}
    sensors = {sensor.sensor_id for sensor in SensorConfiguration.parse(spec.sensing, "sensing").sensors}
    found = [(row["event_id"], row["sensor_id"]) for row in rows]
    expected = sorted((event, sensor) for event in onset_s for sensor in sensors)
    require(sorted(found) == expected, f"{spec.scenario}: one row of observability for each event and sensor")
    for row in rows:
        where = f"{spec.scenario}, event {row['event_id']} at {row['sensor_id']}"
        first_s = row["first_detectable_s"]
        sound = np.isfinite(row["max_snr"]) and row["max_snr"] >= 0.0
        require(bool(sound), f"{where}: max_snr is {row['max_snr']}")
        told = {row["detectable"], first_s is not None, row["detectable_s"] > 0.0}
        require(len(told) == 1, f"{where}: detectable, its time and its length disagree")
        begins_s = onset_s[row["event_id"]]
        require(
            first_s is None or first_s >= begins_s,
            f"{where}: detectable at {first_s} s, before its onset at {begins_s} s",
        )
