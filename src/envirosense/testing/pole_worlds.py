"""The contract of a world that pole sensors stand in, live or mock."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol, Self

import numpy as np
import numpy.typing as npt

from envirosense.core.errors import UnknownNameError
from envirosense.core.protocols import Array, Position
from envirosense.pole.scene_geometry import PinholeCamera
from envirosense.pole.sensors.thermal_camera import SceneField

PLACES: Final[tuple[Position, ...]] = ((0.0, 1.2, 9.3), (-3.0, 2.0, 4.0))
GASES: Final = ("carbon_monoxide", "CO", "ozone", "furfural")  # the second is an alias of the first
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
    "view_radiance_w_m2_sr": (0.5, 1e5),  # black at 160 K to flame
}  # a value outside is in another unit


class PoleWorld(SceneField, Protocol):
    """A world that can be cut into blocks."""

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
    check_view(state)
    check_sun(state)


def answers(state: PoleWorld) -> dict[str, Array]:
    """Everything a world says at the places of the check, by query and place."""
    seen, _ = state.view(CAMERA)
    queries: dict[str, Callable[[Position], Array]] = {
        "air_k": state.air_k,
        "relative_humidity": state.relative_humidity,
        "pressure_pa": state.pressure_pa,
        "wind_m_s": state.wind_m_s,
        "gas_ppb": lambda at: state.gas_ppb(GASES, at),
    }
    found = {f"{name} at {at}": query(at) for name, query in queries.items() for at in PLACES}
    return found | {
        "irradiance_w_m2": state.irradiance_w_m2(),
        "rain_mm_h": state.rain_mm_h(),
        "housing_k": state.housing_k(),
        "view_radiance_w_m2_sr": state.view_radiance_w_m2_sr(seen),
    }


def check_answers(state: PoleWorld) -> None:
    """Every answer is (time, ...) of finite float64 in the unit of its name."""
    n = state.grid.n
    n_bodies = len(state.view(CAMERA)[0].components)
    tails = {"wind_m_s": (3,), "gas_ppb": (len(GASES),), "view_radiance_w_m2_sr": (n_bodies,)}
    for label, values in answers(state).items():
        name = label.split(" ")[0]
        expected = (n, *tails.get(name, ()))
        assert values.shape == expected, f"{label} is {values.shape}, must be {expected}: axis 0 is time"
        assert values.dtype == np.float64, f"{label} is {values.dtype}, must be float64"
        assert np.isfinite(values).all(), f"{label} has values that are not finite"
        low, high = LIMITS[name]
        inside = (values >= low) & (values <= high)
        assert inside.all(), f"{label} leaves {low:g}..{high:g}: is the unit that of the name?"


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


def _same_bits(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> bool:
    return a.shape == b.shape and a.tobytes() == b.tobytes()
