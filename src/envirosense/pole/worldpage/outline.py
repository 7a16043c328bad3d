"""The site as a drawing: from above, and cut upright along any direction."""

from dataclasses import dataclass

from envirosense.core.protocols import Position
from envirosense.pole.site import PHASES, Site
from envirosense.pole.worldpage.metric import Drawing

_FAR_M = 400.0  # wires are drawn to here, beyond every window
_TREE_WIDTH = 0.3  # half width of the crown over the tree's height, as in the camera's scene
_LEAST_TREE_M = 1.0
_TREE_NEAR_M = 2.0  # a crown farther than this from a section is not drawn in it
_TANK_M = (0.46, 0.8)  # width and height of the transformer's tank, as in the camera's scene
_TAPER = 0.7  # of the pole's top over its foot, drawn only
_END_ON = 0.12  # sine under which a wire is seen from its end


@dataclass(frozen=True, slots=True)
class Cut:
    """An upright plane: where it starts to count and which way it runs, east and north."""

    origin_m: tuple[float, float]
    along: tuple[float, float]

    def place(self, at: Position) -> float:
        """Distance of a point along the plane [m]."""
        east, north = at[0] - self.origin_m[0], at[1] - self.origin_m[1]
        return east * self.along[0] + north * self.along[1]

    def beside(self, at: Position) -> float:
        """Distance of a point from the plane, to the left of its direction [m]."""
        east, north = at[0] - self.origin_m[0], at[1] - self.origin_m[1]
        return north * self.along[0] - east * self.along[1]

    def point(self, along_m: float, up_m: float) -> Position:
        """The plane's point at a distance and height."""
        return self.origin_m[0] + along_m * self.along[0], self.origin_m[1] + along_m * self.along[1], up_m


def wire_heights_m(site: Site) -> dict[str, tuple[float, float]]:
    """Offset across the line and height of every wire."""
    top_m = site.crossarm_height_m + site.insulator_height_m
    phases = {
        f"phase {phase.upper()}": (across, top_m)
        for phase, across in zip(PHASES, site.phase_offsets_m, strict=True)
    }
    return phases | {"neutral": (0.0, site.neutral_height_m)}


def draw_plan(drawing: Drawing, site: Site) -> None:
    """Tree, wires, crossarm, transformer, pole and device from above."""
    tree_m = max(_LEAST_TREE_M, _TREE_WIDTH * site.tree_height_m)
    east, north, _ = site.bearing(site.tree_bearing_deg, site.tree_distance_m, 0.0)
    drawing.ellipse("tree", east, north, tree_m, tree_m)
    for across, _ in wire_heights_m(site).values():
        ends = (site.place(across, side * _FAR_M, 0.0)[:2] for side in (-1, 1))
        drawing.line("wire", *ends)
    half = site.crossarm_length_m / 2
    drawing.line("arm", site.place(-half, 0.0, 0.0)[:2], site.place(half, 0.0, 0.0)[:2])
    if site.has_transformer:
        x, y, _ = site.place(0.0, -(site.pole_diameter_m / 2 + 0.3), 0.0)
        drawing.ellipse("tank", x, y, _TANK_M[0] / 2, _TANK_M[0] / 2)
    radius_m = site.pole_diameter_m / 2
    drawing.ellipse("pole", 0.0, 0.0, radius_m, radius_m)


def draw_section(drawing: Drawing, site: Site, cut: Cut) -> None:
    """Ground, pole, crossarm, transformer, wires and a tree near it, seen square to an upright plane."""
    w = drawing.window
    _draw_tree(drawing, site, cut)
    foot, radius_m = cut.place((0.0, 0.0, 0.0)), site.pole_diameter_m / 2
    top_m, slim_m = site.pole_height_m, _TAPER * radius_m
    edges = ((foot - radius_m, 0.0), (foot + radius_m, 0.0), (foot + slim_m, top_m), (foot - slim_m, top_m))
    drawing.area("pole", *edges)
    half, arm_m = site.crossarm_length_m / 2, site.crossarm_height_m
    ends = [cut.place(site.place(side * half, 0.0, arm_m)) for side in (-1, 1)]
    drawing.area("pole", *((x, z) for x, z in zip((*ends, *ends[::-1]), _arm_edges(arm_m), strict=True)))
    if site.has_transformer:
        _draw_tank(drawing, site, cut)
    east, north = site.along_line
    lies_along = abs(east * cut.along[0] + north * cut.along[1])
    for across, up_m in wire_heights_m(site).values():
        at = cut.place(site.place(across, 0.0, up_m))
        if lies_along > _END_ON:
            drawing.line("wire", (at - _FAR_M, up_m), (at + _FAR_M, up_m))
        else:
            drawing.mark("wire", at, up_m)
    if w.bottom_m <= 0.0:
        drawing.area(
            "ground", (w.left_m, 0.0), (w.right_m, 0.0), (w.right_m, w.bottom_m), (w.left_m, w.bottom_m)
        )
        drawing.line("soil", (w.left_m, 0.0), (w.right_m, 0.0))


def _arm_edges(arm_m: float) -> tuple[float, float, float, float]:
    return arm_m - 0.06, arm_m - 0.06, arm_m + 0.06, arm_m + 0.06


def _draw_tree(drawing: Drawing, site: Site, cut: Cut) -> None:
    half = site.tree_height_m / 2
    width_m = max(_LEAST_TREE_M, _TREE_WIDTH * site.tree_height_m)
    tree = site.bearing(site.tree_bearing_deg, site.tree_distance_m, 0.0)
    if abs(cut.beside(tree)) > width_m + _TREE_NEAR_M:
        return
    at = cut.place(tree)
    drawing.line("trunk", (at, 0.0), (at, 0.6 * half))
    drawing.ellipse("tree", at, 0.7 * half, width_m, 0.7 * half)
    drawing.ellipse("tree", at, 1.4 * half, 0.8 * width_m, 0.6 * half)


def _draw_tank(drawing: Drawing, site: Site, cut: Cut) -> None:
    at = cut.place(site.place(0.0, -(site.pole_diameter_m / 2 + 0.3), 0.0))
    width_m, height_m = _TANK_M
    low, high = site.transformer_height_m, site.transformer_height_m + height_m
    left, right = at - width_m / 2, at + width_m / 2
    drawing.area("tank", (left, low), (right, low), (right, high), (left, high))
