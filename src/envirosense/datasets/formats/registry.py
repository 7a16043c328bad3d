"""Registry of formats."""

from typing import TYPE_CHECKING, Final

from envirosense.core.registry import Registry

if TYPE_CHECKING:
    from envirosense.datasets.formats.base import Format

FORMATS: Final[Registry[type["Format"]]] = Registry("format", "envirosense.formats")
