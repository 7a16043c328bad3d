"""Imperfection stages: each takes a signal (time, channel) a step closer to what is reported."""

from envirosense.instruments.stages.calibration import Calibration
from envirosense.instruments.stages.contract import (
    AnyStage,
    Description,
    Stage,
    Transform,
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
from envirosense.instruments.stages.faults import Dropout, Stuck
from envirosense.instruments.stages.noise import FlickerNoise, RandomWalk, WhiteNoise, white_sigma
from envirosense.instruments.stages.response import Compress, Expand, Hysteresis, Lag, Saturation

__all__ = [
    "AnyStage",
    "Calibration",
    "ClipQuantise",
    "Compress",
    "Description",
    "Drift",
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
    "Stage",
    "Stuck",
    "TemperatureError",
    "Transform",
    "WhiteNoise",
    "as_description",
    "per_channel",
    "white_sigma",
]
