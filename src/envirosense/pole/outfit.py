"""What a Grid Guardian carries, and how often each of its sensors reports."""

import math
from typing import Any, Final

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.core.parts import load_part, part_ids
from envirosense.instruments.configuration import SensorConfiguration, parsed_sensor
from envirosense.instruments.sensor_config import SensorConfig
from envirosense.pole.site import Site

PROFILES: Final = ("research", "normal", "alert", "power_save")
_PROFILE_PARTS: Final = "sampling/"
# Sensors of the device: id, type, part. A camera comes last. The case is 24 cm long: all stand at one place.
CARRIED: Final = (
    ("voc_array", "voc_array", "voc_array/tfsgs_multi2"),
    ("particulate_matter", "particulate_matter", "particulate_matter/sps30"),
    ("temperature_humidity", "temperature_humidity", "temperature_humidity/sht85"),
    ("temperature_humidity_2", "temperature_humidity", "temperature_humidity/sht85"),
    ("barometer", "barometer", "barometer/bmp388"),
    ("wind_sensor", "wind_sensor", "wind/ft205"),
    ("rain_gauge", "rain_gauge", "rain_gauge/piezo"),
    ("lightning_detector", "lightning_detector", "lightning_detector/as3935"),
    ("emf_sensor", "emf_sensor", "emf_sensor/tf_emf_pwr1"),
    ("microphone", "acoustic_sensor", "acoustic_sensor/spu0410hr5h"),
    ("microphone_2", "acoustic_sensor", "acoustic_sensor/spu0410hr5h"),
    ("vibration_sensor", "vibration_sensor", "vibration_sensor/bmi270"),
    ("battery_level", "battery_level", "battery_level/bq40z80"),
    ("solar_power", "solar_power", "solar_power/bq25798"),
    ("internal_temperature", "internal_temperature", "internal_temperature/board_ntc"),
)
OPTIONAL: Final = (  # in the device's telemetry, but not in its bill of materials
    ("gas_sensor", "gas_sensor", "gas_sensor/co_co2_no2"),
    ("line_current", "line_current", "line_current/cr4100"),
)
FARTHEST_M: Final = 5.0  # from the pole's axis: the longest bracket of a site and its arm
OVER_TOP_M: Final = 1.0
CAMERA: Final = ("thermal_camera", "thermal_camera", "thermal_camera/lepton_2_5")


def default_configuration(
    site: Site,
    frame_interval_s: float = 1.0,
    age_days: float = 30.0,
    profile: str = "research",
    with_optional: bool = False,
) -> SensorConfiguration:
    """The device at its place on a site: every sensor of the bill of materials, at the rates of a profile.

    Args:
        site: where it stands and looks.
        frame_interval_s: of the camera in the profile `research`; the others state their own.
        age_days: age of every sensor.
        profile: one of `PROFILES`.
        with_optional: whether it also carries the CO/CO2/NO2 and the line-current sensor.

    Raises:
        UnknownNameError: if there is no such profile.
    """
    chosen = CARRIED + OPTIONAL if with_optional else CARRIED
    sensors = [_sensor(names, site, age_days, **_own(names, site)) for names in chosen]
    carried = SensorConfiguration(
        sensors=(*sensors, _sensor(CAMERA, site, age_days, interval_s=frame_interval_s, **aim(site)))
    )
    return carried if profile == "research" else at_rates(carried, profile)


def _own(names: tuple[str, str, str], site: Site) -> dict[str, Any]:
    """Settings that follow from how the device hangs: its field sensor faces along the line."""
    return {"heading_deg": site.line_azimuth_deg} if names[1] == "emf_sensor" else {}


def _sensor(names: tuple[str, str, str], site: Site, age_days: float, **own: Any) -> SensorConfig:
    sensor_id, sensor_type, part = names
    at = {"position_m": site.device_position_m, "age_days": age_days}
    return parsed_sensor({"sensor_id": sensor_id, "sensor_type": sensor_type, "part": part, **at, **own})


def aim(site: Site) -> dict[str, float]:
    """Where the site points the device's camera: at the pole, and up or down."""
    to_pole_deg = site.line_azimuth_deg + site.device_bearing_deg + 180.0
    azimuth_deg = (to_pole_deg % 360.0 + site.camera_pan_deg) % 360.0
    return {"azimuth_deg": azimuth_deg, "elevation_deg": site.camera_elevation_deg}


def mounted(configuration: SensorConfiguration, site: Site) -> SensorConfiguration:
    """The same guardian with every sensor that names no place or direction as the site has the device.

    Raises:
        ConfigError: if a sensor hangs in the air, away from the pole.
    """
    sensors = []
    for sensor in configuration.sensors:
        east_m, north_m, up_m = at = sensor.position_m or site.device_position_m
        highest_m = site.pole_height_m + OVER_TOP_M
        if math.hypot(east_m, north_m) > FARTHEST_M or not 0.0 <= up_m <= highest_m:
            fix = f"is off the pole; keep within {FARTHEST_M} m of its axis and {highest_m:g} m of its foot"
            raise ConfigError(f"{sensor.sensor_id}.position_m", list(at), fix)
        pose = {name: value for name, value in aim(site).items() if getattr(sensor, name, 0.0) is None}
        sensors.append(sensor.model_copy(update={"position_m": at, **pose}))
    return configuration.model_copy(update={"sensors": tuple(sensors)})


def at_rates(configuration: SensorConfiguration, profile: str) -> SensorConfiguration:
    """The same guardian with every sensor at the rate that a profile gives its type; rate 0 is off.

    A sensor whose type the profile does not name keeps its rate.

    Raises:
        UnknownNameError: if there is no such profile.
    """
    known = {i.removeprefix(_PROFILE_PARTS): i for i in part_ids() if i.startswith(_PROFILE_PARTS)}
    if profile not in known:
        raise UnknownNameError("profile", profile, known)
    interval_s = load_part(known[profile]).group("interval")
    sensors = []
    for sensor in configuration.sensors:
        every_s = interval_s.get(sensor.sensor_type, sensor.interval_s)
        rate = {"interval_s": every_s} if every_s > 0.0 else {"enabled": False}
        sensors.append(sensor.model_copy(update=rate))
    return configuration.model_copy(update={"sensors": tuple(sensors)})
