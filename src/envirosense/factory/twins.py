"""Twins by name, ours and those of other packages."""

from collections.abc import Callable, Collection
from typing import Protocol, runtime_checkable

from envirosense.core.protocols import Twin
from envirosense.core.registry import Registry

type TwinFactory = Callable[[], Twin]


@runtime_checkable
class Dealt(Protocol):
    """Makes a twin that knows something of each episode; a worker gets what its own episodes need."""

    def for_episodes(self, ids: Collection[str]) -> TwinFactory:
        """The same for some episodes."""
        ...


def twin_for(make_twin: TwinFactory, ids: Collection[str]) -> TwinFactory:
    """What makes the twin of some episodes, and travels to the worker that runs them."""
    return make_twin.for_episodes(ids) if isinstance(make_twin, Dealt) else make_twin


TWINS: Registry[TwinFactory] = Registry("twin", "envirosense.twins")
