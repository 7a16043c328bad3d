"""Small pictures of an episode: the alert level over time, and what each sensor feels of it."""

from typing import Final

import numpy as np

from envirosense.core.protocols import Array
from envirosense.pole.scenariopage.drawn import DrawnScenario
from envirosense.pole.worldpage.palettes import GAS_PALETTE, LogScale, Palette, picture_uri

COLUMNS: Final = 120
SEEN_SCALE: Final = LogScale(1.0, 1e4)  # departures in sigmas
# Colour of each alert level, grey over yellow and red to purple, as in the style sheet; 0 is clear
_LEVEL_RGB: Final = (
    (0, 0, 0),
    (140, 160, 185),
    (240, 205, 90),
    (238, 145, 50),
    (214, 60, 45),
    (140, 25, 110),
)


def fingerprint(drawn: DrawnScenario) -> str:
    """Departure of each sensor over time as an image; a row per sensor, in the order of the device."""
    rows = np.stack([_greatest(values) for values in drawn.snr.values()])
    indices = np.where(rows >= SEEN_SCALE.low, np.maximum(SEEN_SCALE.indices(rows), 40), 0)
    uri = picture_uri(indices.astype(np.uint8), GAS_PALETTE)
    return f'<img src="{uri}" alt="what each sensor feels over the hour">'


def level_band(drawn: DrawnScenario) -> str:
    """Alert level of the gravest event over time as an image."""
    level = np.zeros(drawn.run.spec.grid.n)
    for event in drawn.events:
        level = np.maximum(level, np.where(event.active, event.level, 0))
    indices = _greatest(level)[None, :].astype(np.uint8)
    return f'<img src="{picture_uri(indices, _level_palette())}" alt="alert level over the hour">'


def _greatest(values: Array) -> Array:
    """Greatest value in each column of time, (column,)."""
    n = min(COLUMNS, values.size)
    edges = np.linspace(0, values.size, n + 1).astype(np.intp)[:-1]
    return np.asarray(np.maximum.reduceat(values, edges))


def _level_palette() -> Palette:
    palette = np.zeros((256, 4), np.uint8)
    palette[: len(_LEVEL_RGB), :3] = _LEVEL_RGB
    palette[1 : len(_LEVEL_RGB), 3] = 255
    return palette
