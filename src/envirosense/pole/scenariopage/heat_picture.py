"""What the camera sees at the peak, with and without the cause, and the temperature of what is heated."""

from html import escape
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.pole.page.charts import Line, TimeView, chart, legend
from envirosense.pole.page.colours import ColourScale, colour_scale, thermal_palette
from envirosense.pole.page.device import camera_range_c
from envirosense.pole.page.film import outline_path
from envirosense.pole.page.png import data_uri, indexed_png
from envirosense.pole.page.recording import Series
from envirosense.pole.page.wording import component_text
from envirosense.pole.picture.view import shown_component
from envirosense.pole.run import MASK_SHARE
from envirosense.pole.scenariopage.drawn import DrawnScenario
from envirosense.pole.sensors.thermal_camera import ThermalCameraSensor
from envirosense.pole.sensors.thermal_camera_frames import sun_pixels

type Mask = npt.NDArray[np.bool_]

_OFF_SCALE: Final = 0.1  # share of the common scale within which a picture shows nothing


def ideal_frames_c(drawn: DrawnScenario) -> tuple[Array, Array]:
    """Picture in a perfect camera at the peak, with and without causes, (row, column) [degC]."""
    camera, now = _camera(drawn), drawn.moment.now
    shape = camera.camera.rows, camera.camera.columns
    both = (camera.respond(state)[0].reshape(shape) for state in (now, now.without_causes()))
    with_cause, without = (np.asarray(picture - ZERO_CELSIUS_K) for picture in both)
    return with_cause, without


def _camera(drawn: DrawnScenario) -> ThermalCameraSensor:
    """The device's camera; `draw_scenario` gives it one."""
    return next(iter(drawn.run.device.cameras.values()))


def event_mask(drawn: DrawnScenario) -> Mask | None:
    """Pixels of the components of all events, (row, column); None without any."""
    camera = _camera(drawn).camera
    seen, _ = drawn.moment.now.view(camera)
    shown = {name for event in drawn.events for name in (event.component, f"{event.component}_wood")}
    bodies = [i for i, name in enumerate(seen.components) if shown_component(name) in shown]
    found = seen.weights[:, bodies].sum(axis=1) >= MASK_SHARE
    mask = np.asarray(found, dtype=np.bool_).reshape(camera.rows, camera.columns)
    return mask if mask.any() else None


def unmarked_text(drawn: DrawnScenario) -> str:
    """Why no pixel of the picture is the event's."""
    seen, _ = drawn.moment.now.view(_camera(drawn).camera)
    names = dict.fromkeys(event.component for event in drawn.events if event.at is None)
    parts, unseen = [], []
    for name in names:
        shown = {name, f"{name}_wood"}
        bodies = [i for i, body in enumerate(seen.components) if shown_component(body) in shown]
        share = float(seen.weights[:, bodies].sum(axis=1).max()) if bodies else 0.0
        if share > 0.0:
            parts.append(f"{component_text(name)} fills less than {MASK_SHARE:.0%} of any pixel")
        elif bodies or name in drawn.run.site.component_positions:
            unseen.append(component_text(name))
    if unseen:
        parts.append(f"the camera does not see {' or '.join(unseen)}")
    if any(event.at is not None for event in drawn.events) or not parts:
        parts.append("what happens is at no part that the picture tells apart")
    return f"No pixel is the event's: {'; '.join(parts)}."


def heat_section(drawn: DrawnScenario, block: Any, view: TimeView) -> str:
    """Frames at the peak beside the temperature of the components that causes act on."""
    frames = _frames(drawn, block)
    charts = "".join(_temperatures(drawn, view))
    return frames + (f'<div class="grid3">{charts}</div>' if charts else "")


def _frames(drawn: DrawnScenario, block: Any) -> str:
    ideal = ideal_frames_c(drawn)
    mask = event_mask(drawn)
    pictures = [("without the cause", ideal[1]), ("with it", ideal[0])]
    if (real := _real_frame_c(drawn, block)) is not None:
        pictures.append(("what the camera reports", real))
    reach = camera_range_c(drawn.run.spec.sensing) or (-np.inf, np.inf)
    scale = colour_scale(np.clip([picture for _, picture in pictures[:2]], *reach))
    scales = [scale_of(picture, scale) for _, picture in pictures]
    cells = "".join(_picture(*named, own, mask) for named, own in zip(pictures, scales, strict=True))
    note = unmarked_text(drawn) if mask is None else "Outlined: pixels of the event."
    if not drawn.events:
        note = ""
    if (own := scales[-1]) is not scale:
        note += (
            f" What the camera reports lies outside that scale and is drawn on its own, {own.low_c:.0f} to "
            f"{own.high_c:.0f}\u2009\u00b0C."
        )
    row, _ = sun_pixels(drawn.moment.now, _camera(drawn).camera)
    if len(pictures) == 3 and np.isfinite(row).any():
        note += " The sun stands in the picture: the camera reports its disk, which the other two leave out."
    text = (
        f"At {drawn.moment.at_s / 60.0:.1f}\u2009min, one scale of {scale.low_c:.0f} to {scale.high_c:.0f}"
        f"\u2009\u00b0C. {note}"
    ).replace(" -", " \u2212")
    return f'<p class="small">{escape(text)}</p><div class="threeframes">{cells}</div>'


def scale_of(picture_c: Array, common: ColourScale) -> ColourScale:
    """The common scale, or the picture's own where it would be all dark or all pale on that."""
    share = common.share(picture_c)
    return (
        colour_scale(picture_c[None]) if share.max() < _OFF_SCALE or share.min() > 1 - _OFF_SCALE else common
    )


def _real_frame_c(drawn: DrawnScenario, block: Any) -> Array | None:
    """Frame of the camera nearest the peak, (row, column) [degC]; None where it reported none."""
    camera = _camera(drawn)
    frames = block.frames[camera.sensor_id]
    if not frames.ticks.size:
        return None
    near = int(np.abs(frames.ticks - drawn.peak_tick).argmin())
    picture_k = frames.temperature_k()[near].reshape(camera.camera.rows, camera.camera.columns)
    return np.asarray(picture_k - ZERO_CELSIUS_K)


def picture_html(picture_c: Array, scale: ColourScale, mask: Mask | None, name: str) -> str:
    """One frame as an image, with the event's pixels outlined."""
    height, width = picture_c.shape
    src = data_uri(indexed_png(scale.indices(picture_c), thermal_palette()))
    outline = "" if mask is None else f'<path class="outline" d="{outline_path(mask)}"/>'
    return (
        f'<span class="picture"><img src="{src}" width="{width}" height="{height}" alt="{escape(name)}">'
        f'<svg viewBox="0 0 {width} {height}" aria-hidden="true">{outline}</svg></span>'
    )


def _picture(name: str, picture_c: Array, scale: ColourScale, mask: Mask | None) -> str:
    text = f"{name}: hottest {picture_c.max():.0f}\u2009\u00b0C".replace("-", "\u2212")
    image = picture_html(picture_c, scale, mask, text)
    return f"<figure><figcaption>{escape(text)}</figcaption>{image}</figure>"


def _temperatures(drawn: DrawnScenario, view: TimeView) -> list[str]:
    """Charts of the heated components, and of the fuel beside them."""
    t_s, charts = drawn.run.spec.grid.t_s, []
    named = (("with the cause", "c0"), ("without it", "c1"), ("air", "c2"))
    for forcing, response in zip(drawn.run.forcings, drawn.run.responses, strict=True):
        if not np.isfinite(response.component_k[0]):
            continue
        courses = (response.component_k, response.healthy_k, response.air_k)
        lines = [
            Line(name, kind, Series(t_s, course - ZERO_CELSIUS_K, "degC"))
            for (name, kind), course in zip(named, courses, strict=True)
        ]
        title = f"Temperature of {component_text(forcing.component or 'component')}"
        key = legend([(kind, name) for name, kind in named])
        charts.append(f"<div>{chart(title, '\u00b0C', lines[::-1], view)}{key}</div>")
        if response.emission_g_s.max() > 0.0:
            gas = Line("emission", "c0", Series(t_s, 1000.0 * response.emission_g_s, "mg/s"))
            lost = Line("converted", "c0", Series(t_s, 100.0 * response.converted, "%"))
            charts.append(chart("Gas and tar leaving the wood", "mg/s", [gas], view, floor=0.0))
            charts.append(chart("Wood converted", "%", [lost], view, floor=0.0, least_span=0.1))
    return charts
