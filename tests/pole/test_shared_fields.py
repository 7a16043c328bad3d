"""Fields that a world takes over from the one without causes are those it would work out itself."""

from dataclasses import fields

import numpy as np
import pytest

from envirosense.pole.fields.electric import LineFields
from envirosense.pole.fields.motion import PoleMotion
from envirosense.pole.fields.sound import SoundScape
from envirosense.pole.fields.thunderstorms import Thunderstorms
from envirosense.scenarios import AirMass, Emission, Forcing, Heating, JointResistance, WoodFuel
from envirosense.scenarios.forcing import DeviceChange, Mirror, SensorFault, Surface

N = 60
AT = (0.3, 1.2, 5.0)
STRONG = np.full(N, 300.0)
QUIET = {
    "heatings": (Heating("crossarm_bolt", STRONG),),
    "joints": (JointResistance("clamp_a", np.full(N, 0.05)),),
    "fuels": (WoodFuel("crossarm_bolt_wood", 60.0, 1.0),),
    "emissions": (Emission("leak", (1.0, 0.0, 6.0), {"carbon_monoxide": np.full(N, 0.1)}, heat_w=STRONG),),
    "air_masses": (AirMass("smoke", {"carbon_monoxide": np.full(N, 500.0)}),),
    "surfaces": (Surface("clamp_a", 0.2, 0.3),),
    "mirrors": (Mirror("clamp_a", (0.0, 0.0, 1.0), 0.01, 0.5, 0.05),),
    "sensor_faults": (SensorFault("barometer", "stuck", 100.0, 200.0),),
    "device": (DeviceChange(start_charge=0.3, panel_factor=np.full(N, 0.1)),),
    "acts_on": "clamp_a",
    "states": {"arc_power_w": STRONG},
}
LOUD = {"discharges", "line", "tanks", "impacts", "structures", "noises", "weather", "storms", "setting"}


def test_every_kind_of_cause_is_known_to_move_these_fields_or_not():
    assert {kind.name for kind in fields(Forcing)} == set(QUIET) | LOUD


@pytest.mark.parametrize("kind", QUIET)
def test_heat_and_gas_leave_line_sound_motion_and_lightning_as_they_were(make_world, kind):
    world = make_world(n=N, rain_mm=2.0)
    world.add(Forcing(**{kind: QUIET[kind]}))
    shared = world.settled
    assert shared.line is world.undisturbed.line
    own = Thunderstorms(shared.inputs)
    strikes = own.strikes()
    assert np.array_equal(shared.storms.strikes().time_s, strikes.time_s)
    line, sound = LineFields(shared.inputs, strikes), SoundScape(shared.inputs, strikes)
    for name in ("magnetic_t", "electric_v_m", "radio_t"):
        assert np.array_equal(getattr(shared.line, name)(AT), getattr(line, name)(AT)), name
    assert np.array_equal(shared.line.phase_current_a(), line.phase_current_a())
    assert np.array_equal(shared.sound.sound_level_db(AT), sound.sound_level_db(AT))
    assert np.array_equal(shared.sound.mains_modulation(AT), sound.mains_modulation(AT))
    motion = PoleMotion(shared.inputs)
    assert np.array_equal(shared.motion.acceleration_m_s2(5.0), motion.acceleration_m_s2(5.0))
    assert np.array_equal(shared.motion.natural_hz(), motion.natural_hz())
    assert np.array_equal(shared.motion.tilt_rad(), motion.tilt_rad())
