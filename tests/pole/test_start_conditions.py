import numpy as np
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.rng import stream
from envirosense.factory.request import EpisodeRequest
from envirosense.pole.start_conditions import (
    AGE,
    UNITS,
    conditions_of,
    drawn_start_s,
    hours_within,
    natural_share,
    weather_of_hours,
)
from envirosense.pole.twin import OLDEST_DAYS, PoleTwin
from envirosense.pole.weather_ref import weather_ref, weather_year
from envirosense.scenarios import SCENARIOS

WINDY_AND_OLD = {"start_wind_m_s": (6.0, 20.0), AGE: (400.0, 900.0)}


def drawn(index=0, **options):
    """Spec of ten minutes at some time of the year."""
    request = EpisodeRequest(
        seed=3,
        index=index,
        n_groups=4,
        duration_s=600.0,
        dt_s=60.0,
        options={"without": ["thermal_camera"], **options},
    )
    return PoleTwin().draw("normal/diurnal_cycle", request)


@pytest.fixture(scope="module")
def year():
    return weather_year(weather_ref(None))


def test_an_episode_starts_within_every_range() -> None:
    for index in range(20):
        found = conditions_of(drawn(index, conditions=WINDY_AND_OLD))
        assert all(low <= found[name] <= high for name, (low, high) in WINDY_AND_OLD.items())


def test_without_ranges_most_episodes_start_elsewhere() -> None:
    found = [conditions_of(drawn(index)) for index in range(20)]
    assert sum(one["start_wind_m_s"] >= 6.0 for one in found) < 10
    assert any(one[AGE] < 400.0 for one in found)


@pytest.mark.parametrize("name", [name for name in UNITS if name != AGE])
def test_the_condition_is_that_of_the_hour_the_episode_starts_in(name, year) -> None:
    spec = drawn(5)
    assert conditions_of(spec)[name] == weather_of_hours(year, name)[int(year.hour_of(spec.grid.start_utc))]


def test_no_other_draw_moves_with_the_conditions() -> None:
    plain, asked = drawn(), drawn(conditions={AGE: (400.0, 900.0)})
    assert plain.grid == asked.grid
    assert (plain.site, plain.params, plain.world_seed) == (asked.site, asked.params, asked.world_seed)


def test_the_weight_undoes_how_often_such_hours_are(year) -> None:
    spec = drawn(conditions=WINDY_AND_OLD)
    share = np.mean((year.wind_m_s >= 6.0) & (year.wind_m_s <= 20.0)) * 500.0 / OLDEST_DAYS
    assert spec.importance_weight == pytest.approx(share)
    assert natural_share(year, {}, OLDEST_DAYS) == 1.0


def test_starts_are_even_over_the_hours_that_fit(year) -> None:
    hours = hours_within(year, {"start_wind_m_s": (9.0, 30.0)})
    rng = stream(1, "test", "starts")
    starts_s = [drawn_start_s(year, {"start_wind_m_s": (9.0, 30.0)}, rng) for _ in range(2000)]
    early = np.mean(np.asarray(starts_s) < np.median(hours) * 3600.0)
    assert abs(early - 0.5) < 5 * 0.5 / np.sqrt(2000)  # five standard errors


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ({"start_wind": (1.0, 2.0)}, "did you mean 'start_wind_m_s'"),
        ({"start_air_c": (80.0, 90.0)}, "no hour of the year"),
        ({"start_air_c": (9.0, 3.0)}, "the low end first"),
        ({AGE: (-5.0, 3.0)}, "must not be below 0"),
    ],
)
def test_conditions_that_never_are_are_refused_by_name(conditions, said) -> None:
    with pytest.raises(ConfigError, match=said):
        drawn(conditions=conditions)


def test_an_age_beside_a_guardian_that_says_it_is_refused() -> None:
    gauge = {"sensor_id": "pressure", "sensor_type": "barometer", "part": "barometer/bmp388"}
    with pytest.raises(ConfigError, match="leave one of them out"):
        drawn(without=[], sensing={"sensors": [gauge]}, conditions={AGE: (1.0, 2.0)})


def test_no_parameter_of_a_scenario_is_called_like_a_condition() -> None:
    parameters = {name for one in SCENARIOS for name in SCENARIOS[one].space.parameters}
    assert not parameters & set(UNITS)


def test_an_unknown_condition_is_an_unknown_name() -> None:
    with pytest.raises(UnknownNameError):
        drawn(conditions={"age": (1.0, 2.0)})
