"""Labels against events, and against labels computed again from the stored truth."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.datasets.rule_checks import Outcome, column_floats

_RELATIVE: Final = 1e-5  # truth may be stored in 32 bits, whose spacing is 6e-8 of the value
_ABSOLUTE: Final = 1e-6
_ROUNDING: Final = 1e-6  # ticks; times in seconds are rounded
_PLACE: Final = 2**32  # ticks an event id is shifted by, so that (event, tick) is one number


def _places(table: pa.Table) -> npt.NDArray[np.int64]:
    tick = table["tick"].cast(pa.int64()).fill_null(-1).to_numpy()
    return np.asarray(table["event_id"].cast(pa.int64()).fill_null(-1).to_numpy() * _PLACE + tick)


def check_labels(stored: pa.Table, recomputed: pa.Table) -> Iterator[Outcome]:
    """Labels that are missing, extra, or differ in a column; both tables keyed by tick and event.

    A missing label is counted at the nearest stored row.
    """
    here, there = _places(stored), _places(recomputed)
    order_here, order_there = np.argsort(here, kind="stable"), np.argsort(there, kind="stable")
    extra = np.flatnonzero(~np.isin(here, there))
    missing = there[~np.isin(there, here)]
    near = np.searchsorted(here[order_here], missing).clip(max=max(len(here) - 1, 0))
    yield Outcome(len(np.union1d(here, there)), extra, "extra")
    yield Outcome(0, order_here[near] if len(here) else np.zeros(len(missing), dtype=np.intp), "missing")
    rows_here = order_here[np.isin(here[order_here], there)]
    rows_there = order_there[np.isin(there[order_there], here)]
    if len(rows_here) != len(rows_there):
        return  # a key given twice; the key check says which
    for name in recomputed.column_names:
        if name in stored.column_names and name not in {"tick", "event_id", "episode_id", "time_utc"}:
            differs = _differs(stored[name].take(rows_here), recomputed[name].take(rows_there))
            yield Outcome(0, rows_here[differs], f"{name}_differs", name)


def _differs(stored: pa.ChunkedArray, recomputed: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    if pa.types.is_floating(stored.type):
        one, other = column_floats(stored)[0], column_floats(recomputed)[0]
        return ~np.isclose(one, other, rtol=_RELATIVE, atol=_ABSOLUTE, equal_nan=True)
    same = [one == other for one, other in zip(stored.to_pylist(), recomputed.to_pylist(), strict=True)]
    return ~np.array(same, dtype=bool)


def check_event_links(labels: pa.Table, events: pa.Table, dt_s: float) -> Iterator[Outcome]:
    """Labels without an event, or outside its onset and clearance."""
    owner = column_floats(labels["event_id"])[0]
    known = column_floats(events["event_id"])[0]
    yield Outcome(labels.num_rows, np.flatnonzero(~np.isin(owner, known)), "no_event")
    t_s = column_floats(labels["tick"])[0] * dt_s
    onset_s, clearance_s = (column_floats(events[name])[0] for name in ("onset_s", "clearance_s"))
    half_s = dt_s * (0.5 + _ROUNDING)
    outside = np.zeros(labels.num_rows, dtype=bool)
    for event, first_s, last_s in zip(known, onset_s, clearance_s, strict=True):
        late = t_s > last_s + half_s  # NaN while not over: never late
        outside |= (owner == event) & ((t_s < first_s - half_s) | late)
    yield Outcome(0, np.flatnonzero(outside), "outside_event")
