"""What an hour of the pole costs in bytes and seconds, from what some hours did cost.

Measured on nine one-hour episodes each: world alone, with every sensor, and with the camera too, at ticks of
1 and 10 s, on one core of an EPYC server.
"""

from typing import Final

from envirosense.core.protocols import Cost
from envirosense.instruments.configuration import SensorConfiguration

HOUR_S: Final = 3600.0
# Bytes: of an episode and its files, a tick of the world, a sensor of an episode, a report, a camera's frame.
EPISODE_BYTES, TICK_BYTES, SENSOR_BYTES, REPORT_BYTES, FRAME_BYTES = 1.04e5, 262.0, 6.4e3, 8.6, 3.56e3
# Seconds of CPU: of an episode, a tick, a sensor, a sensor's tick, a camera, a frame.
EPISODE_S, TICK_S, SENSOR_S, SENSOR_TICK_S, CAMERA_S, FRAME_S = 0.071, 1.4e-5, 6.6e-3, 1.5e-6, 0.10, 3.3e-5


def hour_cost(guardian: SensorConfiguration, dt_s: float) -> Cost:
    """Cost of one hour at a tick, as an episode of its own; a frame's bytes are those of 80 x 60 pixels."""
    on = [sensor for sensor in guardian.sensors if sensor.enabled]
    cameras = [sensor for sensor in on if sensor.sensor_type == "thermal_camera"]
    scalars = [sensor for sensor in on if sensor.sensor_type != "thermal_camera"]
    ticks = HOUR_S / dt_s
    reports, frames = (
        sum(HOUR_S / max(sensor.interval_s, dt_s) for sensor in kind) for kind in (scalars, cameras)
    )
    return Cost(
        n_bytes=EPISODE_BYTES
        + TICK_BYTES * ticks
        + SENSOR_BYTES * len(scalars)
        + REPORT_BYTES * reports
        + FRAME_BYTES * frames,
        seconds=EPISODE_S
        + TICK_S * ticks
        + (SENSOR_S + SENSOR_TICK_S * ticks) * len(scalars)
        + CAMERA_S * len(cameras)
        + FRAME_S * frames,
    )
