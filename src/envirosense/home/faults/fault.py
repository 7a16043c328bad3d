"""A failure: what it is, whom it hits, and from when to when."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class FailureKind(StrEnum):
    """Ten ways in which a smart home fails."""

    PROGRESSIVE = "progressive"
    SUDDEN = "sudden"
    INTERMITTENT = "intermittent"
    BATTERY = "battery"
    NETWORK = "network"
    INTEGRATION = "integration"
    CONFIG_ERROR = "config_error"
    AUTOMATION_LOOP = "automation_loop"
    RESOURCE_EXHAUSTION = "resource_exhaustion"
    API_RATE_LIMIT = "api_rate_limit"


SHARES: Final[Mapping[FailureKind, float]] = MappingProxyType(  # of all failures, as the plans demand them
    {
        FailureKind.PROGRESSIVE: 0.15,
        FailureKind.SUDDEN: 0.10,
        FailureKind.INTERMITTENT: 0.15,
        FailureKind.BATTERY: 0.10,
        FailureKind.NETWORK: 0.10,
        FailureKind.INTEGRATION: 0.15,
        FailureKind.CONFIG_ERROR: 0.10,
        FailureKind.AUTOMATION_LOOP: 0.05,
        FailureKind.RESOURCE_EXHAUSTION: 0.05,
        FailureKind.API_RATE_LIMIT: 0.05,
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure.

    Attributes:
        kind: Which of the ten.
        device_id: Device that fails; None where it is none or more than one.
        entities: Numbers of the entities that show it.
        start_us, end_us: Microseconds since the episode's start; the end is when it is repaired.
        symptom: What can be seen: `unavailable`, `frozen`, `drift`, `missed events`, `flapping`,
            `low battery`, `wrong unit`, `inverted`, `runaway automation`, `late reports`, `missing updates`.
    """

    kind: FailureKind
    device_id: str | None
    entities: tuple[int, ...]
    start_us: int
    end_us: int
    symptom: str
