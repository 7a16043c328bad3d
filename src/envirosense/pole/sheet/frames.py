"""The camera of a day sheet: rows of frames, ideal and reported, and their errors over the day."""

import numpy as np

from envirosense.core.protocols import Array
from envirosense.pole.page.charts import Line, TimeView, chart, legend
from envirosense.pole.page.colours import ColourScale, thermal_palette
from envirosense.pole.page.png import data_uri, indexed_png
from envirosense.pole.page.recording import Series
from envirosense.pole.sheet.day import CameraDay
from envirosense.pole.sheet.strips import status_rows, strip

N_SHOWN = 12


def camera_group(day: CameraDay, view: TimeView) -> str:
    """Strips, frames over the day and courses of a camera."""
    grades = [_at_status(day, name) for name in ("quality", "confidence")]
    rows = status_rows(
        day.status_t_s, day.status, list(zip(("quality", "confidence"), grades, strict=True)), view.duration_s
    )
    if not day.t_s.size:
        return f'{strip(rows, view)}<p class="small">no frame came</p>'
    return strip(rows, view) + _film(day, view) + _courses(day, view)


def _at_status(day: CameraDay, name: str) -> Array:
    """A grade at every frame that was due; 0 where it did not come."""
    values = np.zeros(day.status_t_s.size)
    values[np.isin(day.status_t_s, day.t_s)] = getattr(day, name)
    return values


def _film(day: CameraDay, view: TimeView) -> str:
    places = np.unique(np.linspace(0, day.t_s.size - 1, N_SHOWN).round().astype(int))
    both = np.concatenate([day.ideal_c[places], day.reading_c[places]])
    scale = ColourScale(float(np.quantile(both, 0.002)), float(np.quantile(both, 0.998)) + 0.5)
    cells = "".join(
        f'<figure class="moment"><figcaption>{view.clock(float(day.t_s[i]))}</figcaption>'
        f"{picture(day.ideal_c[i], scale, 'ideal')}{picture(day.reading_c[i], scale, 'reading')}</figure>"
        for i in places
    )
    return (
        f'<p class="small">Above what a perfect camera would report, below the frame; one scale, '
        f"{scale.low_c:.0f} to {scale.high_c:.0f}\u2009\u00b0C.</p>"
        f'<div class="moments">{cells}</div>'
    )


def picture(picture_c: Array, scale: ColourScale, name: str) -> str:
    """One frame as an image."""
    height, width = picture_c.shape
    src = data_uri(indexed_png(scale.indices(picture_c), thermal_palette()))
    return f'<img class="frame" src="{src}" width="{width}" height="{height}" alt="{name}">'


def _courses(day: CameraDay, view: TimeView) -> str:
    """Median and hottest pixel, and the error over the picture."""
    error_k = day.reading_c - day.ideal_c
    pairs = (
        ("Median pixel", np.median),
        ("Hottest pixel", np.max),
        ("Coldest pixel", np.min),
    )
    charts = []
    for title, law in pairs:
        lines = [
            Line("reading", "reading band", Series(day.t_s, law(day.reading_c, axis=(1, 2)), "degC")),
            Line("ideal", "truth", Series(day.t_s, law(day.ideal_c, axis=(1, 2)), "degC")),
        ]
        charts.append(chart(title, "\u00b0C", lines, view, height_px=92))
    spread = [
        Line("sigma", "c1", Series(day.t_s, error_k.std(axis=(1, 2)), "K")),
        Line("mean", "c0", Series(day.t_s, error_k.mean(axis=(1, 2)), "K")),
    ]
    key = legend((("c0", "mean over the pixels"), ("c1", "sigma over the pixels")))
    charts.append(f"<div>{chart('Error of a frame', 'K', spread, view, height_px=92)}{key}</div>")
    return f'<div class="grid4">{"".join(charts)}</div>'
