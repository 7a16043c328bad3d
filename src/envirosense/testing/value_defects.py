"""Defects of a channel's values: exchanged, unknown, stuck, leaked, in another unit, out of range."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pyarrow as pa

from envirosense.datasets.rules import Rule
from envirosense.datasets.structure_checks import role_of, unit_of
from envirosense.testing.defect_places import (
    FEWEST,
    Floats,
    NoPlaceError,
    Planted,
    Plot,
    moves,
    shuffled,
    with_column,
)

# What else a number of a unit may be written in: factor and offset
OTHER_UNITS: Final[Mapping[str, tuple[tuple[str, float, float], ...]]] = {
    "degC": (("degF", 1.8, 32.0), ("K", 1.0, 273.15)),
    "%": (("1", 0.01, 0.0),),
    "Pa": (("hPa", 0.01, 0.0), ("kPa", 0.001, 0.0)),
    "m/s": (("km/h", 3.6, 0.0), ("kn", 1.94384, 0.0), ("mph", 2.23694, 0.0)),
    "deg": (("rad", 0.0174533, 0.0),),
    "ppb": (("ppm", 1e-3, 0.0),),
    "ug/m3": (("mg/m3", 1e-3, 0.0),),
    "1/cm3": (("1/l", 1e3, 0.0),),
    "V": (("mV", 1e3, 0.0),),
    "A": (("mA", 1e3, 0.0),),
    "W": (("mW", 1e3, 0.0), ("kW", 1e-3, 0.0)),
    "Hz": (("kHz", 1e-3, 0.0), ("rad/s", 6.28319, 0.0)),
    "uT": (("nT", 1e3, 0.0), ("mG", 10.0, 0.0)),
    "V/m": (("kV/m", 1e-3, 0.0),),
    "mm/h": (("in/h", 0.0393701, 0.0),),
    "km": (("mi", 0.621371, 0.0),),
}
_SELDOM: Final = 0.5  # channels that differ by this share of known ticks are exchanged whatever their units
_LIVELY: Final = 0.2  # largest share of repeats of a channel that is made to stick


def swapped_columns(plot: Plot) -> Planted:
    """Two channels of different units, or of different rates, in each other's place."""
    for place in plot.places("reading"):
        table = plot.editor.table(*place)
        for one, first in (channels := plot.channels(place)):
            for other, second in channels:
                units = [unit_of(table.schema.field(name)) for name in (one, other)]
                known = [np.isfinite(values).mean() for values in (first, second)]
                if (units[0] != units[1] and moves(first, second)) or abs(known[0] - known[1]) > _SELDOM:
                    a, b = (table[name] for name in (one, other))
                    table = with_column(with_column(table, one, b), other, a)
                    plot.editor.put(*place, table)
                    return plot.planted("swapped_columns", place, f"{one} and {other}")
    raise NoPlaceError("no two channels of different units")


def nan_run(plot: Plot) -> Planted:
    """A run of NaN in a channel."""
    for place in plot.places("reading", "truth"):
        table = plot.editor.table(*place)
        for column, values in plot.channels(place):
            if _is_float(table, column):
                length = int(plot.rng.integers(3, 20))
                first = int(plot.rng.integers(len(values) - length))
                array = table[column].combine_chunks().to_pylist()
                array[first : first + length] = [float("nan")] * length
                plot.editor.put(*place, with_column(table, column, array))
                return plot.planted("nan_run", place, f"{column}, {length} rows from {first}")
    raise NoPlaceError("no float column")


def stuck_channel(plot: Plot) -> Planted:
    """A channel that changes all the time, held at one of its values for half of an episode."""
    for place in plot.places("reading"):
        table = plot.editor.table(*place)
        for column, values in plot.channels(place):
            rows = np.flatnonzero(np.isfinite(values))
            known = values[rows]
            if len(rows) < 2 * FEWEST or np.mean(np.diff(known) == 0) > _LIVELY:
                continue
            first = int(plot.rng.integers(len(rows) // 3))
            inside = (known > known.min()) & (known < known.max()) & (known != 0.0)
            first = first + int(np.argmax(inside[first:]))
            held = values.copy()
            held[rows[first : first + len(rows) // 2]] = values[rows[first]]
            plot.editor.put(*place, with_column(table, column, held))
            return plot.planted("stuck_channel", place, f"{column} at {values[rows[first]]:g}")
    raise NoPlaceError("no lively channel")


def leaked_truth(plot: Plot) -> Planted:
    """A channel that carries a truth, as it is or scaled."""
    for place in plot.places("reading"):
        episode, table = place[0], plot.editor.table(*place)
        truths = [name for name in episode.streams if role_of(plot.dataset.schema(name)) == "truth"]
        for stream in shuffled(truths, plot.rng):
            if episode.row_count(stream) != table.num_rows:
                continue
            for answer, values in plot.channels((episode, stream)):
                floats = [name for name, _ in plot.channels(place) if _is_float(table, name)]
                if not floats or not _tells(values):
                    continue
                scale = float(plot.rng.choice([1.0, 2.0, -0.5]))
                plot.editor.put(*place, with_column(table, floats[0], scale * values))
                return plot.planted("leaked_truth", place, f"{floats[0]} is {scale:g} {stream}.{answer}")
    raise NoPlaceError("no truth that varies")


def _tells(values: Floats) -> bool:
    """Whether a truth varies, beyond what 32-bit storage blurs, and is no clock."""
    is_rich = len(np.unique(values.astype(np.float32))) >= FEWEST / 2
    return bool(is_rich and np.std(values) >= 1e-4 * np.abs(values).max()) and not _is_line(values)


def _is_line(values: Floats) -> bool:
    ticks = np.arange(len(values))
    line = np.polynomial.Polynomial.fit(ticks, values, 1)(ticks)
    return bool(np.abs(values - line).max() < 0.01 * np.ptp(values))


def wrong_unit(plot: Plot) -> Planted:
    """A channel in another unit than its column says, all through an episode."""
    for place in plot.places("reading"):
        table = plot.editor.table(*place)
        for column, values in plot.channels(place):
            others = OTHER_UNITS.get(unit_of(table.schema.field(column)), ())
            for unit, factor, offset in shuffled(others, plot.rng):
                after = factor * values + offset
                if np.nanmedian(np.abs(values)) > 0.0 and moves(values, after):
                    plot.editor.put(*place, with_column(table, column, after))
                    return plot.planted("wrong_unit", place, f"{column} in {unit}")
    raise NoPlaceError("no channel in a unit that has another")


def out_of_range(plot: Plot) -> Planted:
    """A few values beyond the range that a rule gives their channel."""
    for place in plot.places("reading"):
        table = plot.editor.table(*place)
        for column, values in plot.channels(place):
            for low, high in _ranges(plot.rules, place[1], column):
                known = np.flatnonzero(np.isfinite(values))
                rows = plot.rng.choice(known, int(plot.rng.integers(1, 6)), replace=False)
                beyond = (high - low) * plot.rng.uniform(0.05, 1.0, len(rows))
                changed = values.copy()
                changed[rows] = low - beyond if plot.rng.uniform() < 0.5 else high + beyond
                plot.editor.put(*place, with_column(table, column, changed))
                return plot.planted("out_of_range", place, f"{column} at {len(rows)} rows")
    raise NoPlaceError("no channel with a range")


def _ranges(rules: tuple[Rule, ...], stream: str, column: str) -> list[tuple[float, float]]:
    """Ranges with two ends that rules give a column."""
    mine = [rule.bounds for rule in rules if rule.stream == stream and rule.kind == "range"
            and list(rule.bindings([column]))]  # fmt: skip
    return [(low, high) for low, high in mine if low is not None and high is not None]


def _is_float(table: pa.Table, column: str) -> bool:
    return bool(pa.types.is_floating(table.schema.field(column).type))
