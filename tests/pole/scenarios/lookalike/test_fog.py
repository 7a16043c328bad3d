from datetime import UTC, datetime

import numpy as np

from envirosense.pole.guardian import VirtualGridGuardian
from envirosense.pole.outfit import default_configuration
from envirosense.pole.scenarios.lookalike.fog_bank import FogBankScenario

NIGHT = {"dni_w_m2": 0.0, "dhi_w_m2": 0.0, "ghi_w_m2": 0.0}
MIDNIGHT = datetime(2018, 7, 11, 5, tzinfo=UTC)  # of local standard time
DUST = "particulate_matter"


def test_fog_saturates_the_air_and_fools_the_counter_only(stage, pm_excess):
    world, forcing, (event,) = stage(
        FogBankScenario, water_g_m3=0.034, onset_fraction=0.2, rise_s=200.0, stay_s=3000.0
    )
    state, at = world.state(0, world.grid.n), (0.0, 0.0, 2.0)
    humidity = state.relative_humidity(at)
    assert humidity[-30:].min() > 0.99
    assert np.all(humidity[:30] < 0.7)
    water = state.particle_ug_m3(at)[:, state.aerosols.index("fog")]
    np.testing.assert_allclose(1e-6 * water, forcing.states["fog_bank_g_m3"], atol=1e-9)
    assert np.abs(pm_excess(world)).max() < 1e-6  # dried air weighs nothing more
    counter = VirtualGridGuardian(default_configuration(world.site, 10.0), 1)
    counter.couple(world)
    name = next(n for n in counter.sensors if counter.sensors[n].config.sensor_type == DUST)
    reading = counter.observe(state).readings[name]
    pm10 = reading.reading[:, [c.name for c in counter.sensors[name].channels].index("pm10_ug_m3")]
    assert np.nanmean(pm10[120:]) > 3.0 * np.nanmean(pm10[:30])
    assert event.onset_s(world.grid) >= 0.2 * world.grid.duration_s


def test_fog_that_the_air_forms_by_itself_is_not_counted_twice(stage):
    calm = {"air_c": 12.0, "dew_point_c": 11.9, "wind_m_s": 1.0, **NIGHT}
    world, forcing, _ = stage(
        FogBankScenario, start=MIDNIGHT, weather=calm, water_g_m3=0.02, onset_fraction=0.05, rise_s=150.0,
        stay_s=3000.0,
    )  # fmt: skip
    state = world.state(0, world.grid.n)
    water_g_m3 = 1e-6 * state.particle_ug_m3((0.0, 0.0, 2.0))[:, state.aerosols.index("fog")]
    own = 1e-6 * world.settled.aerosols.ambient_ug_m3[:, state.aerosols.index("fog")]
    assert own.max() > 0.05
    wanted = np.maximum(forcing.states["fog_bank_g_m3"], own)
    np.testing.assert_allclose(water_g_m3, wanted, atol=0.01)
