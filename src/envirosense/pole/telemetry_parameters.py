"""Parameter ids of telemetry, and how a stored reading becomes a value in the device's unit.

Ids and units are those of the firmware specification 6.4.1. A channel that it does not name gets an id of
ours: `X_`, the sensor type and the channel, in capitals, in the unit of the reading. Where the device's
unit is another than that of the stored reading, it differs by a power of ten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from envirosense.instruments.channels import Channel


@dataclass(frozen=True, slots=True)
class Parameter:
    """One id with its unit; a value is the stored reading times ten to `exponent`."""

    parameter_id: str
    unit: str
    exponent: int = 0

    def of(self, reading: float | None) -> float | None:
        """Value in the unit of the parameter; the power of ten is moved in decimal."""
        if reading is None or self.exponent == 0:
            return reading
        return float(Decimal(repr(reading)).scaleb(self.exponent))


_DOCUMENTED: Final = {
    "temperature_humidity": {
        "temperature_c": Parameter("ENV_TEMP", "degC"),
        "humidity_pct": Parameter("ENV_HUM", "%"),
    },
    "particulate_matter": {
        "pm2_5_ug_m3": Parameter("ENV_PM25", "ug/m3"),
        "pm10_ug_m3": Parameter("ENV_PM10", "ug/m3"),
    },
    "rain_gauge": {"rain_mm": Parameter("ENV_RAIN", "mm")},
    "gas_sensor": {
        "co_ppm": Parameter("CHEM_CO", "ppm"),
        "co2_ppm": Parameter("CHEM_CO2", "ppm"),
        "no2_ppb": Parameter("CHEM_NO2", "ppb"),
    },
    "emf_sensor": {"total_ut": Parameter("INFRA_EMF", "uT")},
    "acoustic_sensor": {"level_a_db": Parameter("INFRA_ACOUSTIC_AMP", "dB")},
    "battery_level": {"charge_pct": Parameter("SYS_BATT", "%")},
    "solar_power": {"panel_w": Parameter("SYS_SOLAR", "W")},
    "internal_temperature": {"temperature_c": Parameter("SYS_TEMP", "degC")},
    "barometer": {"pressure_pa": Parameter("ENV_PRES", "hPa", -2)},
    "wind_sensor": {
        "speed_m_s": Parameter("ENV_WIND_SPD", "m/s"),
        "direction_deg": Parameter("ENV_WIND_DIR", "deg"),
    },
    "voc_array": {
        name: Parameter(f"CHEM_VOC_CH{i}", "ppb")
        for i, name in enumerate(
            (
                "ch1_formaldehyde_ppb",
                "ch2_acetaldehyde_ppb",
                "ch3_acrolein_ppb",
                "ch4_phenol_ppb",
                "ch5_cresol_ppb",
                "ch6_guaiacol_ppb",
                "ch7_voc_ppb",
                "ch8_voc_ppb",
            ),
            1,
        )
    },
}
THERMAL_MAX: Final = Parameter("INFRA_THERMAL_MAX", "degC")
THERMAL_AVERAGE: Final = Parameter("INFRA_THERMAL_AVG", "degC")  # of the whole image


def parameter_of(sensor_type: str, channel: Channel) -> Parameter:
    """Parameter that a channel of a sensor type is sent as."""
    known = _DOCUMENTED.get(sensor_type, {}).get(channel.name)
    return known or Parameter(f"X_{sensor_type}_{channel.name}".upper(), channel.unit)


def documented() -> tuple[tuple[str, str, Parameter], ...]:
    """Sensor type, channel and parameter of every id that the firmware specification gives."""
    return tuple(
        (kind, channel, parameter)
        for kind, channels in _DOCUMENTED.items()
        for channel, parameter in channels.items()
    )


def stored_values(reading: npt.NDArray[np.float64], channels: Sequence[Channel]) -> list[list[float | None]]:
    """Readings (time, channel) as stored, per tick and channel: the shortest number that is each of them."""
    columns = [
        [_shortest(value) for value in reading[:, i].astype(channel.data_type)]
        for i, channel in enumerate(channels)
    ]
    return [list(row) for row in zip(*columns, strict=True)]


def _shortest(value: Any) -> float | None:
    return float(str(value)) if np.isfinite(value) else None
