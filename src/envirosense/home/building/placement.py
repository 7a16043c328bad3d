"""Which device stands in which area: what people buy first, then the rest by weights and limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError
from envirosense.core.rng import stream
from envirosense.home.catalog import Catalog
from envirosense.home.catalog.models import DeviceType
from envirosense.home.model import Area, Resident

type Floats = npt.NDArray[np.float64]
type Counts = npt.NDArray[np.int64]

LIVED_IN: Final = 1.4  # factor of a room that somebody sleeps in, or works in from home; assumed
CHOSEN_SHARE: Final = 0.4  # left to the weights, of what is not bought first for certain; assumed
MORE_AT_ONCE: Final = 2  # a room takes so many more of what it may hold several of, once all is full


@dataclass(frozen=True, slots=True, eq=False)
class _Space:
    """What may still be put where: weights (type, area), limits and what stands there already."""

    weights: Floats
    area_limit: Counts  # (type,)
    home_limit: Counts
    placed: Counts  # (type, area)

    @classmethod
    def of(
        cls, areas: Sequence[Area], residents: Sequence[Resident], region: str | None, catalog: Catalog
    ) -> Self:
        """Space of a home with nothing in it yet."""
        liked = np.array([_liked(area, residents) for area in areas])
        types = catalog.devices.values()
        weights = np.array([[_weight(one, area, areas, region, catalog) for area in areas] for one in types])
        return cls(
            weights=weights.reshape(len(catalog.devices), len(areas)) * liked,
            area_limit=np.array([one.area_at_most for one in types], dtype=np.int64),
            home_limit=np.array([one.home_at_most for one in types], dtype=np.int64),
            placed=np.zeros((len(catalog.devices), len(areas)), dtype=np.int64),
        )

    def free(self) -> npt.NDArray[np.bool_]:
        """Where one more of a type may stand, (type, area)."""
        by_home = self.placed.sum(axis=1) < self.home_limit
        return (self.weights >= 0.0) & (self.placed < self.area_limit[:, None]) & by_home[:, None]

    def widened(self) -> Self:
        """The same home with more room for types that an area may hold several of."""
        several = self.area_limit > 1
        more = np.where(several, MORE_AT_ONCE, 0)
        n_areas = self.placed.shape[1]
        return type(self)(self.weights, self.area_limit + more, self.home_limit + more * n_areas, self.placed)


def place_devices(
    areas: Sequence[Area],
    residents: Sequence[Resident],
    n_devices: int,
    catalog: Catalog,
    seed: int,
    region: str | None = None,
) -> list[tuple[str, int]]:
    """Type and number of the area of each device, in the order in which they were bought.

    Raises:
        ConfigError: if the catalogue's limits leave no room for so many.
    """
    space = _Space.of(areas, residents, region, catalog)
    names = list(catalog.devices)
    found = _core(space, areas, n_devices, catalog, seed)
    for chance in stream(seed, "home", "devices").random(n_devices - len(found)):
        weights = np.where(space.free(), space.weights, 0.0).ravel()
        if not weights.any():
            space = space.widened()
            weights = np.where(space.free(), space.weights, 0.0).ravel()
        if not weights.any():
            raise ConfigError(
                "n_devices", n_devices, f"the catalogue has room for {len(found)}; raise its limits"
            )
        reached = np.cumsum(weights)
        place = int(np.searchsorted(reached[:-1], chance * reached[-1], side="right"))
        row, at = divmod(place, len(areas))
        space.placed[row, at] += 1
        found.append((names[row], at))
    return found


def _core(
    space: _Space, areas: Sequence[Area], n_devices: int, catalog: Catalog, seed: int
) -> list[tuple[str, int]]:
    """Devices that come before the others, as far as the number goes."""
    names = list(catalog.devices)
    chances = stream(seed, "home", "core").random(len(catalog.core))
    n_certain = sum(wanted.share == 1.0 for wanted in catalog.core)
    n_at_most = min(n_devices, n_certain + round((1.0 - CHOSEN_SHARE) * max(n_devices - n_certain, 0)))
    found: list[tuple[str, int]] = []
    for wanted, chance in zip(catalog.core, chances, strict=True):
        if len(found) == n_at_most:
            break
        row = names.index(wanted.device)
        free = space.free()[row]
        by_kind = [
            i for kind in wanted.areas for i, area in enumerate(areas) if area.kind == kind and free[i]
        ]
        if by_kind and chance < wanted.share:
            space.placed[row, by_kind[0]] += 1
            found.append((wanted.device, by_kind[0]))
    return found


def _liked(area: Area, residents: Sequence[Resident]) -> float:
    works_there = area.kind == "office" and any(one.work == "remote" for one in residents)
    return LIVED_IN if works_there or any(one.bedroom == area.area_id for one in residents) else 1.0


def _weight(
    device: DeviceType, area: Area, areas: Sequence[Area], region: str | None, catalog: Catalog
) -> float:
    """How likely a device of the type comes to an area; negative where it cannot stand."""
    if area.kind not in device.areas or not _has_opening(device, area, areas, catalog):
        return -1.0
    here = device.region_weights.get(region, 1.0) if region else 1.0
    return device.weight * device.areas[area.kind] * here


def _has_opening(device: DeviceType, area: Area, areas: Sequence[Area], catalog: Catalog) -> bool:
    """Whether the area has the door or window that the device belongs to."""
    match device.opening:
        case "window":
            return area.window_m2 > 0.0
        case "inner":
            return bool(area.adjacent)
        case "outer":
            return bool(outdoor_neighbours(area, areas)) or catalog.area_kind(area.kind).has_outer_door
        case _:
            return True


def outdoor_neighbours(area: Area, areas: Sequence[Area]) -> list[str]:
    """Ids of the places outside that a door of the area leads to."""
    return [one.area_id for one in areas if one.is_outdoor and one.area_id in area.adjacent]
