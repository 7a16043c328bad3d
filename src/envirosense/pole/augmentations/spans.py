"""Ranges that parameters of augmentations are drawn from."""

from typing import Annotated

from pydantic import AfterValidator

from envirosense.core.errors import ConfigError


def _rising(span: tuple[float, float]) -> tuple[float, float]:
    low, high = span
    if low > high or low == high == 0.0:
        raise ConfigError("range", list(span), "must rise and hold more than 0")
    return span


type Span = Annotated[tuple[float, float], AfterValidator(_rising)]  # low, high
