"""Errors a user can act on: each names the field, the value and the fix, in one line."""

import difflib
from collections.abc import Iterable
from typing import Final

NEAR: Final = 0.6  # least likeness of two names of which one may be meant for the other (difflib's own)


class EnviroSenseError(Exception):
    """Base of every error raised on purpose; the command line prints it as one line and exits with 1."""


class ConfigError(EnviroSenseError, ValueError):
    """A setting that cannot be used."""

    def __init__(self, field: str, value: object, fix: str) -> None:
        self.field = field
        self.value = value
        self.fix = fix
        super().__init__(f"{field}={value!r}: {fix}")

    def __reduce__(self) -> tuple[type["ConfigError"], tuple[str, object, str]]:
        return type(self), (self.field, self.value, self.fix)


class UnknownNameError(ConfigError):
    """A name that no registry entry carries; the only one that begins so, or a near one, is suggested."""

    def __init__(self, field: str, value: str, known: Iterable[str]) -> None:
        self.known = tuple(sorted(known))
        longer = [name for name in self.known if len(value) > 2 and name.startswith(value)]
        near = longer if len(longer) == 1 else difflib.get_close_matches(value, self.known, n=1, cutoff=NEAR)
        listing = ", ".join(self.known[:12]) + (", ..." if len(self.known) > 12 else "")
        hint = f"did you mean {near[0]!r}?" if near else f"known: {listing}"
        super().__init__(field, value, f"unknown {field}; {hint}")

    def __reduce__(self) -> tuple[type["UnknownNameError"], tuple[str, object, tuple[str, ...]]]:  # type: ignore[override]
        return type(self), (self.field, self.value, self.known)


class SchemaVersionError(EnviroSenseError):
    """A file written by a newer version than this one can read."""

    def __init__(self, path: object, found: int, supported: int) -> None:
        self.args_for_pickle = (path, found, supported)
        super().__init__(
            f"{path}: schema version {found} is newer than {supported}, the newest this version reads; "
            "upgrade envirosense"
        )

    def __reduce__(self) -> tuple[type["SchemaVersionError"], tuple[object, int, int]]:
        return type(self), self.args_for_pickle


class DatasetError(EnviroSenseError):
    """A dataset on disk that is damaged, incomplete or not the one expected."""


class StorageError(EnviroSenseError):
    """A target that cannot be written: read-only, missing or full."""


class EpisodeError(EnviroSenseError):
    """An episode that could not be simulated; recorded as an outcome, never dropped."""


class MissingExtraError(EnviroSenseError, ImportError):
    """An optional dependency that is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        self.package = package
        self.extra = extra
        super().__init__(f"{package} is not installed; run: pip install 'envirosense[{extra}]'")

    def __reduce__(self) -> tuple[type["MissingExtraError"], tuple[str, str]]:
        return type(self), (self.package, self.extra)
