"""Columns of the weather formats: names, units, codes for missing, and what to do about gaps."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from envirosense.climate.repairs import filled

if TYPE_CHECKING:
    import pandas as pd

type Floats = npt.NDArray[np.float64]

MISSING_BELOW: Final = -9000.0  # -9900 and its kin
HIGH_CEILING_M: Final = 7500.0  # stands for an unlimited or cirrus ceiling  # assumed
TENTHS_MM: Final = 0.1


@dataclass(frozen=True, slots=True)
class Column:
    """How one field stands in a file."""

    field: str
    header: str
    missing: tuple[float, ...]  # codes, as written in the file
    scale: float = 1.0  # file unit to field unit
    low: float = 0.0  # physical range, in the field's unit
    high: float = 1.0
    default: float | None = None  # for long gaps, where absence is common and means little
    by_line: bool = True  # radiation is never drawn straight through a night


def _columns(
    names: dict[str, str], missing: dict[str, tuple[float, ...]], pressure: float
) -> tuple[Column, ...]:
    ranges: dict[str, tuple[float, float]] = {
        "air_c": (-90.0, 60.0),
        "dew_point_c": (-100.0, 50.0),
        "pressure_pa": (30_000.0, 110_000.0),
        "wind_m_s": (0.0, 75.0),
        "wind_from_deg": (0.0, 360.0),
        "ghi_w_m2": (0.0, 1500.0),
        "dni_w_m2": (0.0, 1400.0),
        "dhi_w_m2": (0.0, 1000.0),
        "opaque_cover_tenths": (0.0, 10.0),
        "total_cover_tenths": (0.0, 10.0),
        "ceiling_m": (0.0, 99_998.0),
        "rain_mm": (0.0, 400.0),
        "albedo": (0.0, 1.0),
    }
    defaults = {"ceiling_m": HIGH_CEILING_M, "rain_mm": 0.0, "albedo": 0.0}
    return tuple(
        Column(
            field,
            names[field],
            missing.get(field, ()),
            pressure if field == "pressure_pa" else 1.0,
            *ranges[field],
            defaults.get(field),
            not field.endswith("w_m2"),
        )
        for field in ranges
    )


TMY3: Final = _columns(
    {
        "air_c": "temp_air",
        "dew_point_c": "temp_dew",
        "pressure_pa": "pressure",
        "wind_m_s": "wind_speed",
        "wind_from_deg": "wind_direction",
        "ghi_w_m2": "ghi",
        "dni_w_m2": "dni",
        "dhi_w_m2": "dhi",
        "opaque_cover_tenths": "OpqCld (tenths)",
        "total_cover_tenths": "TotCld (tenths)",
        "ceiling_m": "CeilHgt (m)",
        "rain_mm": "Lprecip depth (mm)",
        "albedo": "albedo",
    },
    {
        "air_c": (999.0, 9999.0),
        "dew_point_c": (999.0, 9999.0),
        "pressure_pa": (9999.0,),
        "wind_m_s": (999.0, 9999.0),
        "wind_from_deg": (999.0, 9999.0),
        "ghi_w_m2": (9999.0,),
        "dni_w_m2": (9999.0,),
        "dhi_w_m2": (9999.0,),
        "opaque_cover_tenths": (99.0, 999.0, 9999.0),
        "total_cover_tenths": (99.0, 999.0, 9999.0),
        "ceiling_m": (99_999.0,),
        "rain_mm": (9999.0,),
        "albedo": (999.0, 9999.0),
    },
    pressure=100.0,
)

EPW: Final = _columns(
    {
        "air_c": "temp_air",
        "dew_point_c": "temp_dew",
        "pressure_pa": "atmospheric_pressure",
        "wind_m_s": "wind_speed",
        "wind_from_deg": "wind_direction",
        "ghi_w_m2": "ghi",
        "dni_w_m2": "dni",
        "dhi_w_m2": "dhi",
        "opaque_cover_tenths": "opaque_sky_cover",
        "total_cover_tenths": "total_sky_cover",
        "ceiling_m": "ceiling_height",
        "rain_mm": "liquid_precipitation_depth",
        "albedo": "albedo",
    },
    {
        "air_c": (99.9, 999.0, 9999.0),
        "dew_point_c": (99.9, 999.0, 9999.0),
        "pressure_pa": (999_999.0,),
        "wind_m_s": (999.0, 9999.0),
        "wind_from_deg": (999.0, 9999.0),
        "ghi_w_m2": (9999.0,),
        "dni_w_m2": (9999.0,),
        "dhi_w_m2": (9999.0,),
        "opaque_cover_tenths": (99.0, 999.0),
        "total_cover_tenths": (99.0, 999.0),
        "ceiling_m": (99_999.0,),
        "rain_mm": (999.0, 9999.0),
        "albedo": (999.0, 9999.0),
    },
    pressure=1.0,
)


def measured(table: "pd.DataFrame", columns: tuple[Column, ...]) -> tuple[dict[str, Floats], dict[str, str]]:
    """Fields without gaps, (8760,) each, and what was filled; ValueError names a column beyond repair."""
    fields: dict[str, Floats] = {}
    repairs: dict[str, str] = {}
    for column in columns:
        fields[column.field], note = _one(table, column, is_tenths=columns is TMY3)
        if note:
            repairs[column.field] = note
    return fields, repairs


def ceiling_m(written_m: Floats) -> Floats:
    """Cloud base, (hour,) [m]; 77777 (unlimited) and 88888 (cirrus) become a high ceiling."""
    return np.minimum(written_m, HIGH_CEILING_M)


def _one(table: "pd.DataFrame", column: Column, *, is_tenths: bool) -> tuple[Floats, str]:
    """One field, repaired, and the note on it."""
    written = _numbers(table, column)
    is_missing = ~(written > MISSING_BELOW) | np.isin(written, column.missing)
    if is_missing.all() and column.default is None:
        raise ValueError(f"column {column.header!r} is missing throughout; use a file that has it")
    note = f"{is_missing.sum()} hours filled" if is_missing.any() else ""
    values = np.where(is_missing, 0.0, written) * column.scale
    if column.field == "rain_mm" and is_tenths:
        values, note = _rain_mm(values, note)
    _refuse_impossible(values, is_missing, column)
    if column.default is not None:
        # the default is what absence means in practice: no rain, no ceiling, no albedo known
        return np.where(is_missing, column.default, values), note
    return filled(values, is_missing, by_line=column.by_line), note


def _numbers(table: "pd.DataFrame", column: Column) -> Floats:
    if column.header not in table.columns:
        raise ValueError(f"column {column.header!r} is absent; use a complete file")
    try:
        return np.asarray(table[column.header], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"column {column.header!r} holds text ({error}); use numbers") from error


def _rain_mm(written: Floats, note: str) -> tuple[Floats, str]:
    """Depths in mm. The header says mm, yet whole numbers stepping by 0.01 inch are tenths of it."""
    if np.any(written != np.round(written)):
        return written, note
    return written * TENTHS_MM, f"{note}; read as tenths of a millimetre".lstrip("; ")


def _refuse_impossible(values: Floats, is_missing: npt.NDArray[np.bool_], column: Column) -> None:
    wrong = np.flatnonzero(~is_missing & ((values < column.low) | (values > column.high)))
    if wrong.size:
        raise ValueError(
            f"record {wrong[0] + 1}: {column.field}={values[wrong[0]]:g} lies outside "
            f"{column.low:g}..{column.high:g}; correct it or mark it missing"
        )
