"""Heat: what the camera sees without its faults, and the course of the hottest components."""

from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.pole.page.charts import TimeView
from envirosense.pole.page.colours import ColourScale, colour_scale, thermal_palette
from envirosense.pole.page.png import data_uri, indexed_png
from envirosense.pole.page.wording import words
from envirosense.pole.worldpage.episode import WorldMoment
from envirosense.pole.worldpage.strips import binned, even_ticks, strip

N_SHOWN: Final = 12
_POWER: Final = 0.5


def heat_section(moment: WorldMoment, view: TimeView) -> str:
    """Thermal picture beside the strip of the hottest components."""
    picture = _picture(moment)
    body = (
        f'<div class="camera">{picture}<div>{_strip(moment, view)}</div></div>'
        if picture
        else _strip(moment, view)
    )
    return f'<p class="small">{_sentence(moment)}</p>{body}'


def ideal_picture_c(moment: WorldMoment) -> Array | None:
    """What a perfect camera of the device sees at the moment, (row, column) [degC]; None without one."""
    cameras = list(moment.run.device.cameras.values())
    if not cameras:
        return None
    return np.asarray(cameras[0].get_ground_truth(moment.now)["image_k"]) - ZERO_CELSIUS_K


def _picture(moment: WorldMoment) -> str:
    image_c = ideal_picture_c(moment)
    if image_c is None:
        return ""
    scale = colour_scale(image_c[None])
    uri = data_uri(indexed_png(scale.indices(image_c), thermal_palette()))
    ramp = data_uri(indexed_png(np.arange(255, -1, -1, dtype=np.uint8).reshape(-1, 1), thermal_palette()))
    labels = "".join(
        f'<span style="bottom:{100 * place:.1f}%">{text}</span>' for place, text in even_ticks(scale)
    )
    row, column = np.unravel_index(int(image_c.argmax()), image_c.shape)
    height, width = image_c.shape
    hottest = f"hottest pixel {image_c.max():.0f}\u2009\u00b0C, coldest {image_c.min():.0f}\u2009\u00b0C"
    return (
        f'<div class="screen"><span class="picture large"><img src="{uri}" width="{width}" height="{height}" '
        f'alt="thermal picture, {hottest}"><svg viewBox="0 0 {width} {height}" aria-hidden="true">'
        f'<circle class="ring" cx="{column + 0.5}" cy="{row + 0.5}" r="2.4"/></svg>'
        f'<span class="when">{hottest.replace("-", chr(0x2212))}</span></span>'
        f'<div class="scale"><b>\u00b0C</b><div><img src="{ramp}" alt="">{labels}</div></div></div>'
    )


def _sentence(moment: WorldMoment) -> str:
    air_c = float(moment.now.air_k(moment.device_m)[0]) - ZERO_CELSIUS_K
    names = moment.state.components.names
    now_k = moment.now.component_k()[0]
    hottest = int(now_k.argmax())
    return (
        f"At the moment the air has {air_c:.1f}\u2009\u00b0C and the hottest component, "
        f"{words(names[hottest])}, {now_k[hottest] - ZERO_CELSIUS_K:.1f}\u2009\u00b0C. The picture is the "
        "scene's radiance in the camera's band, as apparent temperature, without noise or any fault of "
        "the camera."
    ).replace(" -", " \u2212")


def _stretched(picture_c: Array) -> ColourScale:
    """Scale that gives the cold end more colours, since one component is far hotter than all others."""
    low_c, high_c = float(picture_c.min()), float(picture_c.max())
    return ColourScale(low_c, max(high_c, low_c + 1.0), _POWER)


def _strip(moment: WorldMoment, view: TimeView) -> str:
    air_k = moment.state.air_k(moment.device_m)
    courses_k = moment.state.component_k()
    excess_k = courses_k - air_k[:, None]
    order = np.argsort(-excess_k.max(axis=0), kind="stable")[:N_SHOWN]
    names, now = moment.state.components.names, moment.tick
    table_c = np.column_stack([courses_k[:, order], air_k]) - ZERO_CELSIUS_K
    rows = [(words(names[i]), f"{courses_k[now, i] - ZERO_CELSIUS_K:.1f}") for i in order]
    rows.append(("air", f"{air_k[now] - ZERO_CELSIUS_K:.1f}"))
    picture = binned(table_c)
    shown = [(name, value.replace("-", "\u2212")) for name, value in rows]
    note, scale = "numbers: \u00b0C at the dashed line", _stretched(picture)
    return strip("Hottest components", "\u00b0C", shown, picture, scale, view, moment.at_s, note)
