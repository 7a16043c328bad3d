"""Names to classes, extended by other packages through entry points."""

from collections.abc import Callable, Iterator
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points

from envirosense.core.errors import ConfigError, UnknownNameError


class Registry[T]:
    """One kind of extension. Names come from an entry-point group; a class is imported when asked for.

    Ours are entered the same way as anybody's, in `pyproject.toml`; `register` is for classes
    written in a session or a test.
    """

    def __init__(self, field: str, group: str) -> None:
        self._field = field
        self._group = group
        self._registered: dict[str, T] = {}

    @cached_property
    def _points(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in entry_points(group=self._group)}

    def register(self, name: str) -> Callable[[T], T]:
        """Class decorator that enters the class under `name` for this process.

        Raises:
            ConfigError: if the name is taken.
        """

        def enter(entry: T) -> T:
            if name in self:
                raise ConfigError(self._field, name, "is already registered; choose another name")
            self._registered[name] = entry
            return entry

        return enter

    def __getitem__(self, name: str) -> T:
        if name in self._registered:
            return self._registered[name]
        if name not in self._points:
            raise UnknownNameError(self._field, name, self)
        entry: T = self._points[name].load()
        self._registered[name] = entry
        return entry

    def __contains__(self, name: object) -> bool:
        return name in self._registered or name in self._points

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._registered, *self._points}))

    def __len__(self) -> int:
        return len({*self._registered, *self._points})

    def items(self) -> Iterator[tuple[str, T]]:
        """Name and class of every entry, by name."""
        return ((name, self[name]) for name in self)
