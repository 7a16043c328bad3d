"""Rain in the beam of a particle counter."""

import math
from dataclasses import dataclass

import numpy as np

from envirosense.core.protocols import Array
from envirosense.instruments.conditions import Conditions
from envirosense.instruments.stages import Description, Draws, as_description
from envirosense.pole.sensors.counting_kernels import drop_water


@dataclass(frozen=True, slots=True, eq=False)
class Splash(Draws):
    """Droplets that splash into the inlet: Poisson in number, `per_mm` of them in each mm of rain.

    Each passes with a lognormal PM10 dose of mean `dose` [ug/m3 s] and adds `shape` (channel,) per ug/m3.
    """

    name: str
    per_mm: float
    dose: float
    spread_ln: float
    shape: Array
    mean_over_s: float  # of the counter, for the error budget

    def start(self, n_channels: int, unit_rng: np.random.Generator) -> None:
        """Nothing to remember."""

    def _per_s(self, rain_mm_h: Array) -> Array:
        return np.maximum(rain_mm_h, 0.0) * (self.per_mm / 3600.0)

    @property
    def _mean_square(self) -> float:
        return self.dose**2 * math.exp(self.spread_ln**2)

    def apply(
        self, x: Array, carry: None, conditions: Conditions, noise_rng: np.random.Generator
    ) -> tuple[Array, None]:
        """Signal with the droplets that came, (time, channel)."""
        noise = noise_rng.standard_normal((x.shape[0], 2))
        rain_mm_h = conditions.rain_mm_h
        if rain_mm_h is None or not rain_mm_h.any():
            return x, None
        law = np.empty((x.shape[0], 3))
        law[:, 0], law[:, 1], law[:, 2] = self._per_s(rain_mm_h), self.dose, self._mean_square
        shown_ug_m3 = drop_water(law, conditions.dt_s, noise) / conditions.dt_s
        return x + shown_ug_m3[:, None] * self.shape, None

    def spread(self, x: Array, carry: None, conditions: Conditions) -> float | Array:
        """Root of the mean square that droplets add to the counter's running mean."""
        rain_mm_h = conditions.rain_mm_h
        if rain_mm_h is None or not rain_mm_h.any():
            return 0.0
        per_s = self._per_s(rain_mm_h)
        mean_square = per_s * self._mean_square / self.mean_over_s + np.square(per_s * self.dose)
        return np.sqrt(mean_square)[:, None] * self.shape

    def describe(self, carry: None) -> Description:
        """How many, how large, how different."""
        return as_description({"per_mm": self.per_mm, "dose_ug_s_m3": self.dose, "spread_ln": self.spread_ln})
