"""How many of each class a set holds, and how long its episodes are."""

import math
from collections.abc import Mapping
from typing import Final, Literal, get_args

from envirosense.core.errors import ConfigError
from envirosense.factory.request import MIN_GROUPS, GenerationRequest

type Unit = Literal["episodes", "samples"]
type Quotas = Mapping[str, int]

UNITS: Final = get_args(Unit.__value__)
_SUM_ERROR: Final = 1e-6  # of shares written with few digits


def require_count(field: str, count: int) -> None:
    """Refuse a count that is no whole number above 0."""
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise ConfigError(field, count, "ask for at least one")


def quotas(target: Mapping[str, float], total: int | None) -> dict[str, int]:
    """How many of each class: the counts given, or shares of a total by largest remainder.

    Raises:
        ConfigError: if the target is empty, negative, no share of 1, or its total is missing.
    """
    if not target or any(isinstance(n, bool) or not (math.isfinite(n) and n >= 0) for n in target.values()):
        raise ConfigError(
            "target_distribution", dict(target), "give each class a count or share, none below 0"
        )
    if total is None:
        if any(not isinstance(n, int) for n in target.values()) or not sum(target.values()):
            fix = "give whole counts, one above 0, or shares together with `total`"
            raise ConfigError("target_distribution", dict(target), fix)
        return {name: int(n) for name, n in target.items()}
    require_count("total", total)
    if abs(sum(target.values()) - 1.0) > _SUM_ERROR:
        fix = f"shares sum to {sum(target.values()):g}, not 1; leave `total` out where these are counts"
        raise ConfigError("target_distribution", dict(target), fix)
    exact = {name: total * share / sum(target.values()) for name, share in target.items()}
    found = {name: math.floor(n) for name, n in exact.items()}
    by_remainder = sorted(exact, key=lambda name: found[name] - exact[name])  # stable: equal ones in order
    for name in by_remainder[: total - sum(found.values())]:
        found[name] += 1
    return found


def most_of_one(wanted: Quotas, unit: Unit) -> dict[str, int]:
    """Samples that one episode may give, by class, so that none hangs on a few episodes; 1 for episodes."""
    if unit not in UNITS:
        raise ConfigError("unit", unit, f"choose from {', '.join(UNITS)}")
    return {name: 1 if unit == "episodes" else max(1, -(-n // MIN_GROUPS)) for name, n in wanted.items()}


def episode_lengths(n_samples: int, request: GenerationRequest) -> tuple[int, ...]:
    """Ticks of the episodes that hold exactly `n_samples`, none longer than the request's duration."""
    longest = max(round(request.duration_s / request.dt_s), 1)
    n_episodes = -(-n_samples // longest)
    shortest, longer = divmod(n_samples, n_episodes)
    return (shortest + 1,) * longer + (shortest,) * (n_episodes - longer)
