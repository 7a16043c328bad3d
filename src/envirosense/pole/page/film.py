"""Film strip of the thermal camera: pictures with one colour scale, the component outlined."""

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array
from envirosense.pole.page.charts import TimeView
from envirosense.pole.page.colours import ColourScale, colour_scale, thermal_palette
from envirosense.pole.page.png import data_uri, indexed_png
from envirosense.pole.page.recording import Thermal


def film_strip(thermal: Thermal, view: TimeView) -> tuple[str, str]:
    """Large picture of the hottest frame with the colour legend, and the strip."""
    scale = colour_scale(thermal.pictures_c)
    outline = "" if thermal.mask is None else outline_path(thermal.mask)
    hottest = int(thermal.pictures_c.max(axis=(1, 2)).argmax())
    pictures = [
        _picture(picture_c, t_s, scale, outline, view)
        for picture_c, t_s in zip(thermal.pictures_c, thermal.picture_t_s, strict=True)
    ]
    strip = "".join(
        f'<button type="button" class="thumb{" on" if i == hottest else ""}">{picture}</button>'
        for i, picture in enumerate(pictures)
    )
    large = pictures[hottest].replace('class="picture"', 'class="picture large"', 1)
    return f'<div class="screen">{large}{_scale_bar(scale)}</div>', f'<div class="strip">{strip}</div>'


def _picture(picture_c: Array, t_s: float, scale: ColourScale, outline: str, view: TimeView) -> str:
    height, width = picture_c.shape
    row, column = np.unravel_index(int(picture_c.argmax()), picture_c.shape)
    src = data_uri(indexed_png(scale.indices(picture_c), thermal_palette()))
    hottest_c = float(picture_c.max())
    shape = f'<path class="outline" d="{outline}"/>' if outline else ""
    clock = f'<span class="long"> \u00b7 {view.clock(t_s)} \u00b7 hottest</span>'
    caption = f"{t_s / 60:.0f}\u2009min{clock} {hottest_c:.0f}\u2009\u00b0C".replace("-", "\u2212")
    ring = f'<circle class="ring" cx="{column + 0.5}" cy="{row + 0.5}" r="2.4"/>'
    return (
        f'<span class="picture"><img src="{src}" width="{width}" height="{height}" alt="thermal picture, '
        f'hottest pixel {hottest_c:.1f} degC"><svg viewBox="0 0 {width} {height}" aria-hidden="true">'
        f"{shape}{ring}</svg><span class=when>{caption}</span></span>"
    )


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
