"""Tables of the world's truth at the device: air, gas, particles, energy, fields, strokes, temperatures."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.protocols import Array, Position
from envirosense.datasets import Column, stream_schema
from envirosense.datasets.schema import TICK
from envirosense.physics.electric.harmonics import HARMONICS
from envirosense.physics.motion.vibration import VIBRATION_BANDS_HZ
from envirosense.physics.sound.acoustics import BANDS
from envirosense.physics.storms.lightning import Strikes
from envirosense.pole.columns import F32, F64, FLAG, I32, batch, course
from envirosense.pole.fields.electric import RADIO_BANDS_HZ
from envirosense.pole.site import PHASES
from envirosense.pole.state import Environment3DState

# Gases whose truth is stored; fixed, so that the stored world does not depend on the sensors.
TRUTH_GASES = (
    "carbon_monoxide", "hydrogen", "methane", "ozone", "nitrogen_dioxide", "nitric_oxide", "formaldehyde",
    "acetaldehyde", "acrolein", "acetone", "methanol", "acetic_acid", "furfural", "phenol", "cresol",
    "guaiacol", "benzene", "toluene", "alpha_pinene", "limonene", "isoprene",
)  # fmt: skip


TRUTH_EDGES_UM = (0.3, 0.5, 1.0, 2.5, 4.0, 10.0)  # size bins whose numbers are stored
AXES = ("east", "north", "up")
SHAKING_WAYS = {"along": "along the line", "across": "across the line", "up": "upwards"}


def _sound_band(name: str, low_hz: float, high_hz: float) -> str:
    """Band in words: an octave by its midband and limits, the others by their limits."""
    if name.endswith("_khz"):
        return f"{low_hz / 1e3:g} to {high_hz / 1e3:g} kHz"
    return f"octave around {name.removesuffix('_hz')} Hz ({low_hz:.0f} to {high_hz:.0f} Hz)"


def _truth_facts(description: str) -> dict[str, str]:
    """Metadata of a stream of the world's truth."""
    return {"role": "truth", "description": description}


TRUTH = stream_schema(
    (
        TICK,
        course("air_k", F32, "K", "air temperature at the device"),
        course("dew_point_k", F32, "K", "dew point at the device"),
        course("relative_humidity", F32, "1", "relative humidity over water, 0 to 1"),
        course("pressure_pa", F32, "Pa", "static pressure at the device"),
        course("wind_east_m_s", F32, "m/s", "wind towards the east at the device"),
        course("wind_north_m_s", F32, "m/s", "wind towards the north at the device"),
        course("wind_up_m_s", F32, "m/s", "wind upwards at the device"),
        course("ghi_w_m2", F32, "W/m2", "global horizontal irradiance"),
        course("rain_mm_h", F32, "mm/h", "rain rate"),
        course("current_a", F32, "A", "mean of the three phase currents, rms"),
        *(course(f"{gas}_ppb", F32, "ppb", f"{gas} at the device") for gas in TRUTH_GASES),
        *(
            course(f"{name}_ug_m3", F32, "ug/m3", f"{text} of dried air at the device")
            for name, text in (("pm1", "PM1"), ("pm2_5", "PM2.5"), ("pm10", "PM10"))
        ),
        *(
            course(f"particles_{low:g}_{high:g}_um_per_cm3", F32, "1/cm3", "particles as they float")
            for low, high in pairwise(TRUTH_EDGES_UM)
        ),
        course("panel_irradiance_w_m2", F32, "W/m2", "irradiance in the plane of the device's panel"),
        course("panel_w", F32, "W", "power of the panel at its best working point"),
        course("battery_charge", F32, "1", "state of charge of the battery, 0 to 1"),
        course("battery_v", F32, "V", "voltage of the battery"),
        course("battery_a", F32, "A", "current of the battery, positive when it discharges"),
        course("board_k", F32, "K", "temperature of the board inside the device"),
    ),
    _truth_facts("The world at the device, tick by tick: air, sun, rain, gases, particles and energy."),
)
FIELDS = stream_schema(
    (
        TICK,
        *(
            course(f"current_phase_{p}_a", F32, "A", f"current of phase {p} at mains frequency, rms")
            for p in PHASES
        ),
        course("mains_hz", F32, "Hz", "frequency of the mains"),
        *(
            course(f"magnetic_{axis}_t", F32, "T", f"magnetic flux density {axis} at mains frequency, rms")
            for axis in AXES
        ),
        *(
            course(
                f"magnetic_h{order}_t", F32, "T", f"flux density of harmonic {order}, all axes together, rms"
            )
            for order in HARMONICS[1:]
        ),
        *(
            course(f"electric_{axis}_v_m", F32, "V/m", f"electric field {axis} at mains frequency, rms")
            for axis in AXES
        ),
        *(
            course(f"radio_{low:g}_{high:g}_khz_t", F32, "T", f"magnetic noise, {low:g} to {high:g} kHz, rms")
            for low, high in (np.array(RADIO_BANDS_HZ) / 1e3).tolist()
        ),
        *(
            course(f"sound_{name}_db", F32, "dB", f"sound level, {_sound_band(name, *edges)}, re 20 uPa")
            for name, *edges in zip(BANDS.names, BANDS.low_hz, BANDS.high_hz, strict=True)
        ),
        *(
            course(
                f"acceleration_{low:g}_{high:g}_hz_{axis}_m_s2",
                F32,
                "m/s2",
                f"shaking {way}, {low:g} to {high:g} Hz, rms",
            )
            for low, high in VIBRATION_BANDS_HZ
            for axis, way in SHAKING_WAYS.items()
        ),
        course("natural_along_hz", F32, "Hz", "first natural frequency of the pole along the line"),
        course("natural_across_hz", F32, "Hz", "first natural frequency of the pole across the line"),
        course("tilt_east_rad", F32, "rad", "lean of the pole towards the east"),
        course("tilt_north_rad", F32, "rad", "lean of the pole towards the north"),
    ),
    _truth_facts(
        "What surrounds the device, tick by tick: phase currents, magnetic and electric field, radio noise, "
        "sound, shaking and lean of the pole."
    ),
)
STRIKES = stream_schema(
    (
        Column("time_s", F64, "s", "time of the stroke since the episode's start", False),
        Column("x_m", F64, "m", "place, east of the pole's foot", False),
        Column("y_m", F64, "m", "place, north of the pole's foot", False),
        Column("peak_current_ka", F32, "kA", "peak current with its sign", False),
        Column("flash_id", I32, "1", "flash that the stroke belongs to", False),
        Column("is_cloud_to_ground", FLAG, "", "whether it reached the ground", False),
    ),
    _truth_facts("One row per lightning stroke of the thunderstorms around the pole."),
)


def truth_batch(ticks: npt.NDArray[np.int64], state: Environment3DState, at: Position) -> pa.RecordBatch:
    """The world's scalars at the device."""
    energy = state.energy()
    columns = [
        state.air_k(at),
        state.dew_point_k(at),
        state.relative_humidity(at),
        state.pressure_pa(at),
        *state.wind_m_s(at).T,
        state.irradiance_w_m2(),
        state.rain_mm_h(),
        state.current_a(),
        *state.gas_ppb(TRUTH_GASES, at).T,
        *state.pm_ug_m3(at).T,
        *state.particle_per_cm3(np.array(TRUTH_EDGES_UM), at).T,
        energy.panel_irradiance_w_m2,
        energy.panel_w,
        energy.charge,
        energy.voltage_v,
        energy.current_a,
        energy.board_k,
    ]
    return _single(TRUTH, ticks, columns)


def fields_batch(ticks: npt.NDArray[np.int64], state: Environment3DState, at: Position) -> pa.RecordBatch:
    """Fields of line, sound and motion at the device."""
    magnetic, electric = state.magnetic_t(at), state.electric_v_m(at)
    columns = [
        *state.phase_current_a().T,
        state.mains_hz(),
        *np.abs(magnetic[:, 0]).T,
        *np.linalg.norm(magnetic[:, 1:], axis=2).T,
        *np.abs(electric[:, 0]).T,
        *state.radio_t(at).T,
        *state.sound_level_db(at).T,
        *state.acceleration_m_s2(at[2]).reshape(ticks.size, -1).T,
        *state.natural_hz()[:, 0].T,
        *state.tilt_rad().T,
    ]
    return _single(FIELDS, ticks, columns)


def _single(schema: pa.Schema, ticks: npt.NDArray[np.int64], columns: list[Array]) -> pa.RecordBatch:
    """Rows of a stream of single-precision courses."""
    arrays = [pa.array(ticks), *(pa.array(column.astype(np.float32)) for column in columns)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def strikes_batch(strikes: Strikes) -> pa.RecordBatch:
    """One row per stroke."""
    return batch(STRIKES, {name: getattr(strikes, name) for name in STRIKES.names})


def components_schema(names: Iterable[str]) -> pa.Schema:
    """One temperature per component of the heat network."""
    columns = (course(f"{name}_k", F32, "K", f"temperature of {name}") for name in names)
    return stream_schema((TICK, *columns), _truth_facts("Temperatures of the pole's parts, tick by tick."))
