"""Whether the catalogue's files fit one another: every name exists, every room can be reached."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.home.catalog.models import DeviceType, HomeType

if TYPE_CHECKING:
    from envirosense.home.catalog.loader import Catalog

WHOLE_PCT: Final = 100.0


def check_catalog(catalog: "Catalog") -> None:
    """Nothing, if the files agree.

    Raises:
        ConfigError: for the first thing that does not fit; `UnknownNameError` for a name that no file has.
    """
    _check_shares("home_types.yaml:types", {key: one.share for key, one in catalog.homes.types.items()})
    _check_shares("home_types.yaml:sizes", {key: one.share for key, one in catalog.homes.sizes.items()})
    _check_shares("regions.yaml", {key: one.share for key, one in catalog.regions.items()})
    for key, home_type in catalog.homes.types.items():
        _check_home_type(f"home_types.yaml:types.{key}", home_type, catalog)
    for key, device in catalog.devices.items():
        _check_device(f"devices:{key}", device, catalog)
    for number, first in enumerate(catalog.core):
        _check_known(f"core.yaml:core.{number}.device", [first.device], catalog.devices)
        _check_known(f"core.yaml:core.{number}.areas", first.areas, catalog.devices[first.device].areas)
    _check_households(catalog)


def _check_shares(field: str, shares: Mapping[str, float]) -> None:
    if abs(sum(shares.values()) - WHOLE_PCT) > 1e-9 * WHOLE_PCT:
        raise ConfigError(field, sum(shares.values()), "shares must add up to 100")


def _check_known(field: str, names: Iterable[str], known: Iterable[str]) -> None:
    known = tuple(known)
    for name in names:
        if name not in known:
            raise UnknownNameError(field, name, known)


def _check_home_type(field: str, home_type: HomeType, catalog: "Catalog") -> None:
    _check_known(f"{field}.floors", home_type.floors, catalog.floors)
    _check_known(f"{field}.optional", home_type.optional, catalog.area_kinds)
    if all(
        catalog.area_kinds[area.kind].is_outdoor
        for area in home_type.areas
        if area.kind in catalog.area_kinds
    ):
        raise ConfigError(f"{field}.areas", [area.key for area in home_type.areas], "add an area indoors")
    seen: list[str] = []
    for number, area in enumerate(home_type.areas):
        at = f"{field}.areas.{number}"
        _check_known(f"{at}.kind", [area.kind], catalog.area_kinds)
        _check_known(f"{at}.floor", [area.floor], home_type.floors)
        _check_known(f"{at}.opens_to", area.opens_to, seen)
        if seen and not area.opens_to:
            raise ConfigError(f"{at}.opens_to", [], f"{area.key} cannot be reached; name an area before it")
        if area.key in seen:
            raise ConfigError(f"{at}.key", area.key, "another area has this key; rename one")
        seen.append(area.key)
    _check_known(f"{field}.optional", home_type.optional.values(), seen)


def _check_device(field: str, device: DeviceType, catalog: "Catalog") -> None:
    roles = [entity.role for entity in device.entities]
    _check_known(f"{field}.areas", device.areas, catalog.area_kinds)
    _check_known(f"{field}.entities.role", roles, catalog.roles)
    _check_known(f"{field}.region_weights", device.region_weights, catalog.regions)
    for product in device.products:
        _check_known(f"{field}.products.lacks", product.lacks, roles)
    private = [kind for kind in device.areas if catalog.area_kinds[kind].is_private]
    if "camera" in roles and private:
        raise ConfigError(f"{field}.areas", private, "no cameras in private rooms; remove them")
    if device.appliance and "appliance" not in roles:
        raise ConfigError(f"{field}.appliance", device.appliance, "add an entity of the role appliance")
    details = [
        catalog.roles[one.role].detail if one.detail is None else one.detail for one in device.entities
    ]
    named = [(catalog.roles[role].domain, detail) for role, detail in zip(roles, details, strict=True)]
    if len(set(named)) < len(named):
        raise ConfigError(f"{field}.entities", roles, "two entities have one name; give one a detail")


def _check_households(catalog: "Catalog") -> None:
    smallest = min(one.adults + one.seniors + one.children[0] for one in catalog.households.kinds.values())
    if smallest != 1:
        raise ConfigError("households.yaml:kinds", smallest, "one kind must fit a home for one person")
    for needed in ("sun", "weather", "person", "tracker", "carbon_intensity", "electricity_price"):
        _check_known("roles.yaml", [needed], catalog.roles)
