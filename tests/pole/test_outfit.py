"""What the device carries, at which rates, and where a guardian's sensors may hang."""

import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.parts import load_part
from envirosense.instruments.configuration import SensorConfiguration, parsed_sensor
from envirosense.pole.guardian import VirtualGridGuardian
from envirosense.pole.outfit import (
    CAMERA,
    CARRIED,
    FARTHEST_M,
    OPTIONAL,
    PROFILES,
    at_rates,
    default_configuration,
    mounted,
)
from envirosense.pole.site import Site, draw_site

SITE = Site()
STREAMS = {
    "readings": {
        "voc_array", "particulate_matter", "temperature_humidity", "temperature_humidity_2", "barometer",
        "wind_sensor", "rain_gauge", "lightning_detector", "battery_level", "solar_power",
        "internal_temperature",
    },
    "emf": {"emf_sensor"},
    "acoustic": {"microphone", "microphone_2"},
    "vibration": {"vibration_sensor"},
}  # fmt: skip


def barometer(**changed):
    data = {"sensor_id": "p", "sensor_type": "barometer", "part": "barometer/bmp388", **changed}
    return SensorConfiguration(sensors=(parsed_sensor(data),))


def test_the_device_carries_every_sensor_of_its_bill_of_materials_and_the_camera_last():
    sensors = default_configuration(SITE).sensors
    assert [(s.sensor_id, s.sensor_type, s.part) for s in sensors] == [*CARRIED, CAMERA]
    more = default_configuration(SITE, with_optional=True).sensors
    assert [(s.sensor_id, s.sensor_type, s.part) for s in more] == [*CARRIED, *OPTIONAL, CAMERA]


def test_readings_go_to_the_stream_of_their_kind():
    device = VirtualGridGuardian(default_configuration(SITE))
    assert {stream: set(ids) for stream, ids in device.streams.items()} == STREAMS
    whole = VirtualGridGuardian(default_configuration(SITE, with_optional=True))
    assert set(whole.streams["readings"]) - STREAMS["readings"] == {"gas_sensor", "line_current"}


def test_no_stream_is_wider_than_64_columns():
    device = VirtualGridGuardian(default_configuration(SITE, with_optional=True))
    widths = {
        stream: 1 + sum(len(device.sensors[name].channels) for name in names)
        for stream, names in device.streams.items()
    }
    assert max(widths.values()) <= 64, widths
    assert 1 + 3 * len(device.sensors) <= 64  # of the stream `status`


@pytest.mark.parametrize("index", range(3))
def test_all_hang_at_the_devices_place_and_the_field_sensor_faces_along_the_line(index):
    site = draw_site(3, index)
    chosen = default_configuration(site, age_days=12.0)
    assert {s.position_m for s in chosen.sensors} == {site.device_position_m}
    assert {s.age_days for s in chosen.sensors} == {12.0}
    assert next(s for s in chosen.sensors if s.sensor_id == "emf_sensor").heading_deg == site.line_azimuth_deg


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_gives_the_rates_of_its_part(profile):
    rates = load_part(f"sampling/{profile}").group("interval")
    chosen = default_configuration(SITE, profile=profile, with_optional=True)
    for sensor in chosen.sensors:
        every_s = rates[sensor.sensor_type]
        assert sensor.enabled == (every_s > 0.0), sensor.sensor_id
        if sensor.enabled:
            assert sensor.interval_s == every_s, sensor.sensor_id


def test_saving_power_switches_the_microphones_off_and_nothing_else_ever_is():
    off = {
        profile: {
            s.sensor_type for s in default_configuration(SITE, profile=profile).sensors if not s.enabled
        }
        for profile in PROFILES
    }
    assert off == {"research": set(), "normal": set(), "alert": set(), "power_save": {"acoustic_sensor"}}


def test_the_frame_interval_is_that_of_the_research_profile():
    camera = default_configuration(SITE, frame_interval_s=4.0).sensors[-1]
    assert (camera.interval_s, camera.sensor_type) == (4.0, "thermal_camera")
    assert default_configuration(SITE, frame_interval_s=4.0, profile="normal").sensors[-1].interval_s == 60.0


def test_a_profile_can_be_laid_over_any_guardian():
    assert at_rates(barometer(interval_s=7.0), "normal").sensors[0].interval_s == 900.0
    assert at_rates(barometer(interval_s=7.0), "research").sensors[0].interval_s == 1.0


@pytest.mark.parametrize("profile", ["normall", "barometer/bmp388", ""])
def test_an_unknown_profile_is_one_line(profile):
    with pytest.raises(UnknownNameError, match="unknown profile") as refusal:
        default_configuration(SITE, profile=profile)
    assert "\n" not in str(refusal.value)


def test_a_sensor_without_a_place_hangs_where_the_device_does():
    assert mounted(barometer(), SITE).sensors[0].position_m == SITE.device_position_m
    assert mounted(barometer(position_m=(1.0, 0.5, 3.0)), SITE).sensors[0].position_m == (1.0, 0.5, 3.0)
    whole = default_configuration(SITE)
    assert mounted(whole, SITE) == whole


@pytest.mark.parametrize(
    "at", [(FARTHEST_M, 1.0, 3.0), (0.0, -30.0, 3.0), (0.0, 0.0, -0.1), (0.0, 0.0, 60.0)]
)
def test_a_place_off_the_pole_is_refused_in_one_line(at):
    with pytest.raises(ConfigError, match=r"p\.position_m=\[.*\]: is off the pole; keep within 5") as refusal:
        mounted(barometer(position_m=at), SITE)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("at", [(float("nan"), 0.0, 3.0), (0.0, 0.0, float("inf"))])
def test_a_place_that_is_no_number_is_refused(at):
    with pytest.raises(ConfigError, match="position_m"):
        mounted(barometer(position_m=at), SITE)


def test_the_device_survives_a_round_trip():
    chosen = default_configuration(SITE, profile="alert", with_optional=True)
    assert SensorConfiguration.parse(chosen.model_dump(mode="json")) == chosen
