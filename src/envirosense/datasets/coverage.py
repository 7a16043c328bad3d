"""What a dataset covers: scenarios, events, levels, hours and seasons, exposure."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from envirosense.datasets.episode import Episode

DAY_S: Final = 86_400.0
_QUARTERS: Final = ("Dec-Feb", "Mar-May", "Jun-Aug", "Sep-Nov")
_REGIMES: Final = "regimes"


class Coverage:
    """Counts over the episodes fed to it."""

    def __init__(self) -> None:
        self._duration_s = 0.0
        self._episodes: dict[str, Counter[str]] = {
            name: Counter() for name in ("scenario", "category", "split")
        }
        self._kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._groups: dict[str, set[str]] = {}
        self._events: dict[str, Counter[str]] = {
            name: Counter() for name in ("event_type", "event_subtype", "level", "ignition_observed")
        }
        self._seen: Counter[str] = Counter()
        self._stage_s: defaultdict[str, float] = defaultdict(float)
        self._start_hours: Counter[int] = Counter()
        self._quarters: Counter[str] = Counter()
        self._regime_s: dict[str, defaultdict[str, float]] = {}

    def update(self, episode: Episode) -> None:
        """Add one episode."""
        grid = episode.spec.grid
        self._duration_s += grid.duration_s
        for name, counter in self._episodes.items():
            counter[getattr(episode, name)] += 1
        for name, value in kinds_of(episode).items():
            self._kinds[name][value] += 1
        self._groups.setdefault(episode.split, set()).add(episode.group)
        self._start_hours[grid.start_utc.hour] += 1
        self._quarters[_QUARTERS[grid.start_utc.month % 12 // 3]] += 1
        if "events" in episode.streams:
            self._add_events(episode)
        if "labels" in episode.streams:
            for stage, n_ticks in _counts(episode.table("labels", ["stage"])["stage"]).items():
                self._stage_s[stage] += n_ticks * grid.dt_s
        if _REGIMES in episode.streams:
            self._add_regimes(episode.table(_REGIMES), grid.duration_s)

    def _add_events(self, episode: Episode) -> None:
        events = episode.table("events")
        for name, counter in self._events.items():
            if name in events.column_names:
                counter.update(_counts(events[name]))
        if "observability" in episode.streams:
            table = episode.table("observability", ["event_id", "detectable"])
            seen = set(table.filter(table["detectable"])["event_id"].to_pylist())
            self._seen["detectable"] += len(seen)
            self._seen["not_detectable"] += events.num_rows - len(seen)

    def _add_regimes(self, regimes: pa.Table, duration_s: float) -> None:
        """Each row stands for an equal part of the episode, whatever the spacing of its ticks."""
        for name in set(regimes.column_names) - {"episode_id", "tick", "time_utc"}:
            column = regimes[name]
            if pa.types.is_floating(column.type):
                column = pc.floor(column).cast(pa.int64(), safe=False)
            counter = self._regime_s.setdefault(name, defaultdict(float))
            for value, n_rows in _counts(column).items():
                counter[value] += n_rows * duration_s / regimes.num_rows

    def _episodes_by(self) -> dict[str, dict[str, int]]:
        """Counts by what every episode has."""
        n = self._episodes["scenario"].total()
        kinds = {name: one for name, one in self._kinds.items() if one.total() == n}
        return {name: dict(sorted(one.items())) for name, one in {**kinds, **self._episodes}.items()}

    def result(self, counts: Mapping[str, int]) -> dict[str, Any]:
        """Coverage as plain data."""
        hours = {name: _hours(found) for name, found in sorted(self._regime_s.items())}
        return {
            "episodes": dict(counts),
            "exposure_device_days": self._duration_s / DAY_S,
            "episodes_by": self._episodes_by(),
            "groups_by_split": {split: len(groups) for split, groups in sorted(self._groups.items())},
            "events": sum(self._events["event_type"].values()),
            "events_by": {name: dict(sorted(found.items())) for name, found in self._events.items() if found},
            "observability": dict(sorted(self._seen.items())),
            "labelled_hours_by_stage": _hours(self._stage_s),
            "start_hour_utc": {f"{hour:02d}": self._start_hours[hour] for hour in range(24)},
            "quarter": {name: self._quarters[name] for name in _QUARTERS},
            "regime_hours": hours,
        }


def kinds_of(episode: Episode) -> dict[str, str]:
    """What kind of thing an episode is of, by name: the drawn parameters that are words."""
    return {name: value for name, value in episode.spec.params.items() if isinstance(value, str)}


def _hours(seconds: Mapping[str, float]) -> dict[str, float]:
    ordered = sorted(seconds.items(), key=lambda item: (len(item[0]) if item[0].isdigit() else 99, item[0]))
    return {name: round(value_s / 3600.0, 6) for name, value_s in ordered}


def _counts(column: pa.ChunkedArray) -> dict[str, int]:
    counted = pc.value_counts(column.drop_null()).to_pylist()
    return {str(entry["values"]): entry["counts"] for entry in counted}
