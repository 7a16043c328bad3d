"""Imperfection stages: each takes a signal (time, channel) a step closer to what is reported."""

from envirosense.instruments.stages.calibration import Calibration
from envirosense.instruments.stages.contract import (
    AnyStage,
    Biased,
    Description,
    Draws,
    Sloped,
    Stage,
    Transform,
    Uncertain,
    as_description,
    per_channel,
)
from envirosense.instruments.stages.digital import ClipQuantise
from envirosense.instruments.stages.drift import Drift, SharedGainDrift
from envirosense.instruments.stages.environment import (
    ElectrochemicalZero,
    FlowError,
    HumidityError,
    HumidityGain,
    HumidityTransient,
    TemperatureError,
)
from envirosense.instruments.stages.faults import AtLimit, Disconnected, Drifted, Dropout, Stuck
from envirosense.instruments.stages.noise import FlickerNoise, RandomWalk, WhiteNoise, white_sigma
from envirosense.instruments.stages.response import Compress, Expand, Hysteresis, Lag, Saturation
from envirosense.instruments.stages.spells import Spells
from envirosense.instruments.stages.warm_up import WarmUp

__all__ = [
    "AnyStage",
    "AtLimit",
    "Biased",
    "Calibration",
    "ClipQuantise",
    "Compress",
    "Description",
    "Disconnected",
    "Draws",
    "Drift",
    "Drifted",
    "Dropout",
    "ElectrochemicalZero",
    "Expand",
    "FlickerNoise",
    "FlowError",
    "HumidityError",
    "HumidityGain",
    "HumidityTransient",
    "Hysteresis",
    "Lag",
    "RandomWalk",
    "Saturation",
    "SharedGainDrift",
    "Sloped",
    "Spells",
    "Stage",
    "Stuck",
    "TemperatureError",
    "Transform",
    "Uncertain",
    "WarmUp",
    "WhiteNoise",
    "as_description",
    "per_channel",
    "white_sigma",
]
