"""Classes of a training set: which ticks, and which episodes, belong to which."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.errors import ConfigError
from envirosense.datasets.window_events import BENIGN, NORMAL

UNNAMED: Final = -1  # class of what no definition claims

type Claims = Mapping[str, str]  # event type or pattern -> class


@dataclass(frozen=True)
class ClassDefinitions:
    """Names of classes, and what each claims.

    A tick belongs to the class that names the type of its most severe active event, or `normal` where none
    is active. What is claimed by neither goes to the first class with a pattern that the scenario's id fits.
    What only looks like trouble counts as nothing active, unless a class names it.
    """

    names: tuple[str, ...]
    types: Claims  # `normal` among them
    patterns: Claims

    @classmethod
    def of(cls, definitions: Mapping[str, str | Sequence[str]], needed: Iterable[str] = ()) -> Self:
        """Definitions as a user writes them: of each class the event types, `normal`, patterns `category/*`.

        The class `normal` is what it says where it is needed and nobody defines it.

        Raises:
            ConfigError: if there is none, one is empty, or two classes claim the same.
        """
        if NORMAL in needed and NORMAL not in definitions:
            definitions = {**definitions, NORMAL: NORMAL}
        if not definitions:
            raise ConfigError("class_label_definitions", {}, "define at least one class")
        claims: dict[str, str] = {}
        for name, written in definitions.items():
            entries = (written,) if isinstance(written, str) else tuple(written)
            if not entries or not all(isinstance(entry, str) and entry for entry in entries):
                fix = "name event types, `normal` or scenario patterns such as category/*"
                raise ConfigError(f"class_label_definitions.{name}", written, fix)
            for entry in entries:
                if claims.setdefault(entry, name) != name:
                    fix = f"is claimed by class {claims[entry]!r} too; leave it to one"
                    raise ConfigError(f"class_label_definitions.{name}", entry, fix)
        return cls(
            names=tuple(definitions),
            types={entry: name for entry, name in claims.items() if "/" not in entry},
            patterns={entry: name for entry, name in claims.items() if "/" in entry},
        )

    def claims_of(self, name: str) -> tuple[str, ...]:
        """What a class claims."""
        return tuple(entry for entry, owner in (*self.types.items(), *self.patterns.items()) if owner == name)

    def class_of(self, event_type: str, scenario: str) -> str | None:
        """Class of what happens (`normal` for nothing) in a scenario; None if no class claims it."""
        if event_type in self.types:
            return self.types[event_type]
        fitting = (name for pattern, name in self.patterns.items() if fnmatchcase(scenario, pattern))
        return next(fitting, None)

    def of_ticks(self, labels: pa.Table | None, scenario: str, n_ticks: int) -> npt.NDArray[np.intp]:
        """Place of each tick's class among the names, (tick,); `UNNAMED` where no class claims it."""
        kinds = tick_types(labels, n_ticks, self.types)
        found, inverse = np.unique(kinds, return_inverse=True)
        owners = [self.class_of(str(kind), scenario) for kind in found]
        places = [UNNAMED if owner is None else self.names.index(owner) for owner in owners]
        return np.asarray(places, dtype=np.intp)[inverse]

    def of_episode(self, labels: pa.Table | None, scenario: str) -> str | None:
        """Class of an episode: that of its most severe event."""
        return self.class_of(episode_type(labels, self.types), scenario)


def episode_type(labels: pa.Table | None, named: Claims | None = None) -> str:
    """Type of the most severe event of an episode, `normal` for none."""
    rows = _events(labels, named or {})
    if rows is None:
        return NORMAL
    order = np.lexsort((rows["event_id"].to_numpy(), -rows["severity"].to_numpy()))
    return str(rows["event_type"][int(order[0])])


def tick_types(labels: pa.Table | None, n_ticks: int, named: Claims | None = None) -> npt.NDArray[np.str_]:
    """Type of the most severe active event at each tick, `normal` for none, (tick,)."""
    rows = _events(labels, named or {})
    if rows is None:
        return np.full(n_ticks, NORMAL)
    tick = rows["tick"].to_numpy()
    order = np.lexsort((rows["event_id"].to_numpy(), -rows["severity"].to_numpy(), tick))
    active, first = np.unique(tick[order], return_index=True)
    kinds = np.asarray(rows["event_type"].to_pylist())[order[first]]
    types = np.full(n_ticks, NORMAL, dtype=np.result_type(kinds, np.array(NORMAL)))
    types[active] = kinds
    return types


def _events(labels: pa.Table | None, named: Claims) -> pa.Table | None:
    """Label rows that count; None for none."""
    if labels is not None and labels.num_rows and BENIGN not in named:
        kinds = np.asarray(labels["event_type"].to_pylist())
        labels = labels.filter(pa.array(kinds != BENIGN))
    return labels if labels is not None and labels.num_rows else None
