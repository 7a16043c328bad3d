"""Baseline "whole hour in NumPy": what a competent array programmer writes without kernels of their own.

Same world, same sensors, same list of imperfections as the product; NumPy and SciPy only, `default_rng`,
frames in float32 in blocks that stay in the cache, optics blurred into the coverage matrix once, plain
Parquet with zstd-1. The scalar sensors are the product's own stage lists and error budgets, whose compiled
loops are replaced by `scipy.signal.lfilter`, cumulative sums, array expressions and, where a recurrence has
no other form, loops (see `plain_kernels`).
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from baseline_world import Hour, camera_grade, repair_sources, shutter_states, simulate_world, write_plainly
from plain_kernels import plain_kernels

from envirosense.core.episode import EpisodeSpec
from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.instruments import thermal_slow_kernels as k
from envirosense.physics.light.radiation import band_radiance_slope, band_radiance_w_m2_sr
from envirosense.pole.picture.thermal_imperfections import REFERENCE_K, SHAPE

ROWS, COLUMNS = SHAPE

type Floats = npt.NDArray[np.float32]


def write_hour(spec: EpisodeSpec, folder: Path) -> None:
    """Write every stream of an episode."""
    hour = simulate_world(spec)
    for name, table in hour.streams.items():
        write_plainly(folder, name, table)
    with plain_kernels():
        columns = scalar_columns(hour)
    frames, states = record(hour, np.random.default_rng(spec.sensing_seed))
    columns["status"] |= {f"thermal_camera.{k}": v for k, v in camera_grade(hour, states).items()}
    for name, values in columns.items():
        single = {k: v.astype(np.float32) if v.dtype == np.float64 else v for k, v in values.items()}
        write_plainly(folder, name, pa.table({"tick": np.arange(hour.n)} | single))
    pixels = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(frames[0].nbytes), hour.n, [None, pa.py_buffer(frames)]
    )
    fpa_k = states["fpa_k"].astype(np.float32)
    flags = states["flags"].astype(np.uint8)
    thermal = {"tick": np.arange(hour.n), "frame": pixels, "fpa_k": fpa_k, "ffc_flags": flags}
    write_plainly(folder, "thermal", pa.table(thermal))


def scalar_columns(hour: Hour) -> dict[str, dict[str, npt.NDArray[np.generic]]]:
    """Columns (time,) of the scalar sensors, by stream and name: readings, and status with grades."""
    streams: dict[str, dict[str, npt.NDArray[np.generic]]] = {"status": {}}
    for name, sensor in hour.device.scalar_sensors.items():
        block = sensor.run(hour.state, hour.device.memories[name])
        columns = streams.setdefault(sensor.stream, {})
        for i, channel in enumerate(sensor.channels):
            columns[f"{name}.{channel.name}"] = block.reading[:, i].astype(channel.data_type)
        for grade in ("status", "quality", "confidence"):
            streams["status"][f"{name}.{grade}"] = getattr(block, grade)
    return streams


def record(
    hour: Hour, rng: np.random.Generator
) -> tuple[npt.NDArray[np.uint16], dict[str, npt.NDArray[np.float64]]]:
    """Codes (frame, pixel), and the shutter's states."""
    camera = BlockCamera(hour, rng)
    out = np.empty((hour.n, ROWS * COLUMNS), np.uint16)
    edges = np.flatnonzero(np.diff(camera.cells) | np.diff(camera.states["epoch"])) + 1
    for first, stop in zip([0, *edges], [*edges, hour.n], strict=True):
        camera.expose(first, stop, out)
    return out, camera.states


class BlockCamera:
    """Frames of an hour, in runs of ticks over which the slow pattern stands still."""

    def __init__(self, hour: Hour, rng: np.random.Generator) -> None:
        self.rng, self.unit, self.kernel = rng, hour.unit, hour.unit.kernel
        self.states = shutter_states(hour.unit, hour.housing_k)
        self.cells = (np.arange(hour.n) * hour.unit.dt_s // k.SLOW_GRID_S).astype(int)
        self.weights = np.ascontiguousarray(hour.state.view(hour.camera.camera)[0].weights.T)
        self.radiance = hour.radiance.astype(np.float32)
        self.sun, self.repairs = hour.sun, repair_sources(hour.unit)
        self.slope = np.float32(band_radiance_slope(REFERENCE_K))
        self._set_drives(hour)
        self._draw_blinking(hour.n)
        self._start_slow()

    def _set_drives(self, hour: Hour) -> None:
        settings, fpa_k = self.unit.settings, self.states["fpa_k"]
        bias_k = self.unit.bias_k + settings.bias_k_per_k * (fpa_k - ZERO_CELSIUS_K - 25.0)
        bias_k = bias_k + settings.bias_k_per_k_min * self.states["rate_k_min"]
        loss = np.clip(self.unit.window_loss + hour.window_loss, 0.0, 1.0)

        def column(values: npt.NDArray[np.float64]) -> Floats:
            return values.astype(np.float32)[:, None]

        self.bias = column(self.slope * bias_k)
        self.loss = column(loss)
        self.window_radiance = column(band_radiance_w_m2_sr(hour.housing_k))
        self.shutter_radiance = band_radiance_w_m2_sr(self.states["corrected_k"]).astype(np.float32)
        pattern = np.stack([fpa_k - self.states["corrected_k"], hour.housing_k - fpa_k], axis=1)
        self.pattern = pattern.astype(np.float32)  # drives of drift and narcissus

    def _draw_blinking(self, n: int) -> None:
        a, pixels = self.kernel.amplitudes, self.kernel.blink_pixels
        uniform = self.rng.random((n, pixels.size))
        rest, kept = float(a[k.BLINK_ON]), float(a[k.BLINK_KEPT])
        is_on = np.empty((n, pixels.size), np.float32)
        state = np.full(pixels.size, rest)
        for t in range(n):
            state = (uniform[t] < rest + (state - rest) * kept).astype(float)
            is_on[t] = state
        self.blinks = is_on * self.kernel.blink_jump

    def _start_slow(self) -> None:
        a, n = self.kernel.amplitudes, ROWS * COLUMNS
        cells = np.float32(self.unit.since_ffc_s / k.SLOW_GRID_S)
        self.walk = a[k.SIGMA_WALK] * np.sqrt(cells) * self.normals(n)
        self.residual = a[k.SIGMA_FFC] * self.normals(n)
        self.octaves = a[k.SIGMA_OCTAVE] * self.normals((len(k.OCTAVE_CELLS), n))
        self.column = a[k.SIGMA_COLUMN_SLOW] * self.normals(COLUMNS)
        self.burn = np.zeros(n, np.float32)

    def normals(self, shape: int | tuple[int, ...]) -> Floats:
        """Standard normals of single precision."""
        return self.rng.standard_normal(shape, dtype=np.float32)

    def _step_slow(self, tick: int) -> None:
        a, cell, before = self.kernel.amplitudes, self.cells[tick], self.cells[max(tick - 1, 0)]
        if cell > before:
            self.walk += a[k.SIGMA_WALK] * self.normals(self.walk.size)
            for j, every in enumerate(k.OCTAVE_CELLS):
                if cell // every > before // every:
                    kept = np.float32(np.exp(-k.OCTAVE_DECAY_PER_UPDATE))
                    kick = a[k.SIGMA_OCTAVE] * np.sqrt(1 - kept * kept)
                    self.octaves[j] = kept * self.octaves[j] + kick * self.normals(self.walk.size)
            kept = np.float32(np.exp(-k.COLUMN_DECAY_PER_CELL))
            kick = a[k.SIGMA_COLUMN_SLOW] * np.sqrt(1 - kept * kept)
            self.column = kept * self.column + kick * self.normals(COLUMNS)
            self.burn *= a[k.BURN_IN_KEPT]
            self._in_sun(self.burn, tick, a[k.BURN_IN])
        if self.states["epoch"][tick] > self.states["epoch"][max(tick - 1, 0)]:
            self.walk[:] = 0.0
            self.residual = a[k.SIGMA_FFC] * self.normals(self.walk.size)

    def _in_sun(self, image: npt.NDArray[np.generic], tick: int, value: object) -> None:
        row, column = self.sun[0][tick], self.sun[1][tick]
        if not np.isnan(row):
            y, x = np.ogrid[:ROWS, :COLUMNS]
            radius_px = self.kernel.amplitudes[k.SUN_RADIUS_PX]
            image.reshape(ROWS, COLUMNS)[(y - row) ** 2 + (x - column) ** 2 <= radius_px**2] = value

    def expose(self, first: int, stop: int, out: npt.NDArray[np.uint16]) -> None:
        """Fill the frames `first` to before `stop`."""
        self._step_slow(first)
        part, maps, a = slice(first, stop), self.kernel.maps, self.kernel.amplitudes
        x = self.radiance[part] @ self.weights
        x += np.minimum(self.loss[part] * maps[k.MAP_WINDOW], 1.0) * (self.window_radiance[part] - x)
        x *= maps[k.MAP_GAIN]
        pivot = (1 - maps[k.MAP_GAIN]) * self.shutter_radiance[first]
        x += pivot + maps[k.MAP_FIXED] + self.residual + self.walk + self.octaves.sum(axis=0) + self.burn
        x += self.pattern[part] @ maps[[k.MAP_DRIFT, k.MAP_NARCISSUS]]
        x[:, self.kernel.blink_pixels] += self.blinks[part]
        columns = (
            self.column + a[k.SIGMA_COLUMN_WHITE] * self.normals((stop - first, COLUMNS)) + self.bias[part]
        )
        rows = a[k.SIGMA_ROW_WHITE] * self.normals((stop - first, ROWS))
        x.reshape(-1, ROWS, COLUMNS)[:] += columns[:, None, :] + rows[:, :, None]
        noise = self.normals(x.shape)
        noise *= a[k.SIGMA_WHITE]
        x += noise
        out[part] = self._codes(x)
        for tick in range(first, stop):
            self._in_sun(out[tick], tick, self.kernel.last_code)
        out[part, self.kernel.stuck_pixels] = self.kernel.stuck_codes
        for pixel, near in self.repairs:
            out[part, pixel] = np.rint(out[part, near].mean(axis=1))
        for tick in range(first, stop):
            if self.states["is_frozen"][tick] and tick:
                out[tick] = out[tick - 1]

    def _codes(self, x: Floats) -> Floats:
        """Codes of 0.02 K, still as floats, by the product's polynomial in the fourth root."""
        np.clip(x, *self.kernel.limits, out=x)
        np.sqrt(x, out=x)
        np.sqrt(x, out=x)
        x -= self.kernel.centre_scale[0]
        x *= self.kernel.centre_scale[1]
        coefficients = self.kernel.coefficients
        kelvin = np.full_like(x, coefficients[-1])
        for coefficient in coefficients[-2::-1]:
            kelvin *= x
            kelvin += coefficient
        kelvin *= np.float32(50.0)
        kelvin += np.float32(0.5)
        return kelvin
