"""Records as they are collected: where they come from, what they are called, and what became of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Final

import numpy as np
from pydantic import BaseModel

from envirosense.core.errors import ConfigError
from envirosense.core.fingerprint import fingerprint

DATA_ID_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class RecordSource:
    """Where a consumer took its records from.

    Attributes:
        site: What is held out together, as in a dataset's `group`.
        episode_id: The episode.
        test: What ran on it, such as a nightly analysis; empty for the consumer alone.
        made_by: What the records went through on the way here, such as `co_occurrence@1`.
        derived_from: Data ids that they were made of.
    """

    site: str
    episode_id: str
    test: str = ""
    made_by: tuple[str, ...] = ()
    derived_from: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse records from nowhere."""
        for name in ("site", "episode_id"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                raise ConfigError(f"source.{name}", value, "must name where the records come from")

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells this source from another."""
        return self.site, self.episode_id, self.test


@dataclass(frozen=True, slots=True)
class Collected:
    """One record with the verdict on it.

    Attributes:
        data_id: Name made of twin, point, source and content: the same record is never counted twice.
        occurrence: 0 for the first time; a higher one is a duplicate.
        reasons: Codes of everything wrong with it; accepted where there are none.
        details: The same in words, where a code is not enough.
    """

    data_id: str
    point: str
    cycle: int
    source: RecordSource
    record: Mapping[str, Any]
    occurrence: int = 0
    reasons: tuple[str, ...] = ()
    details: tuple[str, ...] = field(default=())
    origin: str = "simulated"

    @property
    def is_accepted(self) -> bool:
        """Whether it is to be exported."""
        return not self.reasons and not self.occurrence

    @property
    def order(self) -> tuple[str, str, str, str]:
        """Sort key that does not depend on who came first."""
        return (*self.source.key, self.data_id)


def data_id(
    twin: str, point: str, source: RecordSource, record: Mapping[str, Any], opinions: Sequence[str] = ()
) -> str:
    """Name of a record, 16 hexadecimal digits; what stands at the paths `opinions` has no part in it."""
    content: object = record
    for path in opinions:
        content = _without(content, path)
    return fingerprint([twin, point, source.key, _named(content)])[:DATA_ID_DIGITS]


def _without(value: object, path: str) -> object:
    head, _, rest = path.partition(".")
    if not isinstance(value, Mapping) or head not in value:
        return value
    others = {key: one for key, one in value.items() if key != head}
    return others | {head: _without(value[head], rest)} if rest else others


def _named(value: object) -> object:
    """The same with numbers that have no canonical form as texts."""
    if isinstance(value, float) and not np.isfinite(value):
        return repr(value)
    if isinstance(value, dict):
        return {key: _named(one) for key, one in value.items()}
    return [_named(one) for one in value] if isinstance(value, list) else value


def plain(value: object) -> Any:
    """The same as JSON knows it: NumPy's scalars and arrays, models, enums and times taken apart."""
    if value is None or type(value) in (int, float, bool):
        return value
    if type(value) is str:
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [plain(one) for one in items]
    if isinstance(value, str | int | float):  # subclasses
        return plain(next(kind(value) for kind in (str, int, float) if isinstance(value, kind)))
    return str(value)
