"""Saved place of a loader: a small JSON-able dict, refused by a loader that would go on otherwise."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import JsonValue, NonNegativeInt

from envirosense.core.config import FrozenModel
from envirosense.core.errors import ConfigError, SchemaVersionError

STATE_VERSION = 1


class SavedState(FrozenModel):
    """What every saved state holds: a version, and what decides the sequence beside the place in it."""

    version: int = STATE_VERSION
    of: dict[str, JsonValue]

    @classmethod
    def checked(cls, state: Mapping[str, Any], of: Mapping[str, JsonValue]) -> Self:
        """State read back, for a reader that is determined by `of`.

        Raises:
            ConfigError: if the state is malformed, or of a reader that gives another sequence.
            SchemaVersionError: if a newer version saved it.
        """
        if not isinstance(state, Mapping):
            raise ConfigError("state", state, "must be the dict that state() gave")
        if isinstance(version := state.get("version"), int) and version > STATE_VERSION:
            raise SchemaVersionError("state", version, STATE_VERSION)
        saved = cls.parse(state, "state")
        for name, mine in of.items():
            if name not in saved.of or saved.of[name] != mine:
                fix = f"is {mine!r} here; the sequence would differ: make it as it was, or start anew"
                raise ConfigError(f"state.of.{name}", saved.of.get(name), fix)
        return saved


class LoaderState(SavedState):
    """Place in the endless sequence of epochs: `batch` batches of `epoch` are over."""

    epoch: NonNegativeInt
    batch: NonNegativeInt
