"""Conductors as strings: aeolian vibration, galloping, and what they do to the pole that holds them."""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.core.units import GRAVITY_M_S2

type Array = npt.NDArray[np.float64]
type Values = float | Array

STROUHAL: Final = 0.185  # vortex shedding of stranded conductors; 0.2 for smooth cylinders (from memory)
LOCK_IN_M_S: Final = (1.0, 7.0)  # winds that excite conductors (from memory)
AEOLIAN_DIAMETERS: Final = 0.3  # largest amplitude over the diameter, assumed; at most one
AEOLIAN_SPEED_M_S: Final = 0.1  # largest speed of the loops, assumed; strain limits allow a little more
LAMINAR_INTENSITY: Final = 0.1  # turbulence intensity at which lock-in is half lost, assumed
GALLOP_M_S: Final = (7.0, 15.0)  # winds that make iced conductors gallop (from memory)
GALLOP_SAG: Final = 0.5  # largest amplitude over the sag, assumed within 0.1 to 1
GALLOP_ICE_KG_M: Final = 0.3  # ice that galloping needs, half of it for half the amplitude, assumed
_EDGE: Final = 0.15  # relative width over which a range of winds fades, assumed


def strouhal_hz(wind_m_s: Values, diameter_m: Values, strouhal: float = STROUHAL) -> Array:
    """Frequency at which a cylinder sheds vortices, broadcast shape [Hz]: St V / d."""
    return np.asarray(strouhal * np.asarray(wind_m_s, dtype=np.float64) / diameter_m)


def span_hz(order: Values, span_m: Values, tension_n: Values, mass_kg_m: Values) -> Array:
    """Frequency of a span's mode, broadcast shape [Hz]: n / (2 L) sqrt(T / m)."""
    return np.asarray(
        np.asarray(order) / (2.0 * np.asarray(span_m)) * np.sqrt(tension_n / np.asarray(mass_kg_m))
    )


def sag_m(span_m: Values, tension_n: Values, mass_kg_m: Values) -> Array:
    """Sag of a level span, broadcast shape [m]: parabola m g L^2 / (8 T)."""
    return np.asarray(
        np.asarray(mass_kg_m) * GRAVITY_M_S2 * np.asarray(span_m) ** 2 / (8.0 * np.asarray(tension_n))
    )


def span_stiffness_n_m(span_m: Values, tension_n: Values, mass_kg_m: Values, axial_n: Values) -> Array:
    """Stiffness of a sagging span against a pull at one end, broadcast shape [N/m].

    Stretch and sag in series: 1/k = L / EA + (m g)^2 L^3 / (12 T^3) [Irvine1981] (from memory).
    """
    weight_n_m = np.asarray(mass_kg_m) * GRAVITY_M_S2
    cube_n3 = np.maximum(tension_n, 1.0) ** 3
    return np.asarray(
        1.0 / (np.asarray(span_m) / axial_n + weight_n_m**2 * np.asarray(span_m) ** 3 / (12.0 * cube_n3))
    )


def aeolian_amplitude_m(wind_across_m_s: Values, diameter_m: float, turbulence_intensity: Values) -> Array:
    """Amplitude of the loops of a conductor locked to its vortices, broadcast shape [m].

    At most 0.3 diameters and 0.1 m/s, between 1 and 7 m/s across the line, and only in smooth wind.
    """
    omega = 2.0 * np.pi * np.maximum(strouhal_hz(wind_across_m_s, diameter_m), 1e-3)
    limit_m = np.minimum(AEOLIAN_DIAMETERS * diameter_m, AEOLIAN_SPEED_M_S / omega)
    smooth = 1.0 / (1.0 + (np.asarray(turbulence_intensity) / LAMINAR_INTENSITY) ** 4)
    return np.asarray(limit_m * smooth * _within(wind_across_m_s, LOCK_IN_M_S))


def galloping_amplitude_m(wind_across_m_s: Values, ice_kg_m: Values, sag: Values) -> Array:
    """Amplitude of a galloping span, broadcast shape [m]: needs ice and a wind of 7 to 15 m/s."""
    iced = np.asarray(ice_kg_m, dtype=np.float64) ** 2 / (np.square(ice_kg_m) + (GALLOP_ICE_KG_M / 2.0) ** 2)
    return np.asarray(GALLOP_SAG * np.asarray(sag) * iced * _within(wind_across_m_s, GALLOP_M_S))


def _within(wind_m_s: Values, limits_m_s: tuple[float, float]) -> Array:
    """1 inside a range of winds, 0 outside, with edges that fade."""
    wind = np.asarray(wind_m_s, dtype=np.float64)
    rise, fall = ((wind / limit - 1.0) / _EDGE + 0.5 for limit in limits_m_s)
    return np.asarray(np.clip(rise, 0.0, 1.0) * (1.0 - np.clip(fall, 0.0, 1.0)))


def loop_force_n(frequency_hz: Values, amplitude_m: Values, tension_n: Values, mass_kg_m: Values) -> Array:
    """Peak force of one side's loops on the clamp, broadcast shape [N]: w A sqrt(T m)."""
    omega = 2.0 * np.pi * np.asarray(frequency_hz)
    return np.asarray(
        omega * np.asarray(amplitude_m) * np.sqrt(np.asarray(tension_n) * np.asarray(mass_kg_m))
    )


def gallop_force_n(frequency_hz: Values, amplitude_m: Values, span_m: float, mass_kg_m: Values) -> Array:
    """Peak force on the pole of two spans that swing in one loop each [N]: 2 m L w^2 A / pi."""
    omega = 2.0 * np.pi * np.asarray(frequency_hz)
    return np.asarray(2.0 / np.pi * np.asarray(mass_kg_m) * span_m * omega**2 * np.asarray(amplitude_m))
