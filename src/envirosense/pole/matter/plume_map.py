"""One source's plume at many points and a few ticks, for pictures: the numbers that a point query gives.

A point query answers for every tick of the episode; a picture asks thousands of points about two dozen ticks.
So the air is cut to the ticks that reach those asked for, and the same laws run on what is left.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array, Position
from envirosense.physics.gas.deposition import DEPOSITION_M_S, remaining_share
from envirosense.physics.gas.dispersion import PlumeSpread, RelativeSpread, mean_chi_s_m3
from envirosense.physics.gas.puffs import OLDEST_S
from envirosense.physics.gas.strands import strand_waves
from envirosense.physics.gas.transport import (
    CarryingAir,
    Journey,
    Release,
    journey,
    plume_chi_s_m3,
    puffs_g_m3,
    strands,
    tier,
)
from envirosense.pole.matter.plumes import N_WAVES, PoleAir, wake_size_m
from envirosense.scenarios import Emission

type Ticks = npt.NDArray[np.intp]

REMEMBERED_S: Final = 300.0  # strands and wander of a plume hold less: 30 memories of 10 s leave exp(-30)
_NODES_AT_ONCE: Final = 64  # arrays of this many stay in the cache


@dataclass(frozen=True, slots=True)
class Tier:
    """Which model carries gas to a node, and why."""

    name: str
    reason: str


class PlumeMap:
    """The plume of one gas of one source at a few ticks, at any number of nodes."""

    def __init__(
        self,
        emission: Emission,
        gas: str,
        air: PoleAir,
        pole_m: tuple[float, float],
        ticks: Ticks,
        rng: np.random.Generator,
    ) -> None:
        """Plume of `gas` at rising ticks, with the draws that the source's point queries have.

        Args:
            emission: the source.
            gas: one of its gases.
            air: wind and eddies of the whole episode.
            pole_m: diameter and height of the pole.
            ticks: when it is asked for.
            rng: the stream of the source's strands.
        """
        self._emission, self._gas, self._air = emission, gas, air
        n = air.t_s.size
        heat_w = np.zeros(n) if emission.heat_w is None else emission.heat_w
        size_m = wake_size_m(emission.at, emission.size_m, *pole_m)
        self._release = Release(emission.at, size_m, heat_w)
        rates = (*emission.gas_g_s.values(), *emission.particle_g_s.values())
        self._rates_g_s = np.stack([np.ones(n), *(np.broadcast_to(r, (n,)) for r in rates)], axis=1)
        self._rate_g_s = np.broadcast_to(emission.gas_g_s[gas], (n,))
        self._waves = rng.standard_normal((N_WAVES, 4))
        self._normals = rng.standard_normal((n + 1, 2 * N_WAVES))
        self._ticks = np.asarray(ticks, dtype=np.intp)
        self._tiers: dict[tuple[float, float], Tier] = {}

    def tier(self, node_m: Position) -> Tier:
        """Which model carries the gas to a node; nodes equal to a decimetre share the answer."""
        east, north = node_m[0] - self._release.at_m[0], node_m[1] - self._release.at_m[1]
        key = round(float(np.hypot(east, north)), 1), round(max(node_m[2], self._release.at_m[2]), 1)
        if key not in self._tiers:
            self._tiers[key] = Tier(*tier(self._air.carrying, self._release, node_m, self._rates_g_s))
        return self._tiers[key]

    def gas_g_m3(self, nodes_m: Iterable[Position]) -> Array:
        """Concentration at the ticks, (tick, node) [g/m3].

        A node of the plume tier has the point query's number. Puffs follow the air of their last ten minutes
        only, so that theirs differs where older gas or a gustier hour would count.
        """
        nodes = list(nodes_m)
        found = np.zeros((self._ticks.size, len(nodes)))
        by_puffs = {i for i, node in enumerate(nodes) if self.tier(node).name == "puffs"}
        for i in by_puffs:
            found[:, i] = self._by_puffs(nodes[i])
        part = self._window(REMEMBERED_S)
        air, _ = self._cut(part)
        downwind = [
            i for i in range(len(nodes)) if i not in by_puffs and self._is_downwind(nodes[i], self._ticks)
        ]
        for i, trip in zip(downwind, self._journeys([nodes[i] for i in downwind], part), strict=True):
            found[:, i] = self._by_plume(air, trip, nodes[i], part)
        return found

    def mean_g_m3(self, nodes_m: Iterable[Position], ticks: Ticks) -> Array:
        """Mean concentration over ticks, (node,) [g/m3]: that of the steady plumes of their winds."""
        nodes = list(nodes_m)
        found = np.zeros(len(nodes))
        downwind = [i for i, node in enumerate(nodes) if self._is_downwind(node, ticks)]
        for i, trip in zip(downwind, self._journeys([nodes[i] for i in downwind], ticks), strict=True):
            chi = mean_chi_s_m3(trip.crosswind_m, nodes[i][2], trip.release_m, trip.spread)
            rate_g_s = self._rate_g_s[ticks] * self._airborne(trip, trip.spread.travel_time_s)
            found[i] = np.mean(chi * rate_g_s)
        return found

    def _journeys(self, nodes_m: Sequence[Position], ticks: slice | Ticks) -> Iterator[Journey]:
        """Journey to each node; the laws run on many nodes at once, laid end to end."""
        air, release = self._cut(ticks)
        n = air.flow.shape[0]
        for first in range(0, len(nodes_m), _NODES_AT_ONCE):
            nodes = np.array(nodes_m[first : first + _NODES_AT_ONCE])
            again = np.tile(np.arange(n), len(nodes))
            receptors: Any = tuple(np.repeat(column, n) for column in nodes.T)
            many = journey(_at(air, again), replace(release, heat_w=release.heat_w[again]), receptors)
            yield from (_part(many, slice(k * n, (k + 1) * n)) for k in range(len(nodes)))

    def _window(self, before_s: float) -> slice:
        """Ticks that reach those asked for."""
        first = int(self._ticks[0]) - int(np.ceil(before_s / self._air.carrying.dt_s))
        return slice(max(first, 0), int(self._ticks[-1]) + 1)

    def _cut(self, ticks: slice | Ticks) -> tuple[CarryingAir, Release]:
        """Air and source at some of the ticks."""
        heat_w = self._release.heat_w[ticks]
        return _at(self._air.carrying, ticks), replace(self._release, heat_w=heat_w)

    def _is_downwind(self, node_m: Position, ticks: Ticks) -> bool:
        """Whether the mean wind of any of the ticks blows from the source to the side of a node."""
        way = np.array([node_m[0] - self._release.at_m[0], node_m[1] - self._release.at_m[1]])
        return bool(np.any(self._air.carrying.flow[ticks] @ way >= 0.0))

    def _by_plume(self, air: CarryingAir, trip: Journey, node_m: Position, part: slice) -> Array:
        age_s = np.maximum(trip.spread.travel_time_s, 0.0)
        chi = plume_chi_s_m3(air, trip, node_m[2]) * self._inside(air, trip, node_m, part)
        rate_g_s = np.interp(self._air.t_s[part] - age_s, self._air.t_s, self._rate_g_s)
        return np.asarray((chi * rate_g_s * self._airborne(trip, age_s))[self._ticks - part.start])

    def _by_puffs(self, node_m: Position) -> Array:
        part = self._window(OLDEST_S)
        air, release = self._cut(part)
        smooth, age_s, trip = puffs_g_m3(air, release, node_m, self._rate_g_s[part][:, None])
        found = smooth[:, 0] * self._inside(air, trip, node_m, part) * self._airborne(trip, age_s)
        return np.asarray(found[self._ticks - part.start])

    def _inside(self, air: CarryingAir, trip: Journey, node_m: Position, part: slice) -> Array:
        """Strands at a node over a window, (time,) [1]."""
        east, north, up = (node_m[i] - self._emission.at[i] for i in range(3))
        white = self._normals @ strand_waves((east, north, up), self._waves)
        return strands(air, trip, self._release.size_m, white[1:][part], float(white[part.start]))

    def _airborne(self, trip: Journey, age_s: Array) -> Array | float:
        """Share that has not reached the ground."""
        if self._gas not in DEPOSITION_M_S:
            return 1.0
        distance_m = np.maximum(age_s, 0.0) * trip.spread.wind_m_s
        return remaining_share(DEPOSITION_M_S[self._gas], distance_m, trip.release_m, trip.spread)


def _part[Bundle: (Journey, PlumeSpread, RelativeSpread)](bundle: Bundle, part: slice) -> Bundle:
    """Some of the values of a bundle of arrays, nested or not."""
    values = (getattr(bundle, field.name) for field in fields(bundle))
    cut: Any = [value[part] if isinstance(value, np.ndarray) else _part(value, part) for value in values]
    return type(bundle)(*cut)


def _at(air: CarryingAir, ticks: slice | Ticks) -> CarryingAir:
    """The same air at some of the ticks."""
    courses = {field.name: getattr(air, field.name) for field in fields(air)}
    cut: Any = {name: course[ticks] for name, course in courses.items() if isinstance(course, np.ndarray)}
    return replace(air, **cut)
