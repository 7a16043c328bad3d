"""The plume around the source as pictures: plan and section, wide and close, at moments and on average."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from envirosense.core.protocols import Array, Position
from envirosense.pole.matter.plume_map import PlumeMap, Tier
from envirosense.pole.matter.plumes import PoleAir
from envirosense.pole.worldpage.episode import WorldMoment
from envirosense.pole.worldpage.metric import Window
from envirosense.pole.worldpage.outline import Cut
from envirosense.pole.worldpage.polar import Sampler, make_rings
from envirosense.scenarios import Emission

TRACER_G_S: Final = 1e-3  # drawn where a source gives off nothing yet
_SILENT_G_S: Final = 1e-9  # below this a source gives off nothing worth a picture
_FINE, _COARSE = (24, 105), (14, 45)  # rings and angles; puffs cost five times as much a node
_MOST_PUFFS: Final = 0.1  # share of trial nodes by puffs from which the coarse rings are taken
_HALF_M, _SHIFT_M, _CLOSE_M = 30.0, 12.0, 8.0  # half of the plan, its shift downwind, width of the close-ups
_FAR_M: Final = 20.0  # a source farther from the pole moves the windows
_SECTION_M: Final = (-12.0, 43.0, -1.2, 22.0)
_PX, _CLOSE_PX = 260, 150
_MOST_SOURCES: Final = 3
_FAINT: Final = 1e-3  # of the greatest value: a moment below it has no plume to follow

type Pictures = list[Array]


@dataclass(frozen=True, slots=True)
class View:
    """One figure of the plume."""

    window: Window
    moments: Pictures  # (row, column) [ppb] each
    mean: Array


@dataclass(frozen=True, slots=True)
class PlumeViews:
    """Plume of one gas; every picture in ppb of it."""

    source: Emission
    gas: str
    is_tracer: bool
    strongest_s: float | None  # when the source gives off most; None while it never gives off anything
    cut: Cut  # of the section
    is_along_plume: bool  # the section follows the moment's plume; else the mean wind
    plan: View
    section: View
    close_plan: View
    close_section: View
    tiers: dict[Tier, int]  # trial places downwind that each serves

    @property
    def greatest_ppb(self) -> float:
        """Greatest value outside the close-ups."""
        return max(float(p.max()) for view in (self.plan, self.section) for p in (*view.moments, view.mean))


def plume_views(moment: WorldMoment, tell: Callable[[], None]) -> PlumeViews | None:
    """Pictures of the strongest source's gas; None where nothing gives off gas. Calls `tell` for each map."""
    found = _sources(moment)
    if found is None:
        return None
    sources, gas, is_tracer = found
    source = sources[0]
    maps = [_plume_map(moment, one, gas) for one in sources]
    foot_m = (source.at[0], source.at[1])
    wind = Cut(foot_m, moment.flow)
    shape = _FINE if _is_mostly_plume(maps[0], source, wind) else _COARSE
    level = _plan_sheet(source, wind, _plan_windows(moment, source, wind))
    plan, close_plan = _drawn(moment, maps, gas, level, shape)
    tell()
    towards = towards_gas([*plan.moments, plan.mean], moment.film_index, plan.window, foot_m)
    cut = Cut(foot_m, towards or moment.flow)
    upright = _section_sheet(source, cut, _section_windows(moment, source, cut))
    section, close_section = _drawn(moment, maps, gas, upright, shape)
    tell()
    return PlumeViews(
        source,
        gas,
        is_tracer,
        _strongest_s(moment, source.name, gas),
        cut,
        towards is not None,
        plan,
        section,
        close_plan,
        close_section,
        _tiers(maps, source, wind),
    )


def towards_gas(
    pictures: Pictures, index: int, window: Window, from_m: tuple[float, float]
) -> tuple[float, float] | None:
    """Unit vector from a point to the middle of one picture's gas; None where that holds next to none."""
    picture = pictures[index]
    if float(picture.max()) <= _FAINT * max(float(one.max()) for one in pictures):
        return None
    rows, columns = picture.shape
    x_m = window.left_m + (np.arange(columns) + 0.5) * window.width_m / columns - from_m[0]
    y_m = window.top_m - (np.arange(rows) + 0.5) * window.height_m / rows - from_m[1]
    east, north = float(picture.sum(axis=0) @ x_m), float(picture.sum(axis=1) @ y_m)
    length = float(np.hypot(east, north))
    return (east / length, north / length) if length > 0.0 else None


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A plane through the source and the windows on it: the wide one, the close one."""

    windows: Sequence[Window]
    centre_m: tuple[float, float]  # the source in the figure
    turn_rad: float  # of the rings' first direction in the figure
    to_world: Callable[[float, float], Position]


def _plan_sheet(source: Emission, cut: Cut, windows: Sequence[Window]) -> _Sheet:
    """Level plane at the source's height."""
    east, north, up = source.at
    x, y = cut.along

    def to_world(ahead: float, left: float) -> Position:
        return east + ahead * x - left * y, north + ahead * y + left * x, up

    return _Sheet(windows, (east, north), float(np.arctan2(y, x)), to_world)


def _section_sheet(source: Emission, cut: Cut, windows: Sequence[Window]) -> _Sheet:
    """Upright plane along a cut; below ground the plume's own image."""

    def to_world(ahead: float, above: float) -> Position:
        return cut.point(ahead, abs(source.at[2] + above))

    return _Sheet(windows, (0.0, source.at[2]), 0.0, to_world)


def _drawn(
    moment: WorldMoment, maps: Sequence[PlumeMap], gas: str, sheet: _Sheet, shape: tuple[int, int]
) -> tuple[View, View]:
    """Wide and close view of one plane."""
    wide, x0, y0 = sheet.windows[0], *sheet.centre_m
    corners = [(a - x0, b - y0) for a in (wide.left_m, wide.right_m) for b in (wide.bottom_m, wide.top_m)]
    rings = make_rings(max(float(np.hypot(*corner)) for corner in corners), *shape, sheet.to_world)
    shown = np.flatnonzero(rings.shown(wide, sheet.centre_m, sheet.turn_rad))
    every = rings.nodes_m()
    nodes = [every[i] for i in shown]
    factor = moment.ppb_per_g_m3(gas, moment.film_ticks)[:, None]
    values, mean = np.zeros((factor.size, len(every))), np.zeros(len(every))
    for one in maps:
        values[:, shown] += factor * one.gas_g_m3(nodes)
        mean[shown] += float(factor.mean()) * one.mean_g_m3(nodes, moment.mean_ticks)
    views = [
        _view(window, rings.sampler(window, sheet.centre_m, sheet.turn_rad, px), values, mean)
        for window, px in zip(sheet.windows, (_PX, _CLOSE_PX), strict=True)
    ]
    return views[0], views[1]


def _tiers(maps: Sequence[PlumeMap], source: Emission, cut: Cut) -> dict[Tier, int]:
    """How many places downwind each model serves, on a few distances and heights."""
    found: dict[Tier, int] = {}
    for one in maps:
        for node in _trials(source, cut):
            found[one.tier(node)] = found.get(one.tier(node), 0) + 1
    return found


def _trials(source: Emission, cut: Cut) -> list[Position]:
    return [
        cut.point(float(x), max(source.at[2] + z, 0.5))
        for x in np.arange(2.0, 42.0, 2.0)
        for z in (-6.0, 0.0)
    ]


def _sources(moment: WorldMoment) -> tuple[list[Emission], str, bool] | None:
    """Sources of the gas to show, strongest first; one that is silent is replaced by a steady tracer."""
    gases = [(one, gas) for one in moment.gases.plumes if (gas := moment.shown_gas(one)) is not None]
    if not gases:
        return None
    ticks = moment.film_ticks
    rates = [float(np.max(np.broadcast_to(one.gas_g_s[gas], (moment.n,))[ticks])) for one, gas in gases]
    main, gas = gases[int(np.argmax(rates))]
    if max(rates) < _SILENT_G_S:
        steady = {gas: np.full(moment.n, TRACER_G_S)}
        return [replace(main, gas_g_s=steady, particle_g_s={})], gas, True
    others = [one for one, _ in gases if one is not main and gas in one.gas_g_s]
    return [main, *others[: _MOST_SOURCES - 1]], gas, False


def _strongest_s(moment: WorldMoment, name: str, gas: str) -> float | None:
    """When in the episode a source gives off most of a gas; None if it never does."""
    source = next(one for one in moment.gases.plumes if one.name == name)
    rate = np.broadcast_to(source.gas_g_s[gas], (moment.n,))
    tick = int(rate.argmax())
    return None if rate[tick] < _SILENT_G_S else tick * moment.dt_s


def _plume_map(moment: WorldMoment, source: Emission, gas: str) -> PlumeMap:
    site, inputs = moment.run.site, moment.run.world.settled.inputs
    pole_m = (site.pole_diameter_m, site.pole_height_m)
    rng = inputs.rng("plume", source.name, "inside")
    return PlumeMap(
        source, gas, PoleAir(inputs.atmosphere, inputs.natural_air), pole_m, moment.film_ticks, rng
    )


def _is_mostly_plume(one: PlumeMap, source: Emission, cut: Cut) -> bool:
    by_puffs = [one.tier(node).name == "puffs" for node in _trials(source, cut)]
    return float(np.mean(by_puffs)) <= _MOST_PUFFS


def _plan_windows(moment: WorldMoment, source: Emission, cut: Cut) -> tuple[Window, Window]:
    """Plan, close plan."""
    device, distance = moment.device_m, float(np.hypot(*source.at[:2]))
    near = _near_m(source)
    middle = (source.at[0] / 2, source.at[1] / 2) if distance > _FAR_M else (0.0, 0.0)
    half = max(_HALF_M, distance / 2 + _HALF_M / 1.5) if distance > _FAR_M else _HALF_M
    shift = 0.0 if distance > _FAR_M else _SHIFT_M
    plan = _square(middle[0] + shift * cut.along[0], middle[1] + shift * cut.along[1], half)
    close = _square((near[0] + device[0]) / 2, (near[1] + device[1]) / 2, _CLOSE_M / 2)
    return plan, close


def _section_windows(moment: WorldMoment, source: Emission, cut: Cut) -> tuple[Window, Window]:
    """Section, close section."""
    device, near = moment.device_m, _near_m(source)
    is_far = near != source.at[:2]
    left, right, bottom, top = _SECTION_M
    pole = cut.place((0.0, 0.0, 0.0))
    section = Window(min(left, pole - 5.0), max(right, pole + 8.0), bottom, max(top, source.at[2] + 9.0))
    beside = cut.place((*near, 0.0))
    height = device[2] if is_far else (device[2] + source.at[2]) / 2
    upright = _square((beside + cut.place(device)) / 2, height, _CLOSE_M / 2)
    return section, upright


def _near_m(source: Emission) -> tuple[float, float]:
    """What the close-ups show beside the device: the source, or the pole's foot where that is far."""
    return (0.0, 0.0) if float(np.hypot(*source.at[:2])) > _FAR_M else source.at[:2]


def _square(x_m: float, y_m: float, half_m: float) -> Window:
    return Window(x_m - half_m, x_m + half_m, y_m - half_m, y_m + half_m)


def _view(window: Window, sampler: Sampler, values: Array, mean: Array) -> View:
    floor = 1e-9 * max(float(values.max()), float(mean.max()), 1e-30)
    return View(window, [sampler.picture(row, floor) for row in values], sampler.picture(mean, floor))
