"""Sunlight within the hour: clouds that pass before the sun, forced to the hourly means.

The hour's beam and diffuse parts are taken as shares of the clear sky. Diffuse light changes
smoothly; the beam is switched by a two-state process whose cloudy share is the opaque cover, so
bright spells between clouds exceed the clear-sky value as they do in nature.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.physics.air.weather_shapes import (
    HOUR_S,
    HourStreams,
    bump,
    forced,
    hour_curve,
    positive_edge_values,
)
from envirosense.physics.light.sunlight import clear_sky_ghi_w_m2

type Floats = npt.NDArray[np.float64]

CLOUD_LENGTH_M: Final = 1500.0  # along the wind; with it cloud and gap last 1-10 min  # assumed
CLOUD_RAMP_S: Final = 20.0  # a cloud's edge takes this long to cross the sun  # assumed
BRIGHTEST_INDEX: Final = 1.1  # global over clear sky between clouds, edge enhancement  # assumed
BRIGHTEST_BEAM_INDEX: Final = 0.95  # horizontal beam over clear-sky global  # assumed
BRIGHTEST_DNI_W_M2: Final = 1100.0  # beam of the cleanest air near the ground  # assumed
DARK_W_M2: Final = 5.0  # an hour with less clear-sky light has no meaningful index  # assumed
LOW_SUN: Final = 0.02  # cos zenith; below it beam and diffuse cannot be told apart  # assumed
MAX_SEGMENTS: Final = 256


@dataclass(frozen=True, slots=True)
class Sky:
    """Irradiance over one hour, arrays of (time,) [W/m2]; ghi = dhi + dni cos(zenith)."""

    ghi_w_m2: Floats
    dni_w_m2: Floats
    dhi_w_m2: Floats


def sky_of_hour(
    ghi_w_m2: Floats,
    dhi_w_m2: Floats,
    cloud_share: Floats,
    cos_zenith: Floats,
    wind_m_s: float,
    t_s: Floats,
    streams: HourStreams,
    hour: int,
) -> Sky:
    """Irradiance of the middle one of five hours.

    Args:
        ghi_w_m2: hourly means, (5,).
        dhi_w_m2: hourly means, (5,).
        cloud_share: opaque cover 0..1, (5,).
        cos_zenith: evenly spaced over the five hours, both ends included, (5 k + 1,).
        wind_m_s: mean wind, which carries the clouds.
        t_s: ticks within the hour, (time,).
        streams: generators by kind and hour; draws "cloud".
        hour: number of the middle hour.
    """
    nodes_s = np.linspace(-2.0 * HOUR_S, 3.0 * HOUR_S, cos_zenith.size)
    cosine = np.interp(t_s, nodes_s, cos_zenith)
    clear = clear_sky_ghi_w_m2(cosine)
    if ghi_w_m2[2] <= 0.0 or not clear.any():
        dark = np.zeros(t_s.size)
        return Sky(dark, dark, dark)
    share = t_s / HOUR_S
    clear_hours = _hourly_means(clear_sky_ghi_w_m2(cos_zenith))
    diffuse = np.minimum(dhi_w_m2, ghi_w_m2)
    beam_index = _index(ghi_w_m2 - diffuse, clear_hours)
    diffuse_index = _index(diffuse, clear_hours)
    passing = _beam_factor(beam_index, diffuse_index, cloud_share, wind_m_s, t_s, streams, hour)
    beam_curve = _index_curve(beam_index, share)
    sky_curve = _index_curve(diffuse_index, share)
    mean_beam = float(ghi_w_m2[2] - diffuse[2])
    beam = clear * forced(beam_curve * passing, clear, mean_beam, share)
    beam = _below(BRIGHTEST_DNI_W_M2 * np.maximum(cosine, 0.0), beam, mean_beam, share)
    dhi = clear * forced(sky_curve, clear, float(diffuse[2]), share)
    ghi = beam + dhi
    high = cosine > LOW_SUN
    dni = np.where(high, beam / np.maximum(cosine, LOW_SUN), 0.0)
    return Sky(ghi, dni, np.where(high, dhi, ghi))


def _below(ceiling: Floats, light: Floats, target: float, share: Floats) -> Floats:
    """Light cut at a ceiling, the loss given back where there is room inside the hour, (time,)."""
    kept = np.minimum(light, ceiling)
    lost = min(target, float(light.mean())) - float(kept.mean())
    if lost <= 0.0:
        return kept
    room = bump(share) * (ceiling - kept)
    return kept + min(lost / float(room.mean()), 1.0 / float(bump(np.array(0.5)))) * room


def _hourly_means(nodes: Floats) -> Floats:
    """Trapezoidal mean of each of five hours, (5,)."""
    steps = 0.5 * (nodes[1:] + nodes[:-1])
    return np.asarray(steps.reshape(5, -1).mean(axis=1), dtype=np.float64)


def _index(light: Floats, clear: Floats) -> Floats:
    """Share of the clear sky in each hour, (5,); a dark hour borrows its neighbour's."""
    index = np.where(clear > DARK_W_M2, light / np.maximum(clear, DARK_W_M2), np.nan)
    index = np.clip(index, 0.0, 1.2)
    lit = np.flatnonzero(~np.isnan(index))
    if lit.size == 0:
        return np.minimum(light / DARK_W_M2, 1.0)
    return np.asarray(index[lit[np.argmin(np.abs(np.arange(5)[:, None] - lit[None, :]), axis=1)]])


def _beam_factor(
    beam_index: Floats,
    diffuse_index: Floats,
    cloud_share: Floats,
    wind_m_s: float,
    t_s: Floats,
    streams: HourStreams,
    hour: int,
) -> Floats:
    """Beam over its smooth hourly course: above one in gaps, below one behind clouds, (time,)."""
    cover = np.clip(cloud_share, 0.02, 0.98)
    brightest = np.minimum(BRIGHTEST_INDEX - diffuse_index, BRIGHTEST_BEAM_INDEX) - beam_index
    contrast = np.minimum(beam_index / (1.0 - cover), 1.5 * beam_index / cover)
    contrast = np.clip(brightest / cover, 0.0, contrast)
    contrast = np.where(np.abs(cloud_share - 0.5) < 0.45, contrast, 0.0)  # clear or overcast: steady
    relative = contrast / np.maximum(beam_index, 1e-9)
    gap = _weaker_at_edges(relative * cover, t_s)
    shade = _weaker_at_edges(relative * (1.0 - cover), t_s)
    clear = _clear_part(cover, wind_m_s, t_s, streams, hour)
    return 1.0 + clear * gap - (1.0 - clear) * shade


def _index_curve(index: Floats, share: Floats) -> Floats:
    """Course of a share of the clear sky over the middle hour, (time,), never negative."""
    return np.maximum(hour_curve(share, positive_edge_values(index), float(index[2])), 0.0)


def _weaker_at_edges(hourly: Floats, t_s: Floats) -> Floats:
    """The hour's value in its middle, the smaller one of the two hours at each edge, (time,)."""
    knots = [hourly[1:3].min(), hourly[2], hourly[2:4].min()]
    return np.asarray(np.interp(t_s, [0.0, 0.5 * HOUR_S, HOUR_S], knots), dtype=np.float64)


def _clear_part(cover: Floats, wind_m_s: float, t_s: Floats, streams: HourStreams, hour: int) -> Floats:
    """How much of the sun's disc is free of clouds, 0..1, (time,)."""
    rng = streams("cloud", hour)
    cloudy_at_start = rng.random() < cover[1:3].mean()
    cloudy_at_end = streams("cloud", hour + 1).random() < cover[2:4].mean()
    period_s = 2.0 * min(max(CLOUD_LENGTH_M / max(wind_m_s, 0.1), 60.0), 600.0)
    lengths_s, is_cloudy = _segments(bool(cloudy_at_start), bool(cloudy_at_end), cover[2], period_s, rng)
    ends_s = np.append(0.0, np.cumsum(lengths_s))
    clear_s = np.append(0.0, np.cumsum(np.where(is_cloudy, 0.0, lengths_s)))
    half_s = 0.5 * max(CLOUD_RAMP_S, float(t_s[1] - t_s[0]))
    return (_extended(t_s + half_s, ends_s, clear_s) - _extended(t_s - half_s, ends_s, clear_s)) / (
        2.0 * half_s
    )


def _extended(at_s: Floats, ends_s: Floats, clear_s: Floats) -> Floats:
    """Clear seconds up to `at_s`; beyond the hour its first and last states go on, (time,) [s]."""
    inside = np.interp(at_s, ends_s, clear_s)
    first_is_clear = float(clear_s[1] > 0.0)
    last_is_clear = float(clear_s[-1] > clear_s[-2])
    before_s, after_s = np.minimum(at_s, 0.0), np.maximum(at_s - HOUR_S, 0.0)
    return inside + first_is_clear * before_s + last_is_clear * after_s


def _segments(
    cloudy_at_start: bool, cloudy_at_end: bool, cover: float, period_s: float, rng: np.random.Generator
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Lengths [s] and states of the spells of one hour; cloudy time is the cover's share of it.

    Exponential spells from the state at the start. The last switch is dropped where needed to
    arrive in the state at the end, then clear and cloudy spells are stretched to the cover. One
    ramp of time is kept at both ends so that a cloud's edge never straddles two pieces.
    """
    is_cloudy = np.arange(MAX_SEGMENTS) % 2 == (0 if cloudy_at_start else 1)
    mean_s = np.where(is_cloudy, cover, 1.0 - cover) * period_s
    drawn_s = rng.exponential(1.0, MAX_SEGMENTS) * mean_s
    n_switches = min(int(np.count_nonzero(np.cumsum(drawn_s) < HOUR_S)), MAX_SEGMENTS - 2)
    if n_switches % 2 != int(cloudy_at_start != cloudy_at_end):
        n_switches += 1 if n_switches == 0 else -1
    if n_switches == 0 and 0.05 < cover < 0.95:
        n_switches = 2
    drawn_s, is_cloudy = drawn_s[: n_switches + 1], is_cloudy[: n_switches + 1]
    if n_switches == 0:
        return np.array([HOUR_S]), is_cloudy
    wanted_s = np.where(is_cloudy, cover, 1.0 - cover) * (HOUR_S - 2.0 * CLOUD_RAMP_S)
    total_s = np.where(is_cloudy, drawn_s[is_cloudy].sum(), drawn_s[~is_cloudy].sum())
    lengths_s = drawn_s * wanted_s / total_s
    lengths_s[0] += CLOUD_RAMP_S
    lengths_s[-1] += CLOUD_RAMP_S
    return lengths_s, is_cloudy
