"""The transformer's hum on the pole: lines at multiples of twice the mains frequency."""

from dataclasses import dataclass

import numpy as np

from envirosense.core.protocols import Array
from envirosense.physics.motion.vibration import HUM_HZ, HUM_REACH_M, hum_lines
from envirosense.pole.fields.inputs import WorldInputs
from envirosense.pole.fields.structure import TANK_CENTRE_M, PoleStructure

HUM_AXES = np.array([0.5, 0.7, 0.5])  # of the hum's amplitude, along, across, up, assumed


@dataclass(frozen=True, slots=True)
class Hum:
    """Rms of the lines at the bracket, (time, line) [m/s2]; zero without a transformer."""

    rms_m_s2: Array
    bracket_m: float
    dt_s: float

    def power(self, height_m: float) -> Array:
        """Mean square acceleration in the last two bands, (time, 2, axis) [m2/s4]."""
        squares = (self._fade(height_m) * self.rms_m_s2) ** 2
        bands = np.stack([squares[:, 0], squares[:, 1:].sum(axis=1)], axis=1)
        return np.asarray(bands[:, :, None] * HUM_AXES**2)

    def waveform_m_s2(self, t_s: Array, height_m: float) -> Array:
        """Acceleration at times, (sample, axis) [m/s2]; the mains are taken at 60 Hz."""
        tick = np.minimum((t_s / self.dt_s).astype(np.int64), self.rms_m_s2.shape[0] - 1)
        sway = np.zeros(t_s.size)
        for line in range(self.rms_m_s2.shape[1]):
            order = line + 1
            turns = 2.0 * np.pi * HUM_HZ * order * t_s + order**2  # each line has a phase of its own
            sway += self.rms_m_s2[tick, line] * np.cos(turns)
        return np.asarray(np.sqrt(2.0) * self._fade(height_m) * sway[:, None] * HUM_AXES)

    def _fade(self, height_m: float) -> float:
        return float(np.exp(-abs(height_m - self.bracket_m) / HUM_REACH_M))


def make_hum(inputs: WorldInputs, structure: PoleStructure) -> Hum:
    """Hum of an episode: it follows the voltage, a little the load, and the core's saturation."""
    n = inputs.grid.n
    voltage, saturation = np.ones(n), np.ones(n)
    load = inputs.current_a / inputs.site.peak_current_a
    for change in inputs.line_changes():
        voltage = voltage if change.voltage_factor is None else voltage * change.voltage_factor.mean(axis=1)
    for tank in inputs.tanks():
        saturation = saturation if tank.saturation is None else saturation * tank.saturation
        load = load if tank.load_factor is None else load * tank.load_factor
    lines = hum_lines(voltage, load, saturation) * inputs.site.has_transformer
    return Hum(structure.hum_m_s2 * lines, inputs.site.transformer_height_m + TANK_CENTRE_M, inputs.grid.dt_s)
