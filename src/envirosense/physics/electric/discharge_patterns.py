"""Catalogue of phase-resolved pulse patterns by kind of discharge.

Phase 0 is the voltage's rising zero. In each half cycle of a pattern the number of pulses is Poisson, their
phases are truncated normal and their charges Weibull.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pattern:
    """Pulses of one kind of source; arrays are (half,), the positive half cycle first.

    `rate` is the mean number of pulses per half cycle at inception and `onset` the voltage over inception
    at which that half begins to discharge.
    """

    phase_deg: Floats
    spread_deg: Floats
    low_deg: Floats
    high_deg: Floats
    rate: Floats
    onset: Floats
    charge_c: Floats  # mean of a pulse
    shape: Floats  # Weibull; large where every pulse is alike


def _pattern(
    phase_deg: tuple[float, float],
    spread_deg: float,
    window_deg: tuple[float, float, float, float],
    rate: tuple[float, float],
    charge_c: tuple[float, float],
    shape: float,
    onset: tuple[float, float] = (1.0, 1.0),
) -> Pattern:
    low = np.array([window_deg[0], window_deg[2]])
    high = np.array([window_deg[1], window_deg[3]])
    both = np.ones(2)
    return Pattern(
        np.array(phase_deg), spread_deg * both, low, high, np.array(rate), np.array(onset),
        np.array(charge_c), shape * both,
    )  # fmt: skip


# Windows and charge ranges are those of phase-resolved pattern catalogues (from memory); single values inside
# them, spreads and Weibull shapes are assumed.
PATTERNS: Final[Mapping[str, Pattern]] = MappingProxyType(
    {
        # void in solid insulation: symmetric, begins before the zero; 10 pC to 10 nC, 2 to 50 a cycle
        "internal": _pattern(
            (40.0, 220.0), 25.0, (-15.0, 90.0, 165.0, 270.0), (5.0, 5.0), (3e-10, 3e-10), 2.0
        ),
        # sharp point: even Trichel pulses at the negative crest, positive streamers later and much larger
        "corona": _pattern(
            (90.0, 270.0), 10.0, (60.0, 120.0, 250.0, 290.0), (0.5, 8.0), (5e-9, 1e-10), 8.0, (1.3, 1.0)
        ),
        # dirty wet surface: asymmetric, 0.1 to 100 nC, 1 to 20 a cycle
        "surface": _pattern((45.0, 225.0), 20.0, (10.0, 80.0, 190.0, 260.0), (3.0, 5.0), (8e-9, 4e-9), 2.0),
        # floating metal: alike pulses of both signs, 2 to 6 a cycle
        "floating": _pattern((45.0, 225.0), 15.0, (15.0, 75.0, 195.0, 255.0), (2.0, 2.0), (2e-9, 2e-9), 20.0),
        # loose fitting: sparks near the crests, 1 to 100 nC
        "gap": _pattern((85.0, 265.0), 12.0, (60.0, 110.0, 240.0, 290.0), (2.0, 2.0), (2e-8, 2e-8), 1.5),
        # series arc: re-ignition just after each zero of the current
        "arc": _pattern((15.0, 195.0), 10.0, (0.0, 60.0, 180.0, 240.0), (1.0, 1.0), (1e-7, 1e-7), 1.0),
    }
)


def pattern(kind: str) -> Pattern:
    """Pulse pattern of a kind of source.

    Raises:
        ValueError: if the kind is not one of `PATTERNS`.
    """
    if kind not in PATTERNS:
        raise ValueError(f"kind must be one of {', '.join(PATTERNS)}, not {kind!r}")
    return PATTERNS[kind]
