"""Parameters that the device computes from others, as far as its documents say how."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from envirosense.core.units import ZERO_CELSIUS_K
from envirosense.physics.air.humidity import dew_point_k

_VIBRATION: Final = tuple(f"X_VIBRATION_SENSOR_RMS_{axis}_MG" for axis in "XYZ")


@dataclass(frozen=True, slots=True)
class Derived:
    """One derived parameter: what it is made of, and how; None where the values allow none."""

    parameter_id: str
    unit: str
    sources: tuple[str, ...]
    law: Callable[..., float | None]

    def value(self, known: Mapping[str, float]) -> float | None:
        """Value from those of the sources, to four decimals; None while one of them is missing."""
        if not known.keys() >= set(self.sources):
            return None
        value = self.law(*(known[source] for source in self.sources))
        return None if value is None else round(value, 4)


def _dew_point_c(air_c: float, humidity_pct: float) -> float | None:
    if humidity_pct <= 0.0:
        return None
    return float(dew_point_k(air_c + ZERO_CELSIUS_K, 0.01 * humidity_pct)) - ZERO_CELSIUS_K


def _ratio(above: float, below: float) -> float | None:
    return above / below if below > 0.0 else None


def _amplitude_g(*axes_mg: float) -> float:
    return 1e-3 * math.hypot(*axes_mg)


DERIVED: Final = (
    Derived("INFRA_VIB_AMP", "g", _VIBRATION, _amplitude_g),  # rms over all axes
    Derived("DERIVED_DEW_POINT", "degC", ("ENV_TEMP", "ENV_HUM"), _dew_point_c),
    Derived("DERIVED_VOC_RATIO", "1", ("CHEM_VOC_CH1", "CHEM_VOC_CH2"), _ratio),
)
