"""Readings against the truth that they measure, and against the steps of their converter."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.datasets.episode_tables import EpisodeTables
from envirosense.datasets.rule_checks import NO_ROWS, Floats, Outcome
from envirosense.datasets.rules import Reference, Rule

_SINGLE: Final = 2.0**-22  # relative spacing of 32-bit floats, with room for one rounding
_TURN_DEG: Final = 360.0


def check_across(rule: Rule, tables: EpisodeTables) -> Iterator[Outcome]:
    """Outcomes of a rule that compares a stream with another one, over one episode."""
    if rule.stream not in tables.tables or rule.reference is None:
        return
    if rule.reference.stream not in tables.tables:
        return
    check = _check_lattice if rule.kind == "lattice" else _check_follows
    for (column,) in rule.bindings(tables.numbers(rule.stream)):
        yield from check(rule, rule.reference, tables, column)


def _check_follows(rule: Rule, reference: Reference, tables: EpisodeTables, column: str) -> Iterator[Outcome]:
    """Rows off the truth, where more than half of them are: noise and lag move single rows."""
    rows, expected = _expected(reference, tables, rule.stream)
    reading = tables.floats(rule.stream, column)[rows]
    residual = reading - expected
    if reference.form == "bearing":
        residual = (residual + _TURN_DEG / 2) % _TURN_DEG - _TURN_DEG / 2
    usable = np.isfinite(residual) & ~tables.at_fault(rule.stream, column)[rows]
    if reference.at_least is not None:
        usable &= np.abs(_length(reference, tables, rule.stream)[1]) >= reference.at_least
    low, high = rule.bounds
    slack = rule.share * np.abs(expected)
    outside = np.zeros(len(rows), dtype=bool)
    if low is not None:
        outside |= usable & (residual < low - slack)
    if high is not None:
        outside |= usable & (residual > high + slack)
    n_usable = int(usable.sum())
    is_off = outside.sum() > n_usable / 2
    yield Outcome(n_usable, rows[outside] if is_off else NO_ROWS, "off_its_truth", column)


def _expected(
    reference: Reference, tables: EpisodeTables, stream: str
) -> tuple[npt.NDArray[np.intp], Floats]:
    """Rows of the stream that the reference has too, and what they should read."""
    if reference.form == "length":
        rows, value = _length(reference, tables, stream)
    else:
        rows, parts = _parts(reference, tables, stream)
        value = np.degrees(np.arctan2(-parts[0], -parts[1])) if reference.form == "bearing" else parts[0]
    return rows, value * reference.scale + reference.offset


def _length(reference: Reference, tables: EpisodeTables, stream: str) -> tuple[npt.NDArray[np.intp], Floats]:
    rows, parts = _parts(reference, tables, stream)
    return rows, np.sqrt(np.sum(np.square(parts), axis=0))


def _parts(
    reference: Reference, tables: EpisodeTables, stream: str
) -> tuple[npt.NDArray[np.intp], list[Floats]]:
    own, other = tables.ticks(stream), tables.ticks(reference.stream)
    if np.array_equal(own, other):
        rows, places = np.arange(len(own)), np.arange(len(own))
    else:
        _, rows, places = np.intersect1d(own, other, return_indices=True)
    return rows, [tables.floats(reference.stream, name)[places] for name in reference.columns]


def _check_lattice(rule: Rule, reference: Reference, tables: EpisodeTables, column: str) -> Iterator[Outcome]:
    """Rows whose value the sensor's converter cannot give: between two steps, or beyond its ends."""
    found = converter_of(reference, tables, rule.stream, column)
    if found is None:
        return
    step, low, high = found
    values = tables.floats(rule.stream, column)
    nearest = np.rint(values / step) * step
    room = _SINGLE * np.abs(values) + 1e-6 * step
    at_end = (np.abs(values - low) <= room) | (np.abs(values - high) <= room)
    known = np.isfinite(values)
    is_fine = _SINGLE * np.nanmax(np.abs(values), initial=0.0) < step / 4  # else storage hides the steps
    off = known & (np.abs(values - nearest) > room) & ~at_end if is_fine else np.zeros(len(values), bool)
    yield Outcome(int(known.sum()), np.flatnonzero(off), "between_steps", column)
    yield Outcome(0, np.flatnonzero(known & (values < low - room)), "below", column)
    yield Outcome(0, np.flatnonzero(known & (values > high + room)), "above", column)


def converter_of(
    reference: Reference, tables: EpisodeTables, stream: str, column: str
) -> tuple[float, float, float] | None:
    """Step and ends of the converter behind a column `sensor.channel`; None where the stages name none."""
    sensor = column.partition(".")[0]
    channels = [name for name in tables.numbers(stream) if name.startswith(f"{sensor}.")]
    stages = tables.stages(reference.stream, reference.columns[0])
    found = []
    for parameter in ("step", "low", "high"):
        by_channel = stages.get((sensor, parameter), {})
        value = by_channel.get(channels.index(column), by_channel.get(None))
        if value is None:
            return None
        found.append(value)
    step, low, high = found
    return (step, low, high) if step > 0.0 else None
