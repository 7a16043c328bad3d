"""The parts that scenarios play in a composed one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.scenarios.base import BaseRate, BaseScenario
from envirosense.scenarios.distributions import ParameterValue

YEAR_S = 365.25 * 86_400.0
NOTHING_HELD: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ActOf:
    """One scenario's part in a composed one.

    Attributes:
        name: Prefix of its parameters and streams.
        scenario: Class of the scenario.
        begin: Start, as a fraction of the episode.
        end: End, as a fraction of the episode.
        fixed: Parameters that are held, by the scenario's own names.
        tied: Parameters that take another act's value: own name -> `act.parameter`.
        parent: Act whose first event causes this one's.
    """

    name: str
    scenario: type[BaseScenario]
    begin: float = 0.0
    end: float = 1.0
    fixed: Mapping[str, ParameterValue] = field(default=NOTHING_HELD)
    tied: Mapping[str, str] = field(default=NOTHING_HELD)
    parent: str | None = None

    def __post_init__(self) -> None:
        """Refuse names and windows that cannot be."""
        if not self.name.isidentifier() or self.name == "weather":
            raise ConfigError("act", self.name, "name it in letters, digits and _, and not weather")
        if not 0.0 <= self.begin < self.end <= 1.0:
            raise ConfigError(
                f"{self.name}.begin, end", (self.begin, self.end), "must rise within 0 to 1 of the episode"
            )

    def parameters_of(self, params: Mapping[str, ParameterValue]) -> dict[str, ParameterValue]:
        """Parameters of the act's own scenario, of those of the composed one."""
        prefix = f"{self.name}."
        drawn = {name.removeprefix(prefix): v for name, v in params.items() if name.startswith(prefix)}
        return drawn | dict(self.fixed) | {name: params[other] for name, other in self.tied.items()}


def in_sequence(*acts: ActOf, gap: float = 0.0) -> tuple[ActOf, ...]:
    """The same acts one after another, each as long as the others, with a pause of `gap` between them.

    Raises:
        ConfigError: if the gaps leave no time for the acts.
    """
    share = (1.0 - gap * (len(acts) - 1)) / max(len(acts), 1)
    if gap < 0.0 or share <= 0.0:
        raise ConfigError("gap", gap, f"{len(acts)} acts leave gaps of less than 1/{len(acts) - 1}")
    starts = (i * (share + gap) for i in range(len(acts)))
    return tuple(
        replace(act, begin=start, end=min(start + share, 1.0))
        for act, start in zip(acts, starts, strict=True)
    )


def coincidence(rates: Sequence[BaseRate]) -> BaseRate:
    """Rate at which independent rare happenings are under way together, and for how long."""
    per_s = [rate.per_pole_year / YEAR_S for rate in rates]
    under_way = [rate * r.duration_s for rate, r in zip(per_s, rates, strict=True)]
    together_per_s = sum(
        rate * float(np.prod([share for j, share in enumerate(under_way) if j != i]))
        for i, rate in enumerate(per_s)
    )
    lasting_s = 1.0 / sum(1.0 / rate.duration_s for rate in rates)
    return BaseRate(together_per_s * YEAR_S, lasting_s, "computed: acts independent of one another")


def check_names(acts: Sequence[ActOf]) -> None:
    """Refuse acts of one name, and parents that do not stand before.

    Raises:
        ConfigError: for a name given twice.
        UnknownNameError: for a parent that is no act before.
    """
    names = [act.name for act in acts]
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise ConfigError("acts", twice[0], "two acts have this name; rename one")
    for place, act in enumerate(acts):
        if act.parent is not None and act.parent not in names[:place]:
            raise UnknownNameError(f"parent of act {act.name} before it", act.parent, names[:place])
