"""How the pole moves: vibration at any height, natural frequencies, and its lean.

Energies of bands come from closed forms and follow gamma laws, one draw per tick, band and axis for the
whole pole. Waveforms are made only in the windows that ask for them, from the same densities; their noise is
drawn in pieces aligned to the episode, so windows that overlap agree.
"""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Array
from envirosense.physics.air.airflow import ou_path
from envirosense.physics.air.turbulence import join_pieces
from envirosense.physics.motion.beam import shifted_hz, wood_modulus_factor
from envirosense.physics.motion.vibration import (
    N_BANDS,
    VIBRATION_BANDS_HZ,
    energy_shape,
    noise_shape,
    noise_waveform,
    summed_shape,
    unit_energy,
)
from envirosense.physics.motion.vibration_kernels import low_pass
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.fields.memory import kept
from envirosense.pole.fields.motion_blows import RING_LIMIT, PoleBlow, pole_blows
from envirosense.pole.fields.motion_drive import Drive, PlaneDrive, make_drive
from envirosense.pole.fields.motion_hum import Hum, make_hum
from envirosense.pole.fields.motion_lean import wind_lean_rad
from envirosense.pole.fields.structure import PoleStructure, pole_structure

WOOD_MEMORY_S = 6000.0  # outer 3 cm of the pole, which hold most of its stiffness: d^2 / diffusivity, assumed
GUST_MEMORY_S = 10.0  # of a swinging pole: it answers to the gusts of the last ten seconds, assumed
PIECE_S, FADE_S = 32.0, 4.0  # of a waveform's noise, and the joint between two pieces
MAX_RATE_HZ = 50_000.0  # bounds memory: 1.8 million samples a piece


class PoleMotion:
    """Motion of one pole over an episode."""

    def __init__(self, inputs: WorldInputs) -> None:
        """Settle the pole's condition over the ticks; draws are made when first asked for."""
        self._inputs = inputs
        self.structure: PoleStructure = pole_structure(inputs.site)
        self._acceleration: dict[float, Array] = {}

    def natural_hz(self) -> Array:
        """Natural frequencies, (time, mode, 2) [Hz], along and across the line."""
        return self._natural_hz

    def acceleration_m_s2(self, height_m: float) -> Array:
        """Rms acceleration, (time, band, axis) [m/s2]: VIBRATION_BANDS_HZ; along and across the line, up.

        Raises:
            ConfigError: for a height that is not on the pole.
        """
        self._require_height(height_m)
        return kept(self._acceleration, height_m, lambda: self._shaken_m_s2(height_m), most=8)

    def _shaken_m_s2(self, height_m: float) -> Array:
        drive = self._drive
        power = self._at_ticks(drive.gust_ms(height_m))  # in place from here: the arrays are large
        power *= self._gust_gain[:, None, None]
        power += self._at_ticks(drive.wire_ms(height_m))
        power *= self._gamma
        power[:, 3:] += self._hum.power(height_m)
        self._add_blows(power, height_m)
        return np.sqrt(power, out=power)

    def tilt_rad(self) -> Array:
        """Lean at the device, (time, 2) [rad], east and north: wind, what causes impose, what blows leave."""
        return self._tilt_rad

    def motion_waveform(self, height_m: float, start_s: float, duration_s: float, rate_hz: float) -> Array:
        """Acceleration in a window, (sample, axis) [m/s2], without gravity; starts at the nearest sample.

        Its noise has the density behind `acceleration_m_s2` but draws of its own.

        Raises:
            ConfigError: for a window outside the episode, a rate that is not usable, a height off the pole.
        """
        self._require_height(height_m)
        grid = self._inputs.grid
        if not (start_s >= 0.0 and duration_s > 0.0 and start_s + duration_s <= grid.duration_s):
            raise ConfigError(
                "start_s", (start_s, duration_s), f"choose a window in 0 to {grid.duration_s} s"
            )
        if not 1.0 <= rate_hz <= MAX_RATE_HZ:
            raise ConfigError("rate_hz", rate_hz, f"choose 1 to {MAX_RATE_HZ:.0f} Hz")
        first, n = round(start_s * rate_hz), max(round(duration_s * rate_hz), 1)
        t_s = (first + np.arange(n)) / rate_hz
        out = self._noise(first, n, rate_hz, height_m) + self._hum.waveform_m_s2(t_s, height_m)
        for blow in self._blows:
            out += blow.waveform_m_s2(t_s, height_m)
        return out

    def _require_height(self, height_m: float) -> None:
        if not 0.0 <= height_m <= self._inputs.site.pole_height_m:
            raise ConfigError(
                "height_m", height_m, f"must lie on the pole, 0 to {self._inputs.site.pole_height_m}"
            )

    @cached_property
    def _condition(self) -> tuple[Array, Array, Array, Array]:
        """Stiffness factor, tension factor, ice [kg/m] and imposed lean east and north (time, 2) [rad].

        A pole keeps a thousandth of its stiffness at least: without any it has no frequencies.
        """
        n = self._inputs.grid.n
        stiffness, tension, ice, lean = np.ones(n), np.ones(n), np.zeros(n), np.zeros((n, 2))
        for cause in self._inputs.structures():
            stiffness *= 1.0 if cause.stiffness_factor is None else cause.stiffness_factor
            tension *= 1.0 if cause.tension_factor is None else cause.tension_factor
            ice += 0.0 if cause.ice_kg_m is None else cause.ice_kg_m
            lean[:, 0] += 0.0 if cause.tilt_east_rad is None else cause.tilt_east_rad
            lean[:, 1] += 0.0 if cause.tilt_north_rad is None else cause.tilt_north_rad
        return np.maximum(stiffness, 1e-3), np.maximum(tension, 0.0), np.maximum(ice, 0.0), lean

    @cached_property
    def _natural_hz(self) -> Array:
        stiffness, tension, _, _ = self._condition
        air_k = self._inputs.atmosphere.weather.air_k
        wood_k = low_pass(air_k, self._inputs.grid.dt_s, WOOD_MEMORY_S, float(air_k[0]))
        wood = stiffness * wood_modulus_factor(wood_k, self.structure.moisture)
        holds = (self.structure.wire_stiffness_factor(tension), tension)
        planes = zip((self.structure.along, self.structure.across), holds, strict=True)
        return np.stack([shifted_hz(p.modes.hz, p.wire_share, wood, hold) for p, hold in planes], axis=2)

    @cached_property
    def _drive(self) -> Drive:
        _, tension, ice, _ = self._condition
        return make_drive(self._inputs, self.structure, self._natural_hz, tension, ice)

    @cached_property
    def _top_wind_m_s(self) -> Array:
        """Wind at the pole's top, (time, 2), east and north."""
        return self._inputs.atmosphere.wind_vector_m_s(self._inputs.site.pole_height_m)[:, :2]

    @cached_property
    def _gust_gain(self) -> Array:
        """Mean square of the response at a tick over that of the mean wind, (time,)."""
        mean = self._at_ticks(self._drive.wind_m_s[:, None])[:, 0]
        speed = np.hypot(self._top_wind_m_s[:, 0], self._top_wind_m_s[:, 1])
        felt = low_pass(speed, self._inputs.grid.dt_s, GUST_MEMORY_S, float(mean[0]))
        return np.asarray((felt / mean) ** 2)

    def _at_ticks(self, knots: Array) -> Array:
        """Values at the knots read linearly at the ticks, (time, ...), a knot late: means know no future."""
        if knots.shape[0] == 1:
            return np.repeat(knots, self._inputs.grid.n, axis=0)
        if knots.shape[0] == self._inputs.grid.n:
            return knots.copy()
        knots = np.concatenate([knots[:1], knots[:-1]])
        left, share = self._between_knots
        out = np.diff(knots, axis=0)[left]
        out *= share.reshape((-1,) + (1,) * (knots.ndim - 1))
        out += knots[left]
        return out

    @cached_property
    def _between_knots(self) -> tuple[npt.NDArray[np.int64], Array]:
        """Knot before each tick, and how far on the tick lies toward the next, (time,) each."""
        ticks, at = np.arange(self._inputs.grid.n), self._drive.ticks
        left = np.minimum(np.searchsorted(at, ticks, side="right") - 1, at.size - 2)
        return left, (ticks - at[left]) / (at[left + 1] - at[left])

    @cached_property
    def _gamma(self) -> Array:
        """Energy of a band in a tick over its mean, (time, band, axis) [1]."""
        grid = self._inputs.grid
        out = np.empty((grid.n, N_BANDS, 3))
        laws = [_energy_laws(plane, grid.dt_s) for plane in self._drive.planes]
        for axis in range(3):
            normals = self._inputs.rng("motion", "energy", axis).standard_normal((grid.n + 1, N_BANDS))
            for band, (shape, memory_s) in enumerate(laws[min(axis, 1)]):
                path = ou_path(normals[1:, band], grid.dt_s, memory_s, float(normals[0, band]))
                out[:, band, axis] = unit_energy(path, shape)
        return out

    @cached_property
    def _hum(self) -> Hum:
        return make_hum(self._inputs, self.structure)

    @cached_property
    def _blows(self) -> list[PoleBlow]:
        return pole_blows(self._inputs, self.structure, self._natural_hz)

    def _add_blows(self, power: Array, height_m: float) -> None:
        grid, t_s = self._inputs.grid, self._inputs.grid.t_s
        for blow in self._blows:
            slowest = min(float((b.damping * b.omega).min()) for b in blow.planes)
            first = max(int(blow.impact.at_s / grid.dt_s), 0)
            stop = min(int((blow.impact.at_s + RING_LIMIT / slowest) / grid.dt_s) + 2, grid.n)
            if first < stop:
                power[first:stop] += blow.energy_ms(t_s[first:stop], grid.dt_s, height_m)

    @cached_property
    def _tilt_rad(self) -> Array:
        """Lean of the causes, of the blows so far, and of the wind."""
        east, north = self._inputs.site.along_line
        lean = wind_lean_rad(
            self._inputs, self.structure, self._natural_hz, self._top_wind_m_s, self._condition[2]
        )
        for blow in self._blows:
            along, across = blow.tilt_rad()
            since = self._inputs.grid.t_s >= blow.impact.at_s
            lean += since[:, None] * np.array([along, across])
        turned = np.stack(
            [lean[:, 0] * east + lean[:, 1] * north, lean[:, 0] * north - lean[:, 1] * east], axis=1
        )
        return np.asarray(turned + self._condition[3])

    def _noise(self, first: int, n: int, rate_hz: float, height_m: float) -> Array:
        """Noise of samples `first` to `first + n`, (sample, axis): the tick's gusts scale their part."""
        per_piece, fade = round(PIECE_S * rate_hz), round(FADE_S * rate_hz)
        numbers = range(first // per_piece, (first + n - 1) // per_piece + 1)
        pieces = [
            self._noise_piece(k, per_piece + fade, rate_hz, height_m) for k in (numbers[0] - 1, *numbers)
        ]
        begin = first - numbers[0] * per_piece
        gusts, wires = np.moveaxis(join_pieces(pieces, fade)[begin : begin + n], 1, 0)
        t_s = (first + np.arange(n)) / rate_hz
        gain = np.interp(t_s, self._inputs.grid.t_s, self._gust_gain)
        return np.asarray(np.sqrt(gain)[:, None] * gusts + wires)

    def _noise_piece(self, number: int, n: int, rate_hz: float, height_m: float) -> Array:
        """Noise from the mean wind and from wires, (sample, 2, axis)."""
        middle = (number + 0.5) * PIECE_S / self._inputs.grid.dt_s
        knot = int(np.argmin(np.abs(self._drive.ticks - middle)))
        densities = self._drive.densities(knot, np.fft.rfftfreq(n, 1.0 / rate_hz), height_m)
        rng = self._inputs.rng("motion", "waveform", number, repr(float(rate_hz)))
        rows = [[noise_waveform(row, rate_hz, n, rng) for row in density] for density in densities]
        return np.moveaxis(np.array(rows), 2, 0)


def _energy_laws(drive: PlaneDrive, dt_s: float) -> list[tuple[float, float]]:
    """Gamma shape of each band's energy in a tick, and how long it remembers [s].

    Modes in the band swing each on its own, weighted as at the top; the others give it wide noise. The laws
    are those of the episode's start, before causes act.
    """
    hz, damping = drive.natural_hz[0], drive.damping[0]
    power = drive.modal_ms[0] * drive.plane.modes.shape[:, -1:] ** 2
    swinging = [energy_shape(float(f), float(zeta), dt_s) for f, zeta in zip(hz, damping, strict=True)]
    laws = []
    for band, (low, high) in enumerate(VIBRATION_BANDS_HZ):
        inside = (hz >= low) & (hz < high)
        shapes = np.where(inside, swinging, noise_shape(high - low, dt_s))
        memory_s = 1.0 / (high - low)
        if np.any(inside):
            strongest = int(np.argmax(power[:, band] * inside))
            memory_s = 1.0 / (4.0 * np.pi * float(damping[strongest] * hz[strongest]))
        # steps of 2^(1/4), so that tables of the gamma law are shared
        laws.append((2.0 ** (round(4.0 * np.log2(summed_shape(power[:, band], shapes))) / 4.0), memory_s))
    return laws
