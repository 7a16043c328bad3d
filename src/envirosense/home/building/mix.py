"""How many homes of a set are of which type, size and region: the catalogue's shares, rounded exactly."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from envirosense.core.errors import ConfigError
from envirosense.core.rng import stream
from envirosense.home.catalog import Catalog, default_catalog

SIZE_SPREAD: Final = 0.6  # of the logarithm of the number of areas, when sizes are handed out; assumed


class PlannedHome(NamedTuple):
    """What one home of a set is to be."""

    home_type: str
    size: str
    region: str


def rounded_counts(shares: Mapping[str, float], n: int) -> dict[str, int]:
    """Whole numbers that add up to `n` in the ratio of the shares, by the largest remainder.

    Of equal remainders the first in the mapping's order is served first.

    Raises:
        ConfigError: if `n` is negative.
    """
    if n < 0:
        raise ConfigError("n_homes", n, "must not be negative")
    whole = sum(shares.values())
    exact = {name: n * share / whole for name, share in shares.items()}
    counts = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(exact, key=lambda name: counts[name] - exact[name])
    for name in by_remainder[: n - sum(counts.values())]:
        counts[name] += 1
    return counts


def type_counts(n: int, catalog: Catalog | None = None) -> dict[str, int]:
    """Homes of each type in a set of `n`.

    Raises:
        ConfigError: if `n` is negative.
    """
    types = (catalog or default_catalog()).homes.types
    return rounded_counts({key: one.share for key, one in types.items()}, n)


def size_counts(n: int, catalog: Catalog | None = None) -> dict[str, int]:
    """Homes of each size in a set of `n`.

    Raises:
        ConfigError: if `n` is negative.
    """
    sizes = (catalog or default_catalog()).homes.sizes
    return rounded_counts({key: one.share for key, one in sizes.items()}, n)


def region_counts(n: int, catalog: Catalog | None = None) -> dict[str, int]:
    """Homes in each region in a set of `n`.

    Raises:
        ConfigError: if `n` is negative.
    """
    regions = (catalog or default_catalog()).regions
    return rounded_counts({key: one.share for key, one in regions.items()}, n)


@lru_cache(maxsize=8)
def home_plan(n_homes: int, seed: int, catalog: Catalog | None = None) -> tuple[PlannedHome, ...]:
    """Type, size and region of each home of a set, in the order of the homes.

    Homes of many rooms tend to be the ones with many devices; regions are dealt out blindly. Kept, since
    every home of a set asks for the whole of it.

    Raises:
        ConfigError: if `n_homes` is negative.
    """
    catalog = catalog or default_catalog()
    types = _dealt(type_counts(n_homes, catalog), seed, "types")
    regions = _dealt(region_counts(n_homes, catalog), seed, "regions")
    n_areas = np.array([len(catalog.homes.types[name].areas) for name in types], dtype=float)
    noise = stream(seed, "home", "plan", "sizes").normal(0.0, SIZE_SPREAD, n_homes)
    order = np.argsort(np.log(n_areas) + noise, kind="stable")
    by_devices = sorted(size_counts(n_homes, catalog).items(), key=lambda item: catalog.size(item[0]).devices)
    ascending = [name for name, count in by_devices for _ in range(count)]
    sizes = dict(zip(order.tolist(), ascending, strict=True))
    return tuple(PlannedHome(types[i], sizes[i], regions[i]) for i in range(n_homes))


def _dealt(counts: Mapping[str, int], seed: int, name: str) -> list[str]:
    names = [key for key, count in counts.items() for _ in range(count)]
    order = stream(seed, "home", "plan", name).permutation(len(names))
    return [names[place] for place in order]
