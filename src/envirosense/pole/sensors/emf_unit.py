"""How one magnetic sensor was built and mounted: what its three axes make of the field."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array, Phasors


@dataclass(frozen=True, slots=True)
class AxisTolerances:
    """One sigma of what differs between units: angles [rad], gains and cross-talk [1], corners [ln]."""

    tilt_rad: float
    azimuth_rad: float
    gain: float
    cross_axis: float
    corner: float

    def mixing(self) -> Array:
        """Share of another axis that an axis feels, one sigma, (axis, axis) [1]; 0 of itself."""
        level, upright = np.hypot(self.tilt_rad, self.azimuth_rad), self.tilt_rad
        turn = np.array([[0.0, level, upright], [level, 0.0, upright], [upright, upright, 0.0]])
        return np.where(turn > 0.0, np.hypot(turn, self.cross_axis), 0.0)

    def phase_rad(self, nominal: "Passband", frequency_hz: float) -> float:
        """How far the phase of an axis is off at a frequency, one sigma [rad]."""
        off = np.exp(self.corner)
        low = Passband(nominal.high_pass_hz * off, nominal.low_pass_hz)
        high = Passband(nominal.high_pass_hz, nominal.low_pass_hz * off)
        right = nominal.response(frequency_hz)
        return float(np.hypot(*(np.angle(one.response(frequency_hz) / right)[0, 0] for one in (low, high))))


@dataclass(frozen=True, slots=True)
class Passband:
    """Band pass of second order on either side; corners [Hz] are one number or one per axis."""

    high_pass_hz: float | Array
    low_pass_hz: float | Array

    def response(self, frequency_hz: npt.ArrayLike) -> Phasors:
        """Complex gain, (frequency, axis) or (frequency, 1); Butterworth."""
        f = np.atleast_1d(np.asarray(frequency_hz, dtype=np.float64))[:, None]
        low = 1j * f / np.atleast_1d(self.high_pass_hz)
        high = 1j * f / np.atleast_1d(self.low_pass_hz)
        root = np.sqrt(2.0)
        return np.asarray(low**2 / (1.0 + root * low + low**2) / (1.0 + root * high + high**2))


@dataclass(frozen=True, slots=True)
class EMFUnit:
    """One unit: `axes` (axis, 3) turns and scales a field into what it feels, through corners of its own."""

    axes: Array
    passband: Passband

    def response(self, nominal: Passband, frequency_hz: Array) -> Phasors:
        """What each axis passes, (frequency, axis); the device undoes the response of a nominal unit."""
        return np.asarray(self.passband.response(frequency_hz) / nominal.response(frequency_hz))


def draw_axes(
    facing: Array, nominal: Passband, sigma: AxisTolerances, unit_rng: np.random.Generator
) -> EMFUnit:
    """A unit that faces roughly `facing` (axis, 3): mounted askew, with gains and cross-talk of its own."""
    draws = unit_rng.standard_normal(19)
    askew = rotation(sigma.tilt_rad * draws[:3])
    turned = rotation(np.array([0.0, 0.0, sigma.azimuth_rad * draws[3]]))
    gain = 1.0 + sigma.gain * draws[4:7]
    cross = np.eye(3)
    cross[~np.eye(3, dtype=np.bool_)] = sigma.cross_axis * draws[7:13]
    corners = np.exp(sigma.corner * draws[13:])
    passband = Passband(nominal.high_pass_hz * corners[:3], nominal.low_pass_hz * corners[3:])
    return EMFUnit(gain[:, None] * cross @ askew @ facing @ turned, passband)


def rotation(vector_rad: Array) -> Array:
    """Rotation about a vector by its length, (3, 3): Rodrigues' formula."""
    angle = float(np.linalg.norm(vector_rad))
    if angle == 0.0:
        return np.eye(3)
    x, y, z = vector_rad / angle
    turn = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + np.sin(angle) * turn + (1.0 - np.cos(angle)) * turn @ turn)


def facing_axes(heading_deg: float) -> Array:
    """Axes right, ahead and up of a device that faces `heading_deg` clockwise from north, (axis, 3)."""
    sine, cosine = np.sin(np.radians(heading_deg)), np.cos(np.radians(heading_deg))
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
