"""Thermal camera of the per-sample baseline: one frame at a time in NumPy and SciPy, float64."""

from typing import Any

import numpy as np
import numpy.typing as npt
from baseline_world import Hour, repair_sources, shutter_flags

from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.instruments import shutter_kernels as shutter
from envirosense.instruments import thermal_slow_kernels as k
from envirosense.instruments.radiance_conversion import STEP_K
from envirosense.physics.light.radiation import band_radiance_slope, band_radiance_w_m2_sr, band_temperature_k
from envirosense.pole.picture.scene import coverage
from envirosense.pole.picture.thermal_imperfections import REFERENCE_K, SHAPE
from envirosense.pole.picture.view import build_scene

ROWS, COLUMNS = SHAPE

type Image = npt.NDArray[np.float64]

_SHARP: dict[tuple[Any, Any], Image] = {}  # kept per site, as the product keeps its own


class FrameCamera:
    """A camera with every imperfection of the product's, stepped frame by frame."""

    def __init__(self, hour: Hour, rng: np.random.Generator) -> None:
        unit = hour.unit
        self.hour, self.rng, self.unit, self.settings = hour, rng, unit, unit.settings
        self.weights, self.repairs = _sharp_coverage(hour), repair_sources(unit)
        maps, self.amplitudes = unit.kernel.maps.astype(float), unit.kernel.amplitudes.astype(float)
        self.gain, self.drift, self.narcissus, self.window, self.fixed, _ = (
            m.reshape(ROWS, COLUMNS) for m in maps
        )
        self.slope = float(band_radiance_slope(REFERENCE_K))
        self.fpa_k = float(hour.housing_k[0]) + float(unit.shutter[shutter.SELF_HEATING_K])
        low_k, high_k = unit.shutter[shutter.LOCK_LOW_K], unit.shutter[shutter.LOCK_HIGH_K]
        self.corrected_k = min(max(self.fpa_k, low_k), high_k)
        self.last_s, self.next_s = -unit.since_ffc_s, unit.settings.ffc_period_s - unit.since_ffc_s
        self.cell = 0
        self.blur_px = hour.camera.camera.blur_px
        self._start_slow()
        self.frame = np.zeros((ROWS, COLUMNS), np.uint16)

    def _start_slow(self) -> None:
        a, shape = self.amplitudes, (ROWS, COLUMNS)
        steps = self.unit.since_ffc_s / k.SLOW_GRID_S
        self.walk = a[k.SIGMA_WALK] * np.sqrt(steps) * self.rng.normal(size=shape)
        self.residual = a[k.SIGMA_FFC] * self.rng.normal(size=shape)
        self.octaves = [a[k.SIGMA_OCTAVE] * self.rng.normal(size=shape) for _ in k.OCTAVE_CELLS]
        self.column = a[k.SIGMA_COLUMN_SLOW] * self.rng.normal(size=COLUMNS)
        self.burn = np.zeros(shape)
        self.blink_on = np.full(self.unit.blinking.size, a[k.BLINK_ON])

    def sample(self, tick: int) -> dict[str, Any]:
        """Frame of codes and the state of the focal plane."""
        flags, rate_k_min = self._step_shutter(tick)
        self._step_slow(tick)
        self._blink()
        if not flags & shutter.FLAG_IN_PROGRESS:
            self.frame = self._expose(tick, rate_k_min)
        return {"frame": self.frame.ravel(), "fpa_k": self.fpa_k, "ffc_flags": flags}

    def _expose(self, tick: int, rate_k_min: float) -> npt.NDArray[np.uint16]:
        from scipy.ndimage import gaussian_filter

        a, unit, hour = self.amplitudes, self.unit, self.hour
        image = gaussian_filter(
            (self.weights @ hour.radiance[tick]).reshape(ROWS, COLUMNS), self.blur_px, mode="nearest"
        )
        loss = min(max(unit.window_loss + float(hour.window_loss[tick]), 0.0), 1.0)
        dirt = np.minimum(loss * self.window, 1.0)
        image += dirt * (float(band_radiance_w_m2_sr(hour.housing_k[tick])) - image)
        pivot = (1.0 - self.gain) * float(band_radiance_w_m2_sr(self.corrected_k))
        image = self.gain * image + pivot + self.fixed + self.residual + self.walk + self.burn
        for octave in self.octaves:
            image += octave
        image += self.drift * (self.fpa_k - self.corrected_k)
        image += self.narcissus * (float(hour.housing_k[tick]) - self.fpa_k)
        bias_k = unit.bias_k + self.settings.bias_k_per_k * (self.fpa_k - ZERO_CELSIUS_K - 25.0)
        image += self.slope * (bias_k + self.settings.bias_k_per_k_min * rate_k_min)
        image += self.column + a[k.SIGMA_COLUMN_WHITE] * self.rng.normal(size=COLUMNS)
        image += a[k.SIGMA_ROW_WHITE] * self.rng.normal(size=(ROWS, 1))
        image.ravel()[unit.blinking] += unit.kernel.blink_jump * self.blink_on
        image += self.rng.normal(0.0, a[k.SIGMA_WHITE], image.shape)
        codes = np.round(band_temperature_k(np.clip(image, *unit.kernel.limits)) / STEP_K).astype(np.uint16)
        if (disc := self._sun_disc(tick)) is not None:
            codes[disc] = unit.kernel.last_code
        codes.ravel()[unit.dead] = unit.kernel.stuck_codes
        for pixel, near in self.repairs:
            codes.ravel()[pixel] = round(codes.ravel()[near].mean())
        return codes

    def _step_shutter(self, tick: int) -> tuple[int, float]:
        tau_s, self_k, period_s, step_k, freeze_s, warning_s, low_k, high_k = self.unit.shutter.tolist()
        t = tick * self.unit.dt_s
        target_k = float(self.hour.housing_k[tick]) + self_k
        self.fpa_k += -np.expm1(-self.unit.dt_s / tau_s) * (target_k - self.fpa_k)
        is_locked = self.fpa_k < low_k or self.fpa_k > high_k
        if is_locked:
            self.next_s = max(self.next_s, t + warning_s)
        elif self.next_s <= t:
            self.last_s = self.next_s + (t - self.next_s) // period_s * period_s
            self.next_s, self.corrected_k = self.last_s + period_s, self.fpa_k
            self.walk[:] = 0.0
            self.residual = self.amplitudes[k.SIGMA_FFC] * self.rng.normal(size=(ROWS, COLUMNS))
        elif abs(self.fpa_k - self.corrected_k) >= step_k:
            self.next_s = min(self.next_s, t + warning_s)
        flags = shutter_flags(is_locked, self.next_s - t <= warning_s, t - self.last_s < freeze_s)
        return flags, 60.0 * (target_k - self.fpa_k) / tau_s

    def _step_slow(self, tick: int) -> None:
        cell, before, a = int(tick * self.unit.dt_s // k.SLOW_GRID_S), self.cell, self.amplitudes
        if cell == before:
            return
        self.cell = cell
        self.walk += a[k.SIGMA_WALK] * self.rng.normal(size=self.walk.shape)
        for j, every in enumerate(k.OCTAVE_CELLS):
            if cell // every > before // every:
                kept = np.exp(-k.OCTAVE_DECAY_PER_UPDATE)
                kick = a[k.SIGMA_OCTAVE] * np.sqrt(1.0 - kept * kept)
                self.octaves[j] = kept * self.octaves[j] + kick * self.rng.normal(size=self.walk.shape)
        kept = np.exp(-k.COLUMN_DECAY_PER_CELL)
        kick = a[k.SIGMA_COLUMN_SLOW] * np.sqrt(1.0 - kept * kept)
        self.column = kept * self.column + kick * self.rng.normal(size=COLUMNS)
        self.burn *= a[k.BURN_IN_KEPT]
        if (disc := self._sun_disc(tick)) is not None:
            self.burn[disc] = a[k.BURN_IN]

    def _sun_disc(self, tick: int) -> npt.NDArray[np.bool_] | None:
        row, column = self.hour.sun[0][tick], self.hour.sun[1][tick]
        if np.isnan(row):
            return None
        y, x = np.ogrid[:ROWS, :COLUMNS]
        return (y - row) ** 2 + (x - column) ** 2 <= self.amplitudes[k.SUN_RADIUS_PX] ** 2

    def _blink(self) -> None:
        rest, kept = self.amplitudes[k.BLINK_ON], self.amplitudes[k.BLINK_KEPT]
        chance = rest + (self.blink_on - rest) * kept
        self.blink_on = (self.rng.random(chance.size) < chance).astype(float)


def _sharp_coverage(hour: Hour) -> Image:
    """Share of each body and point of the sky in each pixel before the optics blur it; kept per site.

    Columns are those of the radiances: without the blur a few points of the sky are not needed.
    """
    site, camera = hour.state.world.site, hour.camera.camera
    if (site, camera) not in _SHARP:
        sharp = coverage(build_scene(site), camera, blur_px=0.0)
        names = hour.state.view(camera)[0].components
        weights = np.zeros((ROWS * COLUMNS, len(names)))
        weights[:, [names.index(name) for name in sharp.components]] = sharp.weights
        _SHARP[site, camera] = weights
    return _SHARP[site, camera]
