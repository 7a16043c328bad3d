"""Twins by name, ours and those of other packages."""

from collections.abc import Callable

from envirosense.core.protocols import Twin
from envirosense.core.registry import Registry

type TwinFactory = Callable[[], Twin]

TWINS: Registry[TwinFactory] = Registry("twin", "envirosense.twins")
