"""The catalogue: reads its files, checks them against one another, and answers by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from envirosense.core.config import config_error, load_yaml
from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.home.catalog.checks import check_catalog
from envirosense.home.catalog.models import (
    AreaKind,
    Core,
    CoreDevice,
    DeviceType,
    FloorPlan,
    HomeType,
    HomeTypes,
    Households,
    Region,
    Role,
    Size,
)

FOLDER: Final = Path(__file__).parent  # the files that come with the package


@dataclass(frozen=True, slots=True, eq=False)
class Catalog:
    """What homes can be made of; every mapping in the order of its file."""

    homes: HomeTypes
    area_kinds: Mapping[str, AreaKind]
    regions: Mapping[str, Region]
    households: Households
    roles: Mapping[str, Role]
    devices: Mapping[str, DeviceType]
    core: tuple[CoreDevice, ...]

    @property
    def floors(self) -> Mapping[str, FloorPlan]:
        """Storeys by key."""
        return self.homes.floors

    def home_type(self, name: str) -> HomeType:
        """Type of homes.

        Raises:
            UnknownNameError: if there is no such type; lists those there are.
        """
        return _entry("home_type", name, self.homes.types)

    def size(self, name: str) -> Size:
        """Class of homes by the number of devices.

        Raises:
            UnknownNameError: if there is no such size; lists those there are.
        """
        return _entry("size", name, self.homes.sizes)

    def region(self, name: str) -> Region:
        """Climate with its places.

        Raises:
            UnknownNameError: if there is no such region; lists those there are.
        """
        return _entry("region", name, self.regions)

    def area_kind(self, name: str) -> AreaKind:
        """Use of a room.

        Raises:
            UnknownNameError: if there is no such kind; lists those there are.
        """
        return _entry("area kind", name, self.area_kinds)


def _entry[T](field: str, name: str, known: Mapping[str, T]) -> T:
    if name not in known:
        raise UnknownNameError(field, name, known)
    return known[name]


def _table[T](path: Path, model: type[T]) -> dict[str, T]:
    """Models of a file that is one mapping of names to entries."""
    try:
        return TypeAdapter(dict[str, model]).validate_python(load_yaml(path))  # type: ignore[valid-type]
    except ValidationError as error:
        raise config_error(error, str(path)) from None


def _device_files(folder: Path) -> Iterator[Path]:
    found = sorted((folder / "devices").glob("*.yaml"))
    if not found:
        raise ConfigError(
            "catalogue", str(folder / "devices"), "holds no device file; add one ending in .yaml"
        )
    yield from found


def _devices(folder: Path) -> dict[str, DeviceType]:
    found: dict[str, DeviceType] = {}
    for path in _device_files(folder):
        for key, device in _table(path, DeviceType).items():
            if key in found:
                raise ConfigError(f"{path}:{key}", key, "another file has a device of this name; rename one")
            found[key] = device
    return found


def load_catalog(folder: Path = FOLDER) -> Catalog:
    """Catalogue of a folder laid out as the one of this package.

    Raises:
        ConfigError: naming the file, the field, the value and the fix, where one does not fit.
    """
    catalog = Catalog(
        homes=HomeTypes.parse(load_yaml(folder / "home_types.yaml"), str(folder / "home_types.yaml")),
        area_kinds=_table(folder / "area_kinds.yaml", AreaKind),
        regions=_table(folder / "regions.yaml", Region),
        households=Households.parse(load_yaml(folder / "households.yaml"), str(folder / "households.yaml")),
        roles=_table(folder / "roles.yaml", Role),
        devices=_devices(folder),
        core=Core.parse(load_yaml(folder / "core.yaml"), str(folder / "core.yaml")).core,
    )
    check_catalog(catalog)
    return catalog


@cache
def default_catalog() -> Catalog:
    """The catalogue of this package."""
    return load_catalog()
