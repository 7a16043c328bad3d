"""Read-only views of a sensor's part and stages as plain data."""

import math
from collections.abc import Iterable, Mapping

import numpy as np

from envirosense.core.parts import Part
from envirosense.core.protocols import Array
from envirosense.instruments.channels import Channel
from envirosense.instruments.stages.contract import AnyStage, Description
from envirosense.instruments.stages.drift import Drift, SharedGainDrift
from envirosense.instruments.stages.noise import FlickerNoise, RandomWalk, WhiteNoise
from envirosense.instruments.status import Status

type Plain = float | list[float | None] | None
type StageViews = dict[str, dict[str, Plain]]

NOISE_STAGES = (WhiteNoise, FlickerNoise, RandomWalk)
DRIFT_STAGES = (Drift, SharedGainDrift)


def plain_views(described: Mapping[str, Description], kept: Iterable[AnyStage]) -> StageViews:
    """Parameters and state of the stages in `kept`, arrays as lists."""
    names = {stage.name for stage in kept}
    return {
        name: {key: plain(value) for key, value in views.items()}
        for name, views in described.items()
        if name in names
    }


def plain(value: float | Array) -> Plain:
    """One number or a list of them, None where a state has no value yet."""
    if isinstance(value, float):
        return _known(value)
    return [_known(each) for each in np.asarray(value, dtype=np.float64).ravel().tolist()]


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def channel_records(channels: Iterable[Channel]) -> list[dict[str, str | float | bool]]:
    """One record per channel."""
    return [
        {
            "name": channel.name,
            "unit": channel.unit,
            "description": channel.description,
            "resolution": channel.resolution,
            "noise_sigma": channel.noise_sigma,
            "data_type": channel.data_type,
            "is_artefact": channel.is_artefact,
        }
        for channel in channels
    ]


def status_bits() -> dict[str, int]:
    """Bit of every flag, by its name in lower case."""
    return {str(flag.name).lower(): int(flag) for flag in Status}


def source_counts(part: Part) -> dict[str, int]:
    """How many values of a part have each origin, by its name in snake case."""
    return {origin.replace(" ", "_").replace("-", "_"): n for origin, n in part.origins.items()}
