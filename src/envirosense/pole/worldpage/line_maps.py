"""Magnetic and electric field of the line in the plane across it, at the moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from envirosense.core.protocols import Array, Phasors, Position
from envirosense.pole.fields.gridded import GriddedField, InterpolationError
from envirosense.pole.worldpage.contours import contour, label_place, round_levels
from envirosense.pole.worldpage.episode import WorldMoment
from envirosense.pole.worldpage.metric import Drawing, Window, figure
from envirosense.pole.worldpage.outline import Cut, draw_section, wire_heights_m
from envirosense.pole.worldpage.palettes import FIELD_PALETTE, log_scale, picture_uri, scale_bar

_HALF_M, _TOP_OVER_M, _STEP_M = 10.0, 3.0, 0.5
_PX: Final = 240
_N_TRIALS: Final = 40  # points at which the grid is held against the exact field
_CLEAR_M: Final = 1.5  # of a wire: nearer, the field changes within a cell
_MOST_LEVELS: Final = 8
_LABEL_HALF_M: Final = (1.1, 0.55)  # half width and height of a level's name on a narrow screen
_TOP_HALF_M: Final = (1.6, 1.4)  # of what is named about the crossarm's middle
_NAME_M: Final = 4.0  # length of the device's name on a narrow screen


type Box = tuple[float, float, float, float]  # middle, half width and half height


@dataclass(frozen=True, slots=True)
class LineMap:
    """RMS of a field over all harmonics and axes, on a grid across the line."""

    across_m: Array
    up_m: Array
    values: Array  # (across, up)
    error: InterpolationError


def line_map(moment: WorldMoment, query: Callable[[Position], Phasors], unit_scale: float) -> LineMap:
    """Map of a field's magnitude in the unit of the page, with the grid's error away from the wires."""
    site = moment.run.site
    cut = _across(moment)
    across = np.arange(-_HALF_M, _HALF_M + 1e-9, _STEP_M)
    up = np.arange(0.0, site.pole_height_m + _TOP_OVER_M + 1e-9, _STEP_M)
    axes: Any = (across, (0.0,), up)
    # the grid's own axes are those of the line: its first runs across it
    field = GriddedField(lambda at: unit_scale * query(cut.point(at[0], at[2]))[0], axes)
    values = np.sqrt(np.sum(np.abs(field.values()[:, 0]) ** 2, axis=(2, 3)))
    return LineMap(across, up, values, field.error(_trials(moment, float(across[-1]), float(up[-1]))))


def _across(moment: WorldMoment) -> Cut:
    x, y, _ = moment.run.site.place(1.0, 0.0, 0.0)
    return Cut((0.0, 0.0), (x, y))


def _trials(moment: WorldMoment, half_m: float, top_m: float) -> list[Position]:
    """Fixed points spread evenly, away from the wires."""
    wires = wire_heights_m(moment.run.site).values()
    k = np.arange(4 * _N_TRIALS)
    x, z = (
        2.0 * half_m * np.mod(0.5 + 0.7548776662 * k, 1.0) - half_m,
        top_m * np.mod(0.5 + 0.5698402910 * k, 1.0),
    )
    clear = [
        (float(a), 0.0, float(b))
        for a, b in zip(x, z, strict=True)
        if min(np.hypot(a - across, b - up) for across, up in wires) > _CLEAR_M
    ]
    return clear[:_N_TRIALS]


def line_maps_section(moment: WorldMoment) -> str:
    """Both maps side by side, with what the grid costs in accuracy."""
    magnetic = line_map(moment, moment.now.magnetic_t, 1e6)
    electric = line_map(moment, moment.now.electric_v_m, 1.0)
    figures = _field_figure(moment, magnetic, "Magnetic flux density", "\u00b5T", 2.5) + _field_figure(
        moment, electric, "Electric field", "V/m", 2.5
    )

    def share(one: LineMap) -> str:
        return f"{100.0 * one.error.relative:.2g}\u2009%"

    note = (
        "RMS over all harmonics and axes at the moment, in the plane across the line at the pole. The field "
        f"is computed every {_STEP_M:g}\u2009m and interpolated between, which is off by about "
        f"{share(magnetic)} (magnetic) and {share(electric)} (electric), and "
        f"by more within {_CLEAR_M:g}\u2009m of a wire."
    )
    return f'<p class="small">{note}</p><div class="two">{figures}</div>'


def _field_figure(moment: WorldMoment, found: LineMap, title: str, unit: str, decades: float) -> str:
    site = moment.run.site
    window = Window(float(found.across_m[0]), float(found.across_m[-1]), 0.0, float(found.up_m[-1]))
    drawing = Drawing(window)
    draw_section(drawing, site, _across(moment))
    scale = log_scale(float(np.quantile(found.values, 0.995)), decades)
    levels = round_levels(max(scale.low, float(found.values.min())), scale.high, _MOST_LEVELS)
    anchor = (0.0, site.crossarm_height_m)
    beside = _across(moment).place(moment.device_m)
    taken = _taken(moment, beside)
    for i, level in enumerate(levels):
        pieces = contour(found.values, found.across_m, found.up_m, level)
        if not pieces:
            continue
        path = "".join(
            f"M{a:.2f} {window.top_m - b:.2f}L{c:.2f} {window.top_m - d:.2f}" for (a, b), (c, d) in pieces
        )
        drawing.raw(f'<path class="contour" d="{path}"/>')
        if free := [piece for piece in pieces if _is_free(piece[0], window, taken)]:
            place = label_place(free, anchor, 0.75 if i % 2 else -0.75)
            drawing.name(f"{level:g}", *place, "mid", "level")
            taken.append((*place, *_LABEL_HALF_M))
    for name, (across, up_m) in wire_heights_m(site).items():
        side = "below" if name == "neutral" else "above"
        drawing.name(name.removeprefix("phase "), across, up_m, side, "tiny")
    device = moment.device_m
    drawing.mark("device", beside, device[2])
    drawing.name("device", beside, device[2], "right" if beside >= 0.0 else "left", "tiny")
    picture = picture_uri(scale.indices(_pixels(found, window)), FIELD_PALETTE)
    drawn = figure(title, drawing, ("across the line [m]", "above ground [m]"), picture=picture)
    return f"<div>{drawn}{scale_bar(scale, FIELD_PALETTE, unit)}</div>"


def _taken(moment: WorldMoment, beside_m: float) -> list[Box]:
    """What names of levels must not cover: the wires' names, the device and its own."""
    site = moment.run.site
    side = 0.5 * _NAME_M if beside_m >= 0.0 else -0.5 * _NAME_M
    return [
        (0.0, site.crossarm_height_m, *_TOP_HALF_M),
        (0.0, site.neutral_height_m - 0.6, 1.6, 0.9),
        (beside_m + side, moment.device_m[2], 0.5 * _NAME_M + 0.4, 0.5),
    ]


def _is_free(at_m: tuple[float, float], window: Window, taken: Sequence[Box]) -> bool:
    """Whether a level's name about a point lies inside the figure and off all that is taken."""
    x, y = at_m
    half, tall = _LABEL_HALF_M
    if not (window.left_m + half < x < window.right_m - half and tall < y - window.bottom_m):
        return False
    if y > window.top_m - tall:
        return False
    return all(abs(x - a) > half + w or abs(y - b) > tall + h for a, b, w, h in taken)


def _pixels(found: LineMap, window: Window) -> Array:
    """The map as a picture (row, column), interpolated in the logarithm."""
    logs = np.log(np.maximum(found.values, 1e-12))
    rows = round(_PX * window.height_m / window.width_m)
    x = (np.arange(_PX) + 0.5) / _PX * (found.across_m.size - 1)
    y = (1.0 - (np.arange(rows) + 0.5) / rows) * (found.up_m.size - 1)
    i, j = np.minimum(x.astype(int), found.across_m.size - 2), np.minimum(y.astype(int), found.up_m.size - 2)
    a, b = (x - i)[None, :], (y - j)[:, None]
    corner = [[logs[np.ix_(i + di, j + dj)].T for dj in (0, 1)] for di in (0, 1)]
    low = corner[0][0] * (1 - a) + corner[1][0] * a
    high = corner[0][1] * (1 - a) + corner[1][1] * a
    return np.asarray(np.exp(low * (1 - b) + high * b))
