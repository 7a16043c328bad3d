"""Mistakes in a scenario's definition, each with the path of fields that leads to it."""

from collections.abc import Iterator
from contextlib import contextmanager

from envirosense.core.errors import ConfigError

type Path = tuple[str | int, ...]


class Fault(ConfigError):
    """Something in a definition that cannot be used."""

    def __init__(self, path: Path, value: object, fix: str) -> None:
        self.path = path
        super().__init__(".".join(map(str, path)) or "definition", value, fix)

    def __reduce__(self) -> tuple[type["Fault"], tuple[Path, object, str]]:  # type: ignore[override]
        return type(self), (self.path, self.value, self.fix)


@contextmanager
def at(*path: str | int) -> Iterator[None]:
    """Say of every ConfigError inside where in the definition it belongs.

    Raises:
        Fault: in its place.
    """
    try:
        yield
    except Fault as fault:
        raise Fault((*path, *fault.path), fault.value, fault.fix) from None
    except ConfigError as error:
        raise Fault(path, error.value, error.fix) from None
