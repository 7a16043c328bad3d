"""Checks that hold for every dataset: keys, ticks, units, roles; no twin needs to ask for them."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pyarrow as pa

from envirosense.core.episode import EpisodeSpec
from envirosense.datasets.frames import frame_planes
from envirosense.datasets.rule_checks import (
    NO_ROWS,
    Outcome,
    column_floats,
    own_keys,
    repeated_rows,
    row_groups,
)
from envirosense.datasets.schema import tick_times

KEYS: Final = ("episode_id", "tick", "time_utc", "event_id", "sensor_id")
_OF_ALL_ROWS: Final = ("episode_id", "tick", "time_utc")
FEATURE_ROLES: Final = ("reading", "frames", "history")
ANSWER_ROLES: Final = ("label", "event", "truth", "observability", "mask", "response", "regime")
_MEASURED_ROLES: Final = ("reading", "ideal", "truth")
_KEYED_ROLES: Final = ("event", "observability")
# Suffix of a column name and the units it may stand for; longer suffixes first
_SUFFIXES: Final[dict[str, tuple[str, ...]]] = {
    "_per_cm3": ("1/cm3",),
    "_ug_m3": ("ug/m3",),
    "_m_s2": ("m/s2",),
    "_v_m": ("V/m",),
    "_rad": ("rad",),
    "_w_m2": ("W/m2",),
    "_mm_h": ("mm/h",),
    "_m_s": ("m/s",),
    "_g_s": ("g/s",),
    "_k_s": ("K/s",),
    "_ppb": ("ppb",),
    "_pct": ("%",),
    "_deg": ("deg",),
    "_hpa": ("hPa",),
    "_pa": ("Pa",),
    "_hz": ("Hz",),
    "_db": ("dB",),
    "_ka": ("kA",),
    "_c": ("degC",),
    "_k": ("K",),
    "_s": ("s",),
    "_m": ("m",),
    "_a": ("A",),
    "_w": ("W",),
    "_v": ("V",),
}


def role_of(schema: pa.Schema) -> str:
    """Role of a stream, "" where its metadata name none."""
    return str((schema.metadata or {}).get(b"role", b"").decode())


def key_columns(schema: pa.Schema) -> list[str]:
    """Columns that tell rows apart: those that every stream may have, and those that the twin marks."""
    return [*(name for name in KEYS if name in schema.names), *own_keys(schema)]


def is_number(field: pa.Field) -> bool:
    """Whether a column holds numbers (flags and key columns do not count)."""
    return (pa.types.is_integer(field.type) or pa.types.is_floating(field.type)) and field.name not in KEYS


def unit_of(field: pa.Field) -> str:
    """Unit in the metadata of a column."""
    return str((field.metadata or {}).get(b"unit", b"").decode())


def check_units(schema: pa.Schema) -> Iterator[tuple[str, str]]:
    """Columns without unit or description, or with a unit that contradicts the name, and the reason."""
    for field in schema:
        if field.name not in KEYS and not (field.metadata or {}).get(b"description"):
            yield field.name, "no_description"
        if not is_number(field):
            continue
        suffix = next((suffix for suffix in _SUFFIXES if field.name.endswith(suffix)), "")
        is_measured = role_of(schema) in _MEASURED_ROLES
        if b"unit" not in (field.metadata or {}) or (is_measured and not unit_of(field)):
            yield field.name, "no_unit"
        elif suffix and unit_of(field) not in _SUFFIXES[suffix]:
            yield field.name, f"unit_{unit_of(field)}_for_{suffix}"


def check_keys(table: pa.Table) -> Iterator[Outcome]:
    """Key columns without nulls, and no two rows of a tick or event stream with equal keys."""
    keys = key_columns(table.schema)
    for name in keys:
        yield Outcome(table.num_rows, np.flatnonzero(~np.asarray(table[name].is_valid())), "null_key", name)
    own = [name for name in keys if name not in {"episode_id", "time_utc"}]
    if "tick" in own or role_of(table.schema) in _KEYED_ROLES:
        yield Outcome(table.num_rows, repeated_rows(table, own), "repeated_key", ", ".join(own))


def check_ticks(table: pa.Table, spec: EpisodeSpec) -> Iterator[Outcome]:
    """Ticks inside the episode and rising (per event, sensor and own key), times equal to the grid's."""
    if "tick" not in table.column_names or not table.num_rows:
        return
    ticks, known = column_floats(table["tick"])
    yield Outcome(
        len(ticks), np.flatnonzero(known & ((ticks < 0) | (ticks >= spec.grid.n))), "outside", "tick"
    )
    owner = row_groups(table, [name for name in key_columns(table.schema) if name not in _OF_ALL_ROWS])
    order = np.argsort(owner, kind="stable")
    falls = (np.diff(ticks[order]) <= 0) & (np.diff(owner[order]) == 0)
    yield Outcome(0, order[1:][falls], "not_rising", "tick")
    if known.all() and "time_utc" in table.column_names:
        expected = tick_times(spec, table["tick"].to_numpy()).cast(pa.int64()).to_numpy()
        found = table["time_utc"].cast(pa.int64()).fill_null(-1).to_numpy()
        yield Outcome(0, np.flatnonzero(expected != found), "off_grid", "time_utc")


def check_gaps(table: pa.Table, spec: EpisodeSpec) -> Iterator[Outcome]:
    """One row for every tick of the episode; a failed row is the one after the gap."""
    ticks = column_floats(table["tick"])[0]
    steps = np.diff(ticks, prepend=-1.0, append=float(spec.grid.n))
    after = np.minimum(np.flatnonzero(steps > 1.0), max(table.num_rows - 1, 0))
    yield Outcome(spec.grid.n, after if table.num_rows else NO_ROWS, "gap", "tick")


def check_finite(table: pa.Table) -> Iterator[Outcome]:
    """No NaN or infinity; an unknown value is null."""
    for field in table.schema:
        if pa.types.is_floating(field.type):
            values, known = column_floats(table[field.name])
            yield Outcome(len(values), np.flatnonzero(known & ~np.isfinite(values)), "not_finite", field.name)


def leaked_columns(schemas: dict[str, pa.Schema]) -> list[tuple[str, str]]:
    """Streams a detector may read, with columns that are answers: named as in a stream of answers."""
    of_answers = [schema for schema in schemas.values() if role_of(schema) in ANSWER_ROLES]
    answers = {name for schema in of_answers for name in schema.names} - set(KEYS)
    answers -= {name for schema in schemas.values() for name in own_keys(schema)}
    answers -= {plane for schema in schemas.values() for plane in frame_planes(schema)}
    return [
        (stream, name)
        for stream, schema in schemas.items()
        if role_of(schema) in FEATURE_ROLES
        for name in schema.names
        if name in answers or name.startswith(("gt_", "truth_", "label_"))
    ]
