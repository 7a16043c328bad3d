"""A device of the catalogue as one thing in one home: model, ids, names and entities."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from envirosense.core.rng import stream
from envirosense.home.building.naming import UniqueNames, hex_id, slug
from envirosense.home.building.placement import outdoor_neighbours
from envirosense.home.catalog import Catalog
from envirosense.home.catalog.models import DeviceType, EntityPlan, Product
from envirosense.home.model import Area, Device, Entity

OUTSIDE: Final = "outside"
SAME_PRODUCT: Final = 0.8  # of the devices of one type, how many are of the home's favourite model; assumed
IN_OPENING: Final = frozenset({"door", "window", "lock", "garage"})  # roles that say what they lie between
SPOKEN_TO: Final = frozenset(
    {"light", "switch", "lock", "cover", "media_player", "vacuum", "fan", "climate", "camera"}
)


@dataclass(slots=True)
class DeviceMaker:
    """Makes the devices of one home, one after the other, so that no name is given twice.

    Attributes:
        protocols: Device id of what provides each radio protocol, filled while devices are made.
    """

    catalog: Catalog
    areas: Sequence[Area]
    seed: int
    protocols: dict[str, str] = field(default_factory=dict)
    _device_names: UniqueNames = field(default_factory=UniqueNames)
    _entity_ids: UniqueNames = field(default_factory=UniqueNames)

    def make(self, device_type: str, area: Area) -> tuple[Device, tuple[Entity, ...]]:
        """One device with its entities."""
        kind = self.catalog.devices[device_type]
        name = self._device_names.take(f"{area.name} {kind.name}")
        device_id = hex_id(self.seed, "device", name)
        product, version = self._product(device_type, kind, name)
        if kind.provides:
            self.protocols[kind.provides] = device_id
        labels = tuple(dict.fromkeys((*kind.labels, *area.labels)))
        device = Device(
            device_id=device_id,
            name=name,
            device_type=device_type,
            area_id=area.area_id,
            manufacturer=product.maker,
            model=product.model,
            sw_version=version,
            active_w=kind.active_w,
            standby_w=kind.standby_w,
            is_battery_powered=kind.is_battery_powered,
            via_device_id=self.protocols.get(product.hub or ""),
            labels=labels,
        )
        plans = [plan for plan in kind.entities if plan.role not in product.lacks]
        return device, tuple(self._entity(plan, device, kind, product, area) for plan in plans)

    def _product(self, device_type: str, kind: DeviceType, name: str) -> tuple[Product, str]:
        """Model and firmware: mostly the one that the home has of this type already."""
        usable = [one for one in kind.products if one.hub is None or one.hub in self.protocols]
        usable = usable or list(kind.products)
        favourite = int(stream(self.seed, "home", "product", device_type).integers(len(usable)))
        draw = stream(self.seed, "home", "device", name)
        is_other, other, version = draw.random() >= SAME_PRODUCT, draw.integers(len(usable)), draw.random()
        product = usable[other if is_other else favourite]
        return product, product.versions[int(version * len(product.versions))]

    def _entity(
        self, plan: EntityPlan, device: Device, kind: DeviceType, product: Product, area: Area
    ) -> Entity:
        role = self.catalog.roles[plan.role]
        detail = role.detail if plan.detail is None else plan.detail
        name = f"{device.name} {detail}".rstrip()
        return Entity(
            entity_id=self._entity_ids.take(f"{role.domain}.{slug(name)}", joint="_"),
            unique_id=f"{device.device_id}_{plan.role}",
            role=plan.role,
            name=name,
            device_id=device.device_id,
            area_id=area.area_id,
            device_class=plan.device_class or role.device_class,
            unit=role.unit,
            state_class=role.state_class,
            entity_category=role.entity_category,
            states=role.states,
            decimals=role.decimals,
            report_s=role.report_s if plan.report_s is None else plan.report_s,
            report_change=role.report_change if plan.report_change is None else plan.report_change,
            supported_features=(
                role.supported_features if plan.supported_features is None else plan.supported_features
            ),
            capabilities=dict(self._capabilities(plan, kind, product, area)),
            aliases=_aliases(role.domain, device, area),
            labels=tuple(dict.fromkeys((*role.labels, *device.labels))),
        )

    def _capabilities(
        self, plan: EntityPlan, kind: DeviceType, product: Product, area: Area
    ) -> Iterator[tuple[str, object]]:
        yield from self.catalog.roles[plan.role].capabilities.items()
        yield from plan.capabilities.items()
        if kind.appliance and plan.role == "appliance":
            yield "appliance", kind.appliance
        if product.hold_s is not None and plan.role == "motion":
            yield "hold_s", product.hold_s
        if plan.role in IN_OPENING:
            yield "between", [area.area_id, _other_side(kind, area, self.areas)]


def _other_side(kind: DeviceType, area: Area, areas: Sequence[Area]) -> str:
    """Id of the area behind the door, or `outside`."""
    match kind.opening:
        case "inner":
            return area.adjacent[0]
        case "outer":
            return next(iter(outdoor_neighbours(area, areas)), OUTSIDE)
        case _:
            return OUTSIDE


def _aliases(domain: str, device: Device, area: Area) -> tuple[str, ...]:
    """What one may call it when speaking to it."""
    if domain not in SPOKEN_TO:
        return ()
    short = device.name.removeprefix(area.name).strip()
    return (f"{short} in the {area.name}".lower(),)
