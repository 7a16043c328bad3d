"""The contract of a world that pole sensors stand in, live or mock."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol, Self

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import UnknownNameError
from envirosense.core.protocols import (
    Array,
    ElectricField,
    MotionField,
    ParticleField,
    Position,
    SoundField,
)
from envirosense.core.volumes import Volume
from envirosense.physics.motion.vibration import VIBRATION_BANDS_HZ
from envirosense.physics.sound.acoustics import BANDS
from envirosense.physics.storms.lightning import Strikes
from envirosense.pole.picture.scene_geometry import PinholeCamera
from envirosense.pole.sensors.thermal_camera import SceneField

PLACES: Final[tuple[Position, ...]] = ((0.0, 1.2, 9.3), (-3.0, 2.0, 4.0))
GASES: Final = ("carbon_monoxide", "CO", "ozone", "furfural")  # the second is an alias of the first
EDGES_UM: Final = np.array([0.3, 1.0, 2.5, 10.0])
WINDOW: Final = (1.0, 0.25, 8000.0)  # of a waveform: start, duration [s], rate [Hz]
CAMERA: Final = PinholeCamera(PLACES[0], azimuth_deg=180.0, elevation_deg=40.0)
LIMITS: Final[Mapping[str, tuple[float, float]]] = {
    "air_k": (200.0, 340.0),
    "relative_humidity": (0.0, 1.0),
    "pressure_pa": (3e4, 1.2e5),
    "wind_m_s": (-100.0, 100.0),
    "gas_ppb": (0.0, 1e9),
    "irradiance_w_m2": (0.0, 1600.0),
    "rain_mm_h": (0.0, 500.0),
    "housing_k": (200.0, 380.0),
    "particle_ug_m3": (0.0, 1e8),
    "particle_per_cm3": (0.0, 1e9),
    "magnetic_t": (0.0, 1e-2),  # amplitudes of phasors
    "electric_v_m": (0.0, 3e6),
    "radio_t": (0.0, 1e-3),
    "phase_current_a": (0.0, 2e4),
    "mains_hz": (45.0, 65.0),
    "sound_level_db": (-70.0, 200.0),
    "mains_modulation": (0.0, 1.0),
    "acceleration_m_s2": (0.0, 1e4),
    "natural_hz": (0.0, 500.0),
    "tilt_rad": (-1.6, 1.6),
    "view_radiance_w_m2_sr": (0.5, 1e5),  # black at 160 K to flame
}  # a value outside is in another unit


type Answer = npt.NDArray[Any]  # (time, ...), float64 or, for phasors, complex128


class PoleWorld(SceneField, ParticleField, ElectricField, SoundField, MotionField, Protocol):
    """A world that can be cut into blocks."""

    def mains_hz(self) -> Array:
        """Frequency of the mains, (time,) [Hz]."""
        ...

    def phase_current_a(self) -> Array:
        """Current of each phase, (time, 3) [A]."""
        ...

    def strikes(self) -> Strikes:
        """Lightning strokes within these ticks."""
        ...

    def ticks(self, first: int, n: int) -> Self:
        """`n` ticks of this world from its tick `first` on."""
        ...


def check_world(state: PoleWorld) -> None:
    """Fail if a world of at least eight ticks breaks the contract that sensors rely on.

    Raises:
        AssertionError: saying what broke.
    """
    assert state.grid.n >= 8, "give the check eight ticks or more"
    check_answers(state)
    check_queries_change_nothing(state)
    check_blocks(state)
    check_species(state)
    check_volumes(state)
    check_waveforms(state)
    check_strikes(state)
    check_view(state)
    check_sun(state)


def answers(state: PoleWorld) -> dict[str, Answer]:
    """Everything a world says at the places of the check, by query and place."""
    seen, _ = state.view(CAMERA)
    queries: dict[str, Callable[[Position], Answer]] = {
        "air_k": state.air_k,
        "relative_humidity": state.relative_humidity,
        "pressure_pa": state.pressure_pa,
        "wind_m_s": state.wind_m_s,
        "gas_ppb": lambda at: state.gas_ppb(GASES, at),
        "particle_ug_m3": state.particle_ug_m3,
        "particle_per_cm3": lambda at: state.particle_per_cm3(EDGES_UM, at),
        "magnetic_t": state.magnetic_t,
        "electric_v_m": state.electric_v_m,
        "radio_t": state.radio_t,
        "sound_level_db": state.sound_level_db,
        "mains_modulation": state.mains_modulation,
        "acceleration_m_s2": lambda at: state.acceleration_m_s2(at[2]),
    }
    found = {f"{name} at {at}": query(at) for name, query in queries.items() for at in PLACES}
    return found | {
        "irradiance_w_m2": state.irradiance_w_m2(),
        "rain_mm_h": state.rain_mm_h(),
        "housing_k": state.housing_k(),
        "phase_current_a": state.phase_current_a(),
        "mains_hz": state.mains_hz(),
        "natural_hz": state.natural_hz(),
        "tilt_rad": state.tilt_rad(),
        "view_radiance_w_m2_sr": state.view_radiance_w_m2_sr(seen),
    }


def check_answers(state: PoleWorld) -> None:
    """Every answer is (time, ...) of finite float64 in the unit of its name."""
    tails = _tails(state)
    for label, values in answers(state).items():
        name = label.split(" ")[0]
        expected = (state.grid.n, *tails.get(name, ()))
        assert values.shape == expected, f"{label} is {values.shape}, must be {expected}: axis 0 is time"
        kind = np.complex128 if name in ("magnetic_t", "electric_v_m") else np.float64
        assert values.dtype == kind, f"{label} is {values.dtype}, must be {np.dtype(kind)}"
        assert np.isfinite(values).all(), f"{label} has values that are not finite"
        low, high = LIMITS[name]
        size = np.abs(values) if kind is np.complex128 else values.real
        inside = (size >= low) & (size <= high)
        assert inside.all(), f"{label} leaves {low:g}..{high:g}: is the unit that of the name?"


def _tails(state: PoleWorld) -> dict[str, tuple[int, ...]]:
    """Axes behind time."""
    phasor = (len(state.harmonics), 3)
    return {
        "wind_m_s": (3,),
        "gas_ppb": (len(GASES),),
        "particle_ug_m3": (len(state.aerosols),),
        "particle_per_cm3": (EDGES_UM.size - 1,),
        "magnetic_t": phasor,
        "electric_v_m": phasor,
        "radio_t": (4,),
        "phase_current_a": (3,),
        "sound_level_db": (len(BANDS),),
        "mains_modulation": (len(BANDS),),
        "acceleration_m_s2": (len(VIBRATION_BANDS_HZ), 3),
        "natural_hz": (state.natural_hz().shape[1], 2),
        "tilt_rad": (2,),
        "view_radiance_w_m2_sr": (len(state.view(CAMERA)[0].components),),
    }


def check_queries_change_nothing(state: PoleWorld) -> None:
    """Asking twice gives the same bits, and the questions do not disturb one another."""
    first = {label: values.copy() for label, values in answers(state).items()}
    for label, values in reversed(answers(state).items()):
        assert _same_bits(first[label], values), f"{label} changed between two questions"


def check_blocks(state: PoleWorld) -> None:
    """Any block of ticks answers with the slice of the whole."""
    whole, n = answers(state), state.grid.n
    for first, stop in ((0, 1), (0, 3), (3, n), (n - 1, n)):
        block = state.ticks(first, stop - first)
        assert block.first_tick == state.first_tick + first, "first_tick counts from the episode's start"
        assert block.grid.n == stop - first, "the grid of a block is that of its ticks"
        begin = state.grid.time_utc[first]
        assert block.grid.time_utc[0] == begin, f"the block's grid must start at {begin}"
        for label, values in answers(block).items():
            same = _same_bits(values, whole[label][first:stop])
            assert same, f"{label}: ticks {first} to {stop} differ from the same ticks of the whole"


def check_species(state: PoleWorld) -> None:
    """Aliases are the same gas; a misspelt gas is refused with a suggestion."""
    gas_ppb = state.gas_ppb(GASES, PLACES[0])
    assert np.array_equal(gas_ppb[:, 0], gas_ppb[:, 1]), f"{GASES[0]} and {GASES[1]} are one gas"
    refusal = ""
    try:
        state.gas_ppb(("carbon_monoxid",), PLACES[0])
    except UnknownNameError as error:
        refusal = str(error)
    assert "'carbon_monoxide'" in refusal, "refuse a gas that nobody knows, and suggest the nearest name"


def check_volumes(state: PoleWorld) -> None:
    """A volume without size is its centre, and a small one is not far from it."""
    for name, query in (("air_k", state.air_k), ("wind_m_s", state.wind_m_s)):
        point, box = Volume(PLACES[1], (0.0, 0.0, 0.0)), Volume(PLACES[1], (0.02, 0.02, 0.02))
        exact, mean = query(PLACES[1]), query(box)  # type: ignore[arg-type]
        same = _same_bits(query(point), exact)  # type: ignore[arg-type]
        assert same, f"{name}: a volume of no size must be its centre"
        scale = float(np.abs(exact).max())
        assert mean.shape == exact.shape, f"{name}: the mean of a volume is shaped like a point's answer"
        assert np.allclose(mean, exact, atol=0.05 * scale), f"{name} jumps within two centimetres"


def check_waveforms(state: PoleWorld) -> None:
    """Waveforms have every sample, are finite, and a window is the same whoever asks, and whenever."""
    n, block = round(WINDOW[1] * WINDOW[2]), state.ticks(3, 2)
    windows: dict[str, tuple[tuple[int, ...], Callable[[PoleWorld], Array]]] = {
        "sound_pa": ((n,), lambda world: world.sound_pa(PLACES[0], *WINDOW)),
        "motion_m_s2": ((n, 3), lambda world: world.motion_m_s2(PLACES[0][2], *WINDOW)),
    }
    for name, (shape, ask) in windows.items():
        wave = ask(state)
        assert wave.shape == shape, f"{name} is {wave.shape}, must be {shape}: axis 0 is the sample"
        assert np.isfinite(wave).all(), f"{name} has samples that are not finite"
        assert _same_bits(wave, ask(state)), f"{name} changed between two questions"
        assert _same_bits(wave, ask(block)), f"{name}: a window counts from the episode's start in any block"


def check_strikes(state: PoleWorld) -> None:
    """Strokes lie in their block, in order; the blocks hold each of them once."""
    dt_s, n = state.grid.dt_s, state.grid.n
    begin_s = state.first_tick * dt_s
    time_s = state.strikes().time_s
    assert np.all(np.diff(time_s) >= 0.0), "strokes must be in order of time"
    inside = (time_s >= begin_s) & (time_s < begin_s + n * dt_s)
    assert inside.all(), "time_s counts from the episode's start and lies within the block"
    parts = [state.ticks(first, stop - first).strikes() for first, stop in ((0, 3), (3, n))]
    joined = np.concatenate([part.time_s for part in parts])
    assert _same_bits(joined, time_s), "blocks must hold every stroke once"


def check_view(state: PoleWorld) -> None:
    """Shares of every pixel sum to one, and the short form holds the same shares."""
    seen, sparse = state.view(CAMERA)
    n_pixels = CAMERA.rows * CAMERA.columns
    assert seen.weights.shape == (n_pixels, len(seen.components)), "weights are (pixel, component)"
    assert np.allclose(seen.weights.sum(axis=1), 1.0, atol=1e-5), "the shares of a pixel must sum to one"
    dense = np.zeros_like(seen.weights)
    np.add.at(dense, (np.arange(n_pixels)[:, None], sparse.indices), sparse.weights)
    assert np.array_equal(dense, seen.weights), "the short form must hold the same shares"


def check_sun(state: PoleWorld) -> None:
    """The sun has a direction or none, in radians."""
    azimuth, elevation = state.sun_direction()
    assert azimuth.shape == elevation.shape == (state.grid.n,), "azimuth and elevation are (time,)"
    assert np.array_equal(np.isnan(azimuth), np.isnan(elevation)), "both are NaN, or neither is"
    assert not np.any(np.abs(azimuth) > 2 * np.pi), "azimuth is in radians"
    assert not np.any(np.abs(elevation) > np.pi / 2), "elevation is in radians"


def _same_bits(a: Answer, b: Answer) -> bool:
    return a.shape == b.shape and a.tobytes() == b.tobytes()
