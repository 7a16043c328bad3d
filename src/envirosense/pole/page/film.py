"""Film strip of the thermal camera: pictures with one colour scale, the component outlined."""

import numpy as np
import numpy.typing as npt

from envirosense.pole.page.charts import TimeView
from envirosense.pole.page.colours import ColourScale, colour_scale, thermal_palette
from envirosense.pole.page.hotspots import hottest_place
from envirosense.pole.page.png import data_uri, indexed_png
from envirosense.pole.page.recording import Thermal

_AT_LIMIT_K = 0.05  # two counts of the camera: range ends are moved inwards to whole counts
_FEW = 2  # clipped pixels that count as a clipped spot


def film_strip(thermal: Thermal, view: TimeView) -> tuple[str, str]:
    """Large picture of the key frame with the colour legend, and the strip."""
    scale = colour_scale(thermal.means_c)
    pictures = [_picture(thermal, i, scale, view) for i in range(len(thermal.pictures_c))]
    strip = "".join(
        f'<button type="button" class="thumb{" on" if i == thermal.key else ""}">{picture}</button>'
        for i, picture in enumerate(pictures)
    )
    large = pictures[thermal.key].replace('class="picture"', 'class="picture large"', 1)
    return f'<div class="screen">{large}{_scale_bar(scale)}</div>', f'<div class="strip">{strip}</div>'


def _picture(thermal: Thermal, i: int, scale: ColourScale, view: TimeView) -> str:
    picture_c, t_s = thermal.pictures_c[i], float(thermal.picture_t_s[i])
    height, width = picture_c.shape
    row, column = hottest_place(thermal.means_c[i], thermal.mask)
    src = data_uri(indexed_png(scale.indices(picture_c), thermal_palette()))
    shape = "" if thermal.mask is None else f'<path class="outline" d="{outline_path(thermal.mask)}"/>'
    short, long = _heat_text(thermal, i, row, column)
    caption = (
        f'{t_s / 60:.0f}\u2009min<span class="long"> \u00b7 {view.clock(t_s)} \u00b7 {long}</span>'
        f'<span class="short"> {short}</span>'
    )
    ring = f'<circle class="ring" cx="{column + 0.5}" cy="{row + 0.5}" r="2.4"/>'
    return (
        f'<span class="picture"><img src="{src}" width="{width}" height="{height}" alt="thermal picture, '
        f'{long}"><svg viewBox="0 0 {width} {height}" aria-hidden="true">'
        f"{shape}{ring}</svg><span class=when>{caption}</span></span>"
    )


def _heat_text(thermal: Thermal, i: int, row: int, column: int) -> tuple[str, str]:
    """Temperature of the ringed 3x3 pixels, short and long; clipped ones say so."""
    mean_c = f"{thermal.means_c[i, row, column]:.0f}\u2009\u00b0C".replace("-", "\u2212")
    where = "hottest 3\u00d73 pixels" + (" of the component" if thermal.mask is not None else "")
    if thermal.range_c is None:
        return mean_c, f"{where} {mean_c}"
    around = thermal.pictures_c[i, max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
    is_clipped = around >= thermal.range_c[1] - _AT_LIMIT_K
    limit = f"\u2265{thermal.range_c[1]:.0f}\u2009\u00b0C"
    if np.count_nonzero(is_clipped) < _FEW:  # a lone bad pixel is no proof
        return mean_c, f"{where} {mean_c}"
    if is_clipped.all():
        return limit, f"{where} {limit}, camera limit"
    return limit, f"{where} {mean_c} on average, some {limit} (camera limit)"


def outline_path(mask: npt.NDArray[np.bool_]) -> str:
    """SVG path along the pixel edges between inside and outside, in pixels."""
    padded = np.pad(mask, 1)
    rows, columns = np.nonzero(padded[1:, 1:-1] != padded[:-1, 1:-1])
    flat = [f"M{c} {r}h1" for r, c in zip(rows.tolist(), columns.tolist(), strict=True)]
    rows, columns = np.nonzero(padded[1:-1, 1:] != padded[1:-1, :-1])
    upright = [f"M{c} {r}v1" for r, c in zip(rows.tolist(), columns.tolist(), strict=True)]
    return "".join(flat + upright)


def _scale_bar(scale: ColourScale) -> str:
    ramp = np.arange(255, -1, -1, dtype=np.uint8).reshape(-1, 1)
    labels = "".join(
        f'<span style="bottom:{100 * place:.1f}%">{text}</span>' for place, text in scale.ticks()
    )
    src = data_uri(indexed_png(ramp, thermal_palette()))
    return f'<div class="scale"><b>\u00b0C</b><div><img src="{src}" alt="colour scale">{labels}</div></div>'
