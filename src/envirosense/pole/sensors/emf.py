"""Three-axis magnetic sensor at mains frequency, with radio bands, mains frequency and an electric plate.

It reports field strengths in uT, which stages and noise act on; what is made of them (shares of the
fundamental, the mains frequency) fades out where there is no fundamental. Harmonic phasors are felt through
this unit's own mounting, gains and corners; a device cannot know how it hangs askew, only how far devices
do, and that is in its error budget. The radio bands are means over a tick: the world does not tell how their
energy falls within a period of the mains.
"""

import math
from functools import cached_property
from typing import Any, ClassVar, Final, Literal, Protocol

import numpy as np
import numpy.typing as npt

from envirosense.core.protocols import Array, ElectricField, Phasors
from envirosense.instruments import stages as st
from envirosense.instruments.base import BaseSensor
from envirosense.instruments.channels import Channel
from envirosense.instruments.conditions import Conditions, SensorWorld
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.instruments.status import Status
from envirosense.pole.sensors import emf_features as ft
from envirosense.pole.sensors import emf_noise as ns
from envirosense.pole.sensors import emf_stages as em
from envirosense.pole.sensors.emf_kernels import fill_features
from envirosense.pole.sensors.emf_unit import AxisTolerances, EMFUnit, Passband, draw_axes, facing_axes

_UT_PER_T: Final = 1e6
_NT_PER_T: Final = 1e9
_WORTH_A_SHARE_UT: Final = 1.0  # field at which sigmas of shares and of the frequency are stated: assumed
# elements that warm and age as one: coils or magnetoresistors, radio antenna, plate, clock
_ELEMENT: Final = tuple(
    1 if ft.HF.start <= c < ft.HF.stop else {ft.ELECTRIC: 2, ft.MAINS: 3, ft.DISTORTION: 4}.get(c, 0)
    for c in range(ft.N_FEATURES)
)


class ElectricWorld(SensorWorld, ElectricField, Protocol):
    """A world with fields of a line."""

    def mains_hz(self) -> Array:
        """Frequency of the mains, (time,) [Hz]."""
        ...


class EMFConfig(SensorConfig):
    """Where the device faces, clockwise from north, and the mains it is made for."""

    heading_deg: float = 0.0
    nominal_hz: Literal[50, 60] = 60


class EMFSensor(BaseSensor[EMFConfig, ElectricWorld]):
    """Field by axis and harmonic, radio bands, mains frequency and electric field, (time, channel)."""

    sensor_type: ClassVar[str] = "emf_sensor"
    config_type: ClassVar[type[SensorConfig]] = EMFConfig
    part_kind: ClassVar[str] = "emf_sensor"
    stream: ClassVar[str] = "emf"

    @cached_property
    def channels(self) -> tuple[Channel, ...]:
        """The features, with the noise of a reading in a strong field."""
        steps = self._per_channel("range.resolution").tolist()
        sigmas = self._noise_sigma().tolist()
        return tuple(
            Channel(name, unit, description, step, sigma)
            for (name, unit, description), step, sigma in zip(ft.FEATURES, steps, sigmas, strict=True)
        )

    def _per_channel(self, name: str) -> Array:
        return self.values.numbers(name, "reading", ft.N_FEATURES)

    def _noise_sigma(self) -> Array:
        sigma = np.asarray(st.white_sigma(self._density, self.config.interval_s)).copy()
        sigma[ft.TOTAL] = sigma[0]
        sigma[ft.DISTORTION] = 100.0 * sigma[ft.FUNDAMENTAL] / _WORTH_A_SHARE_UT
        sigma[ft.ELLIPTICITY] /= _WORTH_A_SHARE_UT
        sigma[ft.MAINS] = (
            sigma[ft.FUNDAMENTAL] / _WORTH_A_SHARE_UT * math.sqrt(1.5) / (math.pi * self._window_s)
        )
        return sigma

    # --- projection

    def respond(self, world: ElectricWorld) -> Array:
        """Features of the fields at the device, in its own axes, (time, channel)."""
        return self._features(world, world.magnetic_t(self.position_3d), None)

    def draw_unit(self, unit_rng: np.random.Generator) -> EMFUnit:
        """Mounting, gains, cross-talk and corners of this unit."""
        return draw_axes(self._facing, self._passband, self._tolerances, unit_rng)

    @cached_property
    def _tolerances(self) -> AxisTolerances:
        v = self.values
        return AxisTolerances(
            tilt_rad=math.radians(v.number("mounting.tilt", "deg")),
            azimuth_rad=math.radians(v.number("mounting.azimuth", "deg")),
            gain=v.number("calibration.gain_spread", "1"),
            cross_axis=v.number("mounting.cross_axis", "1"),
            corner=v.number("passband.tolerance", "ln"),
        )

    def transduce(self, world: ElectricWorld, unit: Any) -> tuple[Array, Array]:
        """Features in the ideal axes and in those of this unit, (time, channel)."""
        field_t = world.magnetic_t(self.position_3d)
        ideal = self._features(world, field_t, None)
        if unit is None:
            return ideal, ideal
        signal = ideal.copy()
        self._fill_magnetic(signal, world, field_t, unit)
        return ideal, signal

    def _features(self, world: ElectricWorld, field_t: Phasors, unit: EMFUnit | None) -> Array:
        x = np.zeros((world.grid.n, ft.N_FEATURES))
        self._fill_magnetic(x, world, field_t, unit)
        radio_t = world.radio_t(self.position_3d)
        x[:, ft.HF] = _NT_PER_T * radio_t[:, : len(ft.HF_BANDS_HZ)]
        x[:, ft.ELECTRIC] = _resultant(world.electric_v_m(self.position_3d))
        return x

    def _fill_magnetic(self, x: Array, world: ElectricWorld, field_t: Phasors, unit: EMFUnit | None) -> None:
        orders = world.harmonics
        axes, response = self._facing, np.ones((len(orders), 3), dtype=np.complex128)
        if unit is not None:
            frequency_hz = self.config.nominal_hz * np.array(orders, dtype=np.float64)
            axes, response = unit.axes, unit.response(self._passband, frequency_hz)
        columns = [ft.FUNDAMENTAL + ft.ORDERS.index(order) if order in ft.ORDERS else -1 for order in orders]
        fill_features(
            x,
            np.ascontiguousarray(field_t),
            _UT_PER_T * axes,
            response,
            np.array(columns),
            orders.index(1),
            ft.ELLIPTICITY,
        )
        x[:, ft.MAINS] = world.mains_hz()
        self._fading.combine(x)
        self._fading.fade(x)

    @cached_property
    def _facing(self) -> Array:
        return facing_axes(self.config.heading_deg)

    @cached_property
    def _passband(self) -> Passband:
        v = self.values
        return Passband(v.number("passband.high_pass", "Hz"), v.number("passband.low_pass", "Hz"))

    # --- imperfections

    def stages(self) -> tuple[st.AnyStage, ...]:
        """Own electronics, gain, offset, noise, saturation, firmware, output."""
        v = self.values
        reference_k = v.number("temperature.reference", "K")
        return (
            ft.ToLengths("lengths", self._fading),
            ns.OwnTone(
                "interference", v.number("interference.least", "uT"), v.number("interference.most", "uT")
            ),
            em.ElementGain(
                "gain",
                spread_ln=self._by_element("calibration.element_spread", "ln"),
                spread_per_k=self._by_element("temperature.spread", "1/K"),
                left_on_axes=np.where(np.array(_ELEMENT) == 0, self._tolerances.gain, 0.0),
                askew=self._tolerances.mixing(),
                out_of_phase_rad=self._tolerances.phase_rad(self._passband, float(self.config.nominal_hz)),
                group=_ELEMENT,
                reference_k=reference_k,
            ),
            em.ElementDrift(
                "drift",
                per_day=0.0,
                spread_per_day=0.0,
                walk_per_sqrt_day=self._by_element("drift.walk", "ln/sqrt(day)"),
                group=_ELEMENT,
                shares=(0.0, 1.0, 0.0),
                is_log=np.zeros(ft.N_FEATURES, np.bool_),
                age_days=self.drift_days,
            ),
            em.RmsOffset(
                "offset", v.number("offset.spread", "uT"), v.number("offset.per_k", "uT/K"), reference_k
            ),
            *self.warm_up_stages(),
            ns.FieldNoise("noise", self._density, self._bandwidth_hz, self._window_s, self._modem),
            em.FieldSaturation("saturation", self._limit_ut, v.number("saturation.curvature", "1")),
            ft.Firmware(
                "firmware", self._fading, self._floor_ut(0), self._floor_ut(ft.FUNDAMENTAL), self._window_s
            ),
            *self.fault_stages(),
            st.ClipQuantise(
                "digital",
                self._per_channel("range.resolution"),
                self._per_channel("range.low"),
                self._per_channel("range.high"),
            ),
        )

    def _by_element(self, name: str, unit: str) -> Array:
        """One number per channel of those that the part gives for field, radio antenna, plate and clock."""
        given = np.append(self.values.numbers(name, unit, 4), 0.0)
        return np.asarray(given[np.array(_ELEMENT)])

    @cached_property
    def _limit_ut(self) -> float:
        return self.values.number("saturation.peak", "uT")

    @cached_property
    def _fading(self) -> ft.Fading:
        least_ut = self.values.number("features.least_fundamental", "uT")
        return ft.Fading(least_ut, float(self.config.nominal_hz))

    @cached_property
    def _window_s(self) -> float:
        return self.values.number("features.window", "s")

    @cached_property
    def _noise_law(self) -> ns.NoiseLaw:
        v = self.values
        step_ut = 2.0 * self._limit_ut / 2.0 ** v.number("converter.bits", "1")
        converter = step_ut / math.sqrt(12.0) / math.sqrt(0.5 * v.number("converter.rate", "Hz"))
        return ns.NoiseLaw(
            1e-3 * v.number("white.density", "nT/sqrt(Hz)"),
            v.number("flicker.corner", "Hz"),
            v.number("flicker.slope", "1"),
            converter,
        )

    @cached_property
    def _power_band_hz(self) -> tuple[float, float]:
        return self.values.number("passband.high_pass", "Hz"), ft.HF_BANDS_HZ[0][0]

    @cached_property
    def _tone_density(self) -> float:
        return float(self._noise_law.density(self.config.nominal_hz))

    @cached_property
    def _density(self) -> Array:
        """Noise per root hertz behind each channel; 0 for what the firmware computes from others."""
        density = np.zeros(ft.N_FEATURES)
        density[ft.AXES] = self._noise_law.mean_density(*self._power_band_hz)
        density[ft.TONES] = self._noise_law.density(np.array(ft.ORDERS) * float(self.config.nominal_hz))
        density[ft.HF] = self.values.numbers("white.radio", "nT/sqrt(Hz)", len(ft.HF_BANDS_HZ))
        density[ft.ELLIPTICITY] = self._tone_density
        density[ft.ELECTRIC] = self.values.number("white.plate", "(V/m)/sqrt(Hz)")
        return density

    @cached_property
    def _modem(self) -> ns.Modem:
        v = self.values
        added_nt = np.zeros(ft.N_FEATURES)
        added_nt[ft.HF] = v.numbers("modem.added", "nT", len(ft.HF_BANDS_HZ))
        return ns.Modem(added_nt, v.number("modem.every", "s"), v.number("modem.on", "s"))

    @cached_property
    def _bandwidth_hz(self) -> Array:
        low_hz, high_hz = self._power_band_hz
        bandwidth = np.zeros(ft.N_FEATURES)
        bandwidth[ft.AXES] = high_hz - low_hz
        bandwidth[ft.TONES] = 3.0 / self._window_s  # three axes
        bandwidth[ft.HF] = [high - low for low, high in ft.HF_BANDS_HZ]
        bandwidth[ft.ELLIPTICITY] = 1.0 / self._window_s
        bandwidth[ft.ELECTRIC] = high_hz - low_hz
        return bandwidth

    def _floor_ut(self, channel: int) -> float:
        return float(self._density[channel] * math.sqrt(self._bandwidth_hz[channel]))

    def status_flags(
        self, world: ElectricWorld, conditions: Conditions, reading: Array
    ) -> npt.NDArray[np.uint16]:
        """AT_LIMIT where an axis was cut off, DISTURBED where the device's own modem sent.

        A sine that just touches the limit has the limit over the root of two as its rms.
        """
        greatest_ut = np.fmax(np.fmax(reading[:, 0], reading[:, 1]), reading[:, 2])
        with np.errstate(invalid="ignore"):
            cut = greatest_ut >= math.sqrt(0.5) * self._limit_ut
        flags = np.where(cut, int(Status.AT_LIMIT), 0)
        flags[self._modem.sending(conditions) > 0.0] |= int(Status.DISTURBED)
        return flags.astype(np.uint16)


def _resultant(field: Phasors) -> Array:
    """Rms of all harmonics and axes, (time,), of phasors (time, harmonic, 3)."""
    flat = np.ascontiguousarray(field).reshape(field.shape[0], -1).view(np.float64)
    return np.asarray(np.sqrt(np.einsum("ti,ti->t", flat, flat)))
