"""Readings that are a truth or a label in disguise: equal to it, or a function of it.

An instrument adds noise and rounds; no reading of one matches a truth to the last digit of its storage, tick
after tick. A column is a leak where it is `a x f(answer) + b` to two units in the last place of 32-bit
floats, of the reading's own and of the answer's carried through f, which is the answer itself, its logarithm,
root, square, reciprocal or exponential. Good barometers come near: over an hour, f is almost a line. Left
out: answers that only count time, and sensors without any imperfection in the dataset's own stages (ideal
ones, asked for). A leak behind added noise is not found: it looks like an instrument.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.datasets.episode_tables import EpisodeTables
from envirosense.datasets.rule_checks import NO_ROWS, Floats, Outcome, Rows

ANSWERS: Final = ("truth", "label", "response", "regime")
_ROWS: Final = 512  # ticks compared of an episode, evenly spread: a function shows on any of them
_FEWEST: Final = 16  # ticks that both must have
_LIKE: Final = 1.0 - 1e-6  # correlation below which nothing is a line over another
_ULPS: Final = 2.0  # of 32-bit floats: storage rounds by half a unit, as does an operation
_ULP: Final = 2.0**-23  # relative
_VALUES: Final = 8  # distinct values that both must take,
_STEPS: Final = 3  # or steps that a label takes, at all of which the reading steps too
_BELOW: Final = 0.02  # what storage hides, over the spread of the reading; else a match tells nothing
_EXPONENT: Final = 50.0  # largest answer whose exponential is looked at

_FORMS: Final[Mapping[str, Callable[[Floats], Floats]]] = {
    "": np.array,
    "square_of_": np.square,
    "log_of_": np.log,
    "root_of_": np.sqrt,
    "reciprocal_of_": np.reciprocal,
    "exponential_of_": np.exp,
}

type Named = tuple[list[str], Floats]  # columns, (row, column)


def leaks(tables: EpisodeTables, stream: str) -> Iterator[Outcome]:
    """One outcome a column of readings; the failed row is the first one, as the whole column is the leak."""
    ticks = tables.ticks(stream)
    if len(ticks) < _FEWEST:
        return
    rows = np.unique(np.linspace(0, len(ticks) - 1, _ROWS).astype(np.intp))
    columns = [name for name in tables.numbers(stream) if not _is_ideal(tables, name)]
    found: dict[str, str] = {}
    answers = list(_by_known(dict(_answers(tables, ticks[rows]))))
    for known, (names, values) in _by_known({name: tables.floats(stream, name)[rows] for name in columns}):
        for also, (answer_names, answer_values) in answers:
            both = known & also
            if both.sum() >= _FEWEST:
                pairs = _lines((names, values[both]), (answer_names, answer_values[both]), ticks[rows][both])
                for reading, answer in pairs:  # the plainest form comes first
                    found.setdefault(reading, answer)
    for column in columns:
        reason = f"function_of_{found[column]}" if column in found else ""
        yield Outcome(1, rows[:1] if reason else NO_ROWS, reason, column)


def _is_ideal(tables: EpisodeTables, column: str) -> bool:
    """Whether the dataset states stages, but none for the sensor of this column."""
    stated = [tables.stage_sensors(name) for name in tables.streams("stage")]
    sensor = column.partition(".")[0]
    return bool(stated) and "." in column and not any(sensor in sensors for sensors in stated)


def _answers(tables: EpisodeTables, ticks: Floats) -> Iterator[tuple[str, Floats]]:
    """Every answer at the ticks, NaN where it says nothing; of labels, the most severe one, 0 without any."""
    for stream in tables.streams(*ANSWERS):
        if "tick" not in tables.tables[stream].column_names:
            continue
        places = _places(tables, stream, ticks)
        if places is None:
            continue
        is_label = "event_id" in tables.tables[stream].column_names
        for column in tables.numbers(stream):
            values = np.append(tables.floats(stream, column), 0.0 if is_label else np.nan)
            yield f"{stream}.{column}", values[places]


def _places(tables: EpisodeTables, stream: str, ticks: Floats) -> Rows | None:
    """Row of the stream for each tick, one past the end for none; None where a tick has no single row."""
    own = tables.ticks(stream)
    order = np.arange(len(own))
    if "severity" in tables.numbers(stream):
        order = np.lexsort((-tables.floats(stream, "severity"), own))
        order = order[np.unique(own[order], return_index=True)[1]]
    elif np.any(np.diff(own) <= 0):
        return None
    if not len(order):
        return np.full(len(ticks), len(own), dtype=np.intp)
    at = np.searchsorted(own[order], ticks).clip(max=len(order) - 1)
    return np.where(own[order][at] == ticks, order[at], len(own))


def _by_known(columns: Mapping[str, Floats]) -> Iterator[tuple[npt.NDArray[np.bool_], Named]]:
    """Columns known at the same rows together, and at which rows."""
    groups: defaultdict[bytes, list[str]] = defaultdict(list)
    for name, values in columns.items():
        groups[np.isfinite(values).tobytes()].append(name)
    for key, names in groups.items():
        yield np.frombuffer(key, np.bool_), (names, np.stack([columns[name] for name in names], axis=1))


def _lines(readings: Named, answers: Named, ticks: Floats) -> Iterator[tuple[str, str]]:
    """Pairs of a reading and the answer that it is a line over."""
    names, values = readings
    unit = _unit(values)
    for prefix, form in _FORMS.items():
        usable = _usable(answers[1], prefix)
        if not usable.any():
            continue
        shaped, exponent = _scaled(form(answers[1][:, usable]))
        blurred = form(answers[1][:, usable] * (1.0 + _ULPS * _ULP))
        blur = np.abs(np.ldexp(blurred, -exponent) - shaped).max(axis=0)
        sides = _unit(shaped)
        alike = np.abs(unit.T @ sides) > _LIKE
        alike &= (
            np.abs(_unit(_scaled(answers[1][:, usable])[0]).T @ _unit(ticks[:, None])).T < _LIKE
        )  # no clocks
        answer_names = np.array(answers[0])[usable]
        for one, other in np.argwhere(alike):
            if _is_line(values[:, one], shaped[:, other], float(blur[other])):
                yield names[one], prefix + str(answer_names[other])


def _usable(answers: Floats, form: str) -> npt.NDArray[np.bool_]:
    """Answers that vary and of which a form exists, (column,)."""
    varies = np.ptp(answers, axis=0) > 0.0
    if form in ("log_of_", "root_of_", "reciprocal_of_"):
        return np.asarray(varies & (answers.min(axis=0) > 0.0))
    if form == "exponential_of_":
        return np.asarray(varies & (np.abs(answers).max(axis=0) < _EXPONENT))
    return np.asarray(varies)


def _scaled(values: Floats) -> tuple[Floats, npt.NDArray[np.int32]]:
    """Columns over a power of two near their largest, so that a float holds their squares; its exponent."""
    _, exponent = np.frexp(np.abs(values).max(axis=0))
    return np.asarray(np.ldexp(values, -exponent)), exponent


def _unit(values: Floats) -> Floats:
    """Columns without mean and of length one, zero where constant."""
    centred = values - values.mean(axis=0)
    length = np.sqrt(np.square(centred).sum(axis=0))
    return np.asarray(np.divide(centred, length, out=np.zeros_like(centred), where=length > 0.0))


def _is_line(reading: Floats, answer: Floats, blur: float) -> bool:
    """Whether the reading is a line over the answer to what storage hides; of the answer that is `blur`."""
    centred = answer - answer.mean()
    slope = float(centred @ reading / (centred @ centred))
    residual = reading - reading.mean() - slope * centred
    hidden = _ULPS * _ULP * np.abs(reading).max() + abs(slope) * blur
    n_values = min(len(np.unique(reading)), len(np.unique(answer)))
    is_rich = n_values >= _VALUES or np.count_nonzero(np.diff(answer)) >= _STEPS
    return bool(is_rich and np.abs(residual).max() <= hidden < _BELOW * reading.std())
