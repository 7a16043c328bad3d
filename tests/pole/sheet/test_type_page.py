import re
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.parts import load_part
from envirosense.core.protocols import Array
from envirosense.instruments import SENSORS, BaseSensor, Channel, SensorConfig, SensorWorld
from envirosense.instruments import stages as st
from envirosense.pole.sheet import STEPS, type_page
from envirosense.pole.sheet.plane import power_axis
from envirosense.pole.sheet.trial import Trial, allan_deviation, step_responses, usual_part


@pytest.mark.parametrize("sensor_type", ["barometer", "rain_gauge", "thermal_camera"])
def test_a_page_of_a_type_is_whole(sensor_type: str) -> None:
    told = []
    page = type_page(sensor_type, tell=lambda: told.append(1))
    assert len(told) == STEPS
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert "nan" not in "".join(re.findall(r' d="([^"]*)"', page)).lower()
    for kind in SENSORS[sensor_type].fault_kinds:
        assert kind.replace("_", " ").capitalize() in page
    for quantity in load_part(usual_part(sensor_type)).quantities.values():
        assert quantity.name in page


def test_every_registered_type_can_be_tried() -> None:
    for name in SENSORS:
        trial = Trial.of(name)
        assert np.isfinite(trial.sensor.respond(trial.world(4.0))).all()


def test_a_type_or_part_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="barometer"):
        Trial.of("barometr")
    with pytest.raises(ConfigError, match=r"barometer\.part"):
        assert Trial.of("barometer", "wind/ft205").sensor


def test_only_a_sensor_of_rain_is_rained_on() -> None:
    assert Trial.of("rain_gauge").asks_for_rain
    assert not Trial.of("wind_sensor").asks_for_rain


def test_the_allan_deviation_of_white_noise_falls_with_the_root_of_time() -> None:
    n = 20_000
    tau_s, sigma = allan_deviation(np.random.default_rng(5).standard_normal(n), 2.0)
    assert tau_s[0] == 2.0
    at = tau_s <= 200.0  # many independent pairs: 5 % is about 5 standard errors at the short end
    np.testing.assert_allclose(sigma[at], np.sqrt(2.0 / tau_s[at]), rtol=0.2)
    assert sigma[0] == pytest.approx(1.0, rel=0.05)


def test_the_allan_deviation_of_a_ramp_rises_with_time() -> None:
    tau_s, sigma = allan_deviation(0.3 * np.arange(1000.0), 1.0)
    np.testing.assert_allclose(sigma, 0.3 * tau_s / np.sqrt(2.0), rtol=1e-9)


def test_a_series_of_gaps_has_no_allan_deviation() -> None:
    assert allan_deviation(np.full(10, np.nan), 1.0)[0].size == 0


def test_a_first_order_lag_arrives_after_its_time_constant() -> None:
    """The barometer's vent: a step reaches 63 % after tau, and all of it in the end."""
    response = step_responses(Trial.of("barometer"))[0]
    assert response is not None
    vent_s = Trial.of("barometer").sensor.values.number("vent.tau", "s")
    assert response.t63_s == pytest.approx(vent_s, abs=2.0)
    assert response.settled_s >= response.t63_s
    assert (response.share[response.since_s < 0.0] == 0.0).all()


def test_a_power_axis_is_a_decade_wide_at_least() -> None:
    axis = power_axis(2.0, 3.0)
    assert axis.high - axis.low == pytest.approx(1.0)
    assert len(axis.ticks) >= 1


class Probe(BaseSensor[SensorConfig]):
    """Air temperature of a part that states neither accuracy nor faults."""

    sensor_type: ClassVar[str] = "probe"

    @property
    def channels(self) -> tuple[Channel, ...]:
        return (Channel("air_k", "K", "air temperature", 0.01, 0.1),)

    def respond(self, world: SensorWorld) -> Array:
        return world.air_k(self.position_3d)[:, None]

    def stages(self) -> tuple[st.AnyStage, ...]:
        return (
            st.WhiteNoise("white", 0.1),
            *self.fault_stages(),
            st.ClipQuantise("digital", 0.01, 200.0, 400.0),
        )


@pytest.fixture
def probe_registered() -> Iterator[None]:
    SENSORS.register("probe")(Probe)
    yield
    SENSORS._registered.pop("probe")


def test_a_users_own_type_is_drawn_with_any_part(probe_registered: None) -> None:
    with pytest.raises(ConfigError, match="has no part"):
        type_page("probe")
    page = type_page("probe", "battery/gg_bat_200")
    assert "Independent noise" in page
    assert "accuracy.absolute" in page  # what the fault `drifted` lacks is said in its place
    assert page.count("<figure") >= 6
