"""Particle counter: droplets of rain in its inlet."""

import math

import pytest
from numba import config as numba_config

from envirosense.instruments import SensorConfig
from envirosense.pole.sensors.particulate import ParticulateMatterSensor
from envirosense.testing.sensor_runs import readings
from envirosense.testing.worlds import UniformWorld

compiled = pytest.mark.skipif(bool(numba_config.DISABLE_JIT), reason="long series need compiled kernels")

PM10 = 3
STREET = {"background_fine": 7.6, "background_coarse": 8.0}


def counter(keep=None, **changed):
    config = SensorConfig.parse(
        {
            "sensor_id": "pm",
            "sensor_type": "particulate_matter",
            "part": "particulate_matter/sps30",
            **changed,
        }
    )
    names = (*(stage.name for stage in ParticulateMatterSensor(config).stages()), "as_built")
    off = tuple(name for name in names if keep is not None and name not in keep)
    return ParticulateMatterSensor(config.model_copy(update={"stages_off": off}))


@compiled
def test_rain_splashes_into_the_inlet_as_often_as_stated():
    """Mean and scatter of a compound Poisson process, whatever the tick; none in dry air."""
    per_mm, dose, spread_ln, rain = 2.0, 600.0, 1.0, 36.0
    for dt_s in (1.0, 20.0):
        n = round(200_000 / dt_s)
        world = UniformWorld(n=n, dt_s=dt_s, rain=rain, particles={})
        sensor = counter(keep=("splash",), interval_s=dt_s, overrides={"range.high": [1e6] * 10})
        shown = readings(sensor, [world]).reading[:, PM10]
        per_s = per_mm * rain / 3600.0
        variance_s = per_s * dose**2 * math.exp(spread_ln**2)  # of the sum, per second
        sigma = math.sqrt(variance_s / (n * dt_s))
        assert shown.mean() == pytest.approx(per_s * dose, abs=5.0 * sigma)
        assert shown.std() == pytest.approx(math.sqrt(variance_s / dt_s), rel=0.15)  # heavy tails
    dry = readings(counter(keep=("splash",)), [UniformWorld(n=100, rain=0.0, particles={})])
    assert not dry.reading[:, :9].any()


def test_rain_lowers_the_trust_in_the_counter():
    dry, wet = (readings(counter(), [UniformWorld(n=1, rain=rain, particles=STREET)]) for rain in (0.0, 10.0))
    assert wet.quality[0] < 0.9 * dry.quality[0]
