"""When something is wrong, and how badly."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from envirosense.core.protocols import Array


@dataclass(frozen=True, slots=True)
class Spells:
    """Stretches (begin [s], end [s], severity 0..1) since the start of the episode; they may overlap."""

    stretches: tuple[tuple[float, float, float], ...] = ()

    @classmethod
    def of(cls, stretches: Iterable[tuple[float, float, float]]) -> "Spells":
        """The stretches given, in order of their begin."""
        return cls(tuple(sorted(stretches)))

    def __bool__(self) -> bool:
        return bool(self.stretches)

    def severity(self, t_s: Array) -> Array:
        """Greatest severity of the stretches that hold each time, shape of `t_s`; 0 outside of all."""
        worst = np.zeros(np.shape(t_s))
        for begin_s, end_s, severity in self.stretches:
            np.maximum(worst, severity * ((t_s >= begin_s) & (t_s < end_s)), out=worst)
        return worst

    def progress(self, t_s: Array, settled_s: float) -> Array:
        """Severity that grows in a straight line from each begin and is whole after `settled_s`."""
        worst = np.zeros(np.shape(t_s))
        for begin_s, end_s, severity in self.stretches:
            inside = (t_s >= begin_s) & (t_s < end_s)
            grown = np.clip((t_s - begin_s) / settled_s, 0.0, 1.0)
            np.maximum(worst, np.where(inside, severity * grown, 0.0), out=worst)
        return worst


NEVER: Final = Spells()
