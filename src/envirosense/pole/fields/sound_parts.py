"""What makes sound around the pole, prepared for any point: sources with a place, and the ambience."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Array, Position
from envirosense.physics.sound import acoustics as ac
from envirosense.physics.sound import sound_sources as ss
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.scenarios import Discharge, Impact, Noise

MAINS_HZ = 60.0
KNOT_S = 60.0  # absorption and speed of sound are computed this far apart and read linearly between
TANK_AXIS_M = 0.4  # of the transformer, across the line
DISTRIBUTION_MVA = 0.05  # 50 kVA, a common pole-top unit; the level is the same up to 0.2 MVA
QUIETER_THAN_GUARANTEED_DB = (0.0, 6.0)  # spread of units below the standard's level; assumed
BLOW_SPEED_M_S = 5.0  # of what hits the pole, over the blow; assumed
BLOW_EFFICIENCY = 1e-4  # sound over lost energy, as for discharges; assumed
BLOW_CORNER_HZ = 500.0  # wood and sheet metal sound below; assumed
ENCLOSED_DB = -20.0  # of a discharge inside oil or a housing; assumed


class Strikes(Protocol):
    """Strokes of lightning, arrays of (stroke,)."""

    @property
    def time_s(self) -> Array:
        """Since the episode's start."""
        ...

    @property
    def x_m(self) -> Array:
        """East of the pole."""
        ...

    @property
    def y_m(self) -> Array:
        """North of the pole."""
        ...

    @property
    def peak_current_ka(self) -> Array:
        """Signed."""
        ...


class Path:
    """Air that sound crosses, at knots that do not depend on blocks."""

    def __init__(self, inputs: WorldInputs) -> None:
        """Absorption at the edges of the bands; a long tick is its own knot."""
        weather, grid = inputs.atmosphere.weather, inputs.grid
        stride = max(1, round(KNOT_S / grid.dt_s))
        knots = np.unique(np.append(np.arange(0, grid.n, stride), grid.n - 1))
        self._at_ticks = knots.size == grid.n
        if not self._at_ticks:
            place = np.searchsorted(knots, np.arange(grid.n), side="right") - 1
            self._knot = np.minimum(place, knots.size - 2)
            span = (knots[self._knot + 1] - knots[self._knot]).astype(np.float64)
            self._share = ((np.arange(grid.n) - knots[self._knot]) / span)[:, None]
        if not self._at_ticks:  # between two knots the air knows only its past
            knots = knots[np.maximum(np.arange(knots.size) - 1, 0)]
        air_k, humidity = weather.air_k[knots], np.clip(weather.relative_humidity[knots], 0.0, 1.0)
        self.low_db_m, self.high_db_m = ac.band_absorption(air_k, humidity, weather.pressure_pa[knots])
        self.speed_m_s = float(np.mean(ac.sound_speed_m_s(inputs.natural_air.weather.air_k[knots])))

    def to_ticks(self, knots: Array) -> Array:
        """Values between knots, (knot, band) to (time, band)."""
        if self._at_ticks:
            return knots
        below = knots[self._knot]
        return np.asarray(below + self._share * (knots[self._knot + 1] - below))

    def energy_per_picowatt(self, source: Position, at: Position) -> Array:
        """Energy at a point per picowatt of a source, (time, band)."""
        image = (source[0], source[1], -source[2])
        return self.to_ticks(
            ac.energy_per_picowatt(
                distance_m(source, at), distance_m(image, at), self.low_db_m, self.high_db_m
            )
        )


@dataclass(frozen=True, slots=True)
class Source:
    """A sounding place: power (time, 1) times shares (band,), or power (time, band) times ones [pW]."""

    name: str  # kind and name of the cause: the two kinds may share a name, never a draw
    at: Position
    power_pw: Array
    shares: Array
    modulation_hz: float
    depth: float
    clicks_per_s: Array | None  # (time,); None for steady noise


def distance_m(one: Position, other: Position) -> float:
    """Distance of two points [m]."""
    return float(np.sqrt(sum((p - q) ** 2 for p, q in zip(one, other, strict=True))))


def delayed(series: Array, delay_s: float, dt_s: float) -> Array:
    """Tick means of a series that arrives later, same shape; before the start it held its first value."""
    ticks = delay_s / dt_s
    whole = int(ticks)
    part = ticks - whole
    index = np.arange(series.shape[0])
    now, before = (series[np.maximum(index - k, 0)] for k in (whole, whole + 1))
    return np.asarray((1.0 - part) * now + part * before)


def sources_of(inputs: WorldInputs) -> Iterator[Source]:
    """Discharges and noises of the scenarios."""
    shares = ss.spark_shares()
    for discharge in inputs.discharges():
        yield _discharge_source(inputs, discharge, shares)
    for noise in inputs.noises():
        yield _noise_source(inputs, noise)
    for number, impact in enumerate(inputs.impacts()):
        yield _impact_source(inputs, impact, number)


def _impact_source(inputs: WorldInputs, impact: Impact, number: int) -> Source:
    """Bang of a blow: a share of the energy that it loses, within the tick that it falls in."""
    grid = inputs.grid
    power_pw = np.zeros((grid.n, 1))
    lost_j = 0.5 * impact.impulse_n_s * BLOW_SPEED_M_S
    tick = min(int(impact.at_s / grid.dt_s), grid.n - 1)
    power_pw[tick] = 1e12 * BLOW_EFFICIENCY * lost_j / grid.dt_s
    shares = np.where(ac.BANDS.high_hz < 16e3, 1.0 / (1.0 + (ac.BANDS.centre_hz / BLOW_CORNER_HZ) ** 2), 0.0)
    at = (0.0, 0.0, impact.height_m)
    return Source(f"impact/{number}", at, power_pw, shares / shares.sum(), 0.0, 0.0, None)


def _discharge_source(inputs: WorldInputs, discharge: Discharge, shares: Array) -> Source:
    for values in (discharge.power_w, discharge.pulses_per_s):
        if values.shape != (inputs.grid.n,) or not np.all((values >= 0.0) & (values < np.inf)):
            raise ConfigError(discharge.name, values.shape, "needs one finite value >= 0 per tick")
    low, high = np.log(ss.EFFICIENCY_RANGE)
    efficiency = float(np.exp(inputs.rng("sound", "efficiency", discharge.name).uniform(low, high)))
    strong = discharge.kind in ("arc", "gap")
    depths = ss.ARC_DEPTHS if strong else ss.SURFACE_DEPTHS
    depth = float(inputs.rng("sound", "depth", discharge.name).uniform(*depths))
    housing = ac.energy_of_db(ENCLOSED_DB if discharge.kind == "internal" else 0.0)
    power_pw = ss.discharge_power_pw(discharge.power_w, efficiency) * housing
    return Source(
        f"discharge/{discharge.name}",
        discharge.at,
        power_pw[:, None],
        shares,
        # corona of one polarity sounds once a cycle, everything else twice
        MAINS_HZ if discharge.kind == "corona" else 2.0 * MAINS_HZ,
        depth,
        discharge.pulses_per_s,
    )


def _noise_source(inputs: WorldInputs, noise: Noise) -> Source:
    levels = np.asarray(noise.power_level_db, dtype=np.float64)
    if levels.shape != (inputs.grid.n, len(ac.BANDS)) or np.any(np.isnan(levels)) or np.any(levels > 200.0):
        raise ConfigError(noise.name, levels.shape, "needs a level up to 200 dB for every tick and band")
    return Source(
        f"noise/{noise.name}",
        noise.at,
        ac.energy_of_db(levels),
        np.ones(len(ac.BANDS)),
        noise.modulation_hz,
        noise.modulation_depth if noise.modulation_hz > 0.0 else 0.0,
        None,
    )


class Hum:
    """Transformer on the pole: steady lines."""

    def __init__(self, inputs: WorldInputs) -> None:
        """Draw the unit; power of every line over the ticks."""
        site, n = inputs.site, inputs.grid.n
        self.at = site.place(TANK_AXIS_M, 0.0, site.transformer_height_m)
        voltage = np.ones(n)
        for change in inputs.line_changes():
            if change.voltage_factor is not None:
                voltage = voltage * change.voltage_factor[:, 0]  # the unit hangs on phase a
        quieter_db = inputs.rng("sound", "transformer").uniform(*QUIETER_THAN_GUARANTEED_DB)
        load, saturation = inputs.current_a / site.peak_current_a, np.ones(n)
        for tank in inputs.tanks():
            load = load if tank.load_factor is None else load * tank.load_factor
            saturation = saturation if tank.saturation is None else saturation * tank.saturation
        power_dba = ss.transformer_power_dba(DISTRIBUTION_MVA) - quieter_db
        # the core's stretch goes with the square of its flux, so its sound with the fourth power
        self.power_pw = ss.hum_power_pw(power_dba, load, saturation) * voltage[:, None] ** 4  # (time, line)
        self.phase_rad = inputs.rng("sound", "hum").uniform(0.0, 2.0 * np.pi, ss.HUM_LINES_HZ.size)
        self.band: npt.NDArray[np.intp] = ss.hum_bands()

    def line_energy(self, path: Path, at: Position) -> Array:
        """Energy of each line at a point, (time, line)."""
        return self.power_pw * path.energy_per_picowatt(self.at, at)[:, self.band]
