"""No field of the world changes before the cause that changes it: a label must not leak into the past."""

import numpy as np
import pytest

from envirosense.pole.picture.scene_geometry import PinholeCamera
from envirosense.scenarios import (
    Discharge,
    Emission,
    Forcing,
    Heating,
    Impact,
    LineChange,
    Noise,
    Structure,
    Tank,
    WeatherChange,
)

N, FIRST = 300, 240  # ten-second ticks; the causes begin at tick FIRST
AT = (0.0, 1.2, 9.3)
CAMERA = PinholeCamera(AT, azimuth_deg=180.0, elevation_deg=40.0)
LATE = np.r_[np.zeros(FIRST), np.ones(N - FIRST)]
PHASE_A_OFF = np.outer(1.0 - LATE, [1.0, 0.0, 0.0]) + np.array([0.0, 1.0, 1.0])
GUST = WeatherChange(
    air_k=-5.0 * LATE,
    wind_m_s=8.0 * LATE,
    veer_rad=LATE,
    rain_mm_h=20.0 * LATE,
    sun_factor=1.0 - 0.7 * LATE,
    pressure_pa=200.0 * LATE,
    cloud_fraction=0.5 * LATE,
)
CAUSES = {
    "weather": Forcing(weather=(GUST,)),
    "discharge": Forcing(
        discharges=(
            Discharge("arc", (0.0, 1.0, 9.0), "arc", 200 * LATE, 200 * LATE, 1e-6, "a", "crossarm_bolt", 0.2),
        )
    ),
    "line": Forcing(line=(LineChange(current_factor=PHASE_A_OFF, voltage_factor=PHASE_A_OFF),)),
    "tank": Forcing(tanks=(Tank(1.0 + LATE, 1e3 * LATE, 1.0 - 0.3 * LATE, 1.0 + 5.0 * LATE),)),
    "impact": Forcing(impacts=(Impact(10.0 * FIRST + 0.3, 2000.0, 0.1, 5.0, 30.0),)),
    "structure": Forcing(structures=(Structure(1.0 - 0.3 * LATE, 0.02 * LATE, None, 1.0 - 0.5 * LATE),)),
    "noise": Forcing(noises=(Noise("mower", (5.0, 5.0, 1.0), 300.0 * LATE[:, None] - 200.0 + np.zeros(12)),)),
    "emission": Forcing(
        emissions=tuple(
            Emission(f"fire {x} {y}", (x, 1.2 + y, 9.3), {"carbon_monoxide": LATE})
            for x, y in ((2.0, 0.0), (-2.0, 0.0), (0.0, 2.0), (0.0, -2.0))
        )
    ),
    "heating": Forcing(heatings=(Heating("crossarm_bolt", 50.0 * LATE),)),
}


def fields(world):
    state = world.state(0, N)
    energy = state.energy()
    return {
        "air": state.air_k(AT),
        "wind": state.wind_m_s(AT),
        "gas": state.gas_ppb(("carbon_monoxide", "ozone", "nitrogen_dioxide"), AT),
        "particles": state.particle_ug_m3(AT),
        "magnetic": state.magnetic_t(AT),
        "electric": state.electric_v_m(AT),
        "radio": state.radio_t(AT),
        "sound": 10.0 ** (state.sound_level_db(AT) / 10.0),
        "acceleration": state.acceleration_m_s2(AT[2]),
        "natural": state.natural_hz(),
        "tilt": state.tilt_rad(),
        "components": state.component_k(),
        "radiance": state.view_radiance_w_m2_sr(state.view(CAMERA)[0]),
        "charge": energy.charge,
        "board": energy.board_k,
    }


@pytest.fixture(scope="module")
def undisturbed(make_world):
    return fields(make_world(n=N, dt_s=10.0))


@pytest.mark.parametrize("name", list(CAUSES))
def test_nothing_changes_before_its_cause(make_world, undisturbed, name):
    world = make_world(n=N, dt_s=10.0)
    world.add(CAUSES[name])
    disturbed = fields(world)
    early = {}
    for field, values in disturbed.items():
        before = np.abs(values[:FIRST] - undisturbed[field][:FIRST]).max()
        scale = np.abs(undisturbed[field]).max()
        if before > 1e-12 * scale:
            early[field] = before / scale
    assert early == {}
    assert any(not np.array_equal(values, undisturbed[field]) for field, values in disturbed.items())
