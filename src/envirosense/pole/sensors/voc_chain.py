"""Stages of a gas array from the numbers of its part."""

from typing import Final

import numpy as np
import numpy.typing as npt

from envirosense.instruments import stages as st
from envirosense.instruments.part_values import PartValues
from envirosense.pole.sensors.voc_linear_stages import CellGain, Electrolyte, LampFouling
from envirosense.pole.sensors.voc_response import GasResponse
from envirosense.pole.sensors.voc_stages import BurnIn, Divider, Inhibition, SensingLayer

type Marks = npt.NDArray[np.bool_]

N_CHANNELS: Final = 8
DAY_H: Final = 24.0
PPB_PER_PPM: Final = 1000.0


def _range(values: PartValues, name: str, unit: str) -> tuple[float, float]:
    low, high = values.numbers(name, unit, 2).tolist()
    return low, high


def layer(values: PartValues, response: GasResponse, used_days: float, poisoned: st.Spells) -> SensingLayer:
    """Response of the layers, poisoned by the air breathed while heated and by a planted fault."""
    return SensingLayer(
        "response",
        rise_s=values.numbers("response.rise", "s", N_CHANNELS),
        fall_s=values.numbers("response.fall", "s", N_CHANNELS),
        is_log=response.is_mox,
        beta=response.beta,
        tau_power=values.number("response.tau_power", "1"),
        halving_ppm_h=_range(values, "poison.halving_dose", "ppm h"),
        past_ppm_h=values.number("poison.usual", "ppb") / PPB_PER_PPM * used_days * DAY_H,
        poisoned=poisoned,
    )


def inhibition(values: PartValues, is_mox: Marks) -> Inhibition:
    """What sulphur gases take for a while."""
    return Inhibition(
        "inhibition",
        is_mox,
        _range(values, "inhibition.depth", "1"),
        values.number("inhibition.half", "ppb"),
        values.number("inhibition.settling", "s"),
    )


def burn_in(values: PartValues, is_mox: Marks) -> BurnIn:
    """What a long rest leaves for days."""
    return BurnIn("burn_in", is_mox, _range(values, "burn_in.rise", "ln"), _range(values, "burn_in.tau", "s"))


def divider(values: PartValues, is_mox: Marks) -> Divider:
    """Divider and converter of the layers."""
    return Divider(
        "divider",
        is_mox,
        values.number("divider.bits", "1"),
        values.number("divider.spread", "ln"),
        values.number("divider.low", "signal"),
        values.numbers("response.limit", "signal", N_CHANNELS),
    )


def linear_stages(values: PartValues, drift_days: float) -> tuple[st.AnyStage, ...]:
    """What temperature, humidity and dust do to lamps and cells."""
    technology = np.array(values.words("channel.technology"))
    lamps, cells = technology == "pid", technology == "electrochemical"
    return (
        st.HumidityGain("lamp_humidity", values.numbers("lamp.humidity_loss", "1", N_CHANNELS)),
        LampFouling(
            "lamp_fouling",
            lamps,
            values.number("lamp.fouling_per_year", "1/year"),
            values.number("lamp.fouling_step", "ln"),
            drift_days,
        ),
        CellGain(
            "cell_gain", cells, _range(values, "cell.gain_cold", "1"), _range(values, "cell.gain_hot", "1")
        ),
        Electrolyte(
            "electrolyte",
            cells,
            values.number("cell.dry", "1"),
            values.number("cell.damp", "1"),
            _range(values, "cell.extreme_loss", "ln/day"),
        ),
        st.ElectrochemicalZero(
            "cell_zero",
            values.numbers("cell.zero", "ppb", N_CHANNELS),
            values.number("cell.residual", "1"),
            values.number("cell.scale", "K"),
        ),
        st.HumidityTransient(
            "cell_humidity",
            values.numbers("cell.humidity", "ppb", N_CHANNELS),
            values.number("cell.humidity_decay", "s"),
        ),
    )
