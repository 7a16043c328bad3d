"""Devices of a home with what they can do and how they behave."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
from pydantic import NonNegativeFloat, NonNegativeInt

from envirosense.core.config import FrozenModel
from envirosense.factory.collection.export import read_export
from envirosense.factory.collection.point import CollectionPoint, Exporter, ExportFile, Row
from envirosense.factory.collection.records import Collected
from envirosense.factory.collection.rules import FilterRule


class DeviceRecord(FrozenModel):
    """One device.

    Attributes:
        device_type: What it is: the target.
        domains: Of its entities, such as `light`.
        events_per_day: Changes that it reports; None where nobody counted.
        active_share: Share of the time that it is on; None where it is never either.
    """

    device_id: str
    name: str = ""
    device_type: str | None = None
    manufacturer: str = ""
    model: str = ""
    area_id: str | None = None
    domains: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    n_entities: NonNegativeInt | None = None
    events_per_day: NonNegativeFloat | None = None
    active_share: NonNegativeFloat | None = None
    is_battery_powered: bool | None = None


RULES: Final = (
    FilterRule(code="device_missing", test="filled", fields=("device_id",)),
    FilterRule(code="type_missing", test="filled", fields=("device_type",)),
    FilterRule(code="row_empty", test="any_filled", fields=("domains", "capabilities", "events_per_day")),
)

_COLUMNS: Final = pa.schema(
    [
        ("data_id", pa.string()),
        ("home_id", pa.string()),
        ("device_id", pa.string()),
        ("name", pa.string()),
        ("device_type", pa.string()),
        ("manufacturer", pa.string()),
        ("model", pa.string()),
        ("area_id", pa.string()),
        ("domains", pa.list_(pa.string())),
        ("capabilities", pa.list_(pa.string())),
        ("n_entities", pa.int64()),
        ("events_per_day", pa.float64()),
        ("active_share", pa.float64()),
        ("is_battery_powered", pa.bool_()),
    ]
)


def _devices(found: Sequence[Collected]) -> list[Row]:
    return [{"data_id": one.data_id, "home_id": one.source.site, **one.record} for one in found]


DEVICE_INTELLIGENCE: Final = Exporter(
    "device_intelligence",
    (
        ExportFile("devices.json", _devices, targets=("device_type",)),
        ExportFile("devices.csv", _devices, _COLUMNS, targets=("device_type",)),
    ),
)

POINT: Final = CollectionPoint(
    "device_intelligence",
    DeviceRecord,
    RULES,
    DEVICE_INTELLIGENCE,
    event="device_id",
    note="a service that profiles the devices of a home",
)


def read_device_intelligence(folder: Path | str) -> dict[str, list[Row]]:
    """Rows by file name of `training_data/cycle_N` or `training_data/aggregated`, checked."""
    return read_export(folder, DEVICE_INTELLIGENCE)
