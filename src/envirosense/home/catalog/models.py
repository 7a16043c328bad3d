"""What the catalogue's files hold, checked where they are read."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from envirosense.core.config import FrozenModel

type Share = Annotated[float, Field(ge=0.0, le=1.0)]
type Percent = Annotated[float, Field(gt=0.0, le=100.0)]
type Range = tuple[NonNegativeFloat, NonNegativeFloat]
type Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
type Name = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9 -]*$")]  # what a slug can be made of
type Opening = Literal["front", "outer", "inner", "window", "garage"]


def _check_order(name: str, pair: tuple[float, float]) -> None:
    if pair[1] < pair[0]:
        raise ValueError(f"{name} must name the lower end first, not {list(pair)}")


class AreaKind(FrozenModel):
    """One use of a room.

    Attributes:
        names: Its usual name first, then variations.
        window_share: Window over floor area, least and most.
        is_private: A room without cameras.
        has_outer_door: Whether a door leads outside even where no area outside is next to it.
    """

    names: Annotated[tuple[Name, ...], Field(min_length=1)]
    floor_m2: Range
    window_share: tuple[Share, Share] = (0.0, 0.0)
    is_outdoor: bool = False
    is_private: bool = False
    has_outer_door: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _check_order("floor_m2", self.floor_m2)
        _check_order("window_share", self.window_share)
        return self


class FloorPlan(FrozenModel):
    """One storey that homes may have."""

    name: Name
    level: int
    aliases: tuple[str, ...] = ()


class AreaPlan(FrozenModel):
    """One room of a type of homes; `opens_to` names rooms listed before it."""

    key: Slug
    kind: Slug
    floor: Slug
    opens_to: tuple[Slug, ...] = ()


class HomeType(FrozenModel):
    """One type of homes.

    Attributes:
        share: Of a set of homes [%].
        residents: Most people who live there.
        facades: Sides with windows.
        optional: Kind of a room that only some have, and the room that it opens to.
    """

    name: Name
    share: Percent
    residents: PositiveInt
    facades: Annotated[int, Field(ge=1, le=4)]
    floors: Annotated[tuple[Slug, ...], Field(min_length=1)]
    areas: Annotated[tuple[AreaPlan, ...], Field(min_length=1)]
    optional: dict[Slug, Slug] = Field(default_factory=dict)


class Size(FrozenModel):
    """One class of homes by the number of devices, first and last; share of a set [%]."""

    devices: tuple[PositiveInt, PositiveInt]
    share: Percent

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _check_order("devices", self.devices)
        return self


class HomeTypes(FrozenModel):
    """`home_types.yaml`."""

    optional_at_most: Annotated[int, Field(ge=0)]
    optional_share: Share
    name_variation_share: Share
    sizes: dict[Slug, Size]
    types: dict[Slug, HomeType]
    floors: dict[Slug, FloorPlan]


class Place(FrozenModel):
    """A town; `tariffs` lists what its homes may pay by."""

    name: Name
    latitude_deg: Annotated[float, Field(ge=-90.0, le=90.0)]
    longitude_deg: Annotated[float, Field(ge=-180.0, le=180.0)]
    timezone: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z_]+/[A-Z][A-Za-z_]+$")]
    utc_offset_h: Annotated[float, Field(ge=-12.0, le=14.0)]  # of standard time
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    grid_zone: str
    tariffs: Annotated[tuple[Literal["awattar", "tou", "fixed", "two_rate"], ...], Field(min_length=1)]


class Region(FrozenModel):
    """A climate; share of a set [%]."""

    share: Percent
    places: Annotated[tuple[Place, ...], Field(min_length=1)]


class HouseholdKind(FrozenModel):
    """Who lives together; children: fewest and most."""

    share: Percent
    adults: Annotated[int, Field(ge=0)] = 0
    children: tuple[int, int] = (0, 0)
    seniors: Annotated[int, Field(ge=0)] = 0


class Hours(FrozenModel):
    """Middle and standard deviation of the hours of getting up and of going to bed [h]."""

    wake_h: Range
    sleep_h: Range


class Households(FrozenModel):
    """`households.yaml`."""

    kinds: dict[Slug, HouseholdKind]
    work: dict[Literal["office", "remote", "night_shift", "none"], Percent]
    hours: dict[Literal["office", "remote", "night_shift", "school", "none", "senior"], Hours]
    names: Annotated[tuple[Name, ...], Field(min_length=8)]
    pets: dict[Slug, Percent]
    guests_share: Share


class Role(FrozenModel):
    """What an entity is in the simulation; fields as in `model.Entity`."""

    domain: Slug
    device_class: Slug | None = None
    unit: str | None = None
    state_class: Literal["measurement", "total_increasing"] | None = None
    entity_category: Literal["diagnostic", "config"] | None = None
    states: tuple[str, ...] = ()
    decimals: Annotated[int, Field(ge=0, le=6)] = 1
    report_s: PositiveFloat | None = None
    report_change: NonNegativeFloat = 0.0
    supported_features: Annotated[int, Field(ge=0)] = 0
    capabilities: dict[str, Any] = Field(default_factory=dict)
    labels: tuple[Slug, ...] = ()
    detail: str = ""

    @model_validator(mode="after")
    def _states_or_unit(self) -> Self:
        if bool(self.states) == bool(self.unit):
            raise ValueError("give either states or a unit")
        return self


class EntityPlan(FrozenModel):
    """One entity of a device; what is left out is as its role has it."""

    role: Slug
    detail: str | None = None
    device_class: Slug | None = None
    supported_features: Annotated[int, Field(ge=0)] | None = None
    capabilities: dict[str, Any] = Field(default_factory=dict)
    report_s: PositiveFloat | None = None
    report_change: NonNegativeFloat | None = None


class Product(FrozenModel):
    """One model of a device.

    Attributes:
        hub: Protocol that it speaks.
        lacks: Roles of its type that it has not.
        hold_s: How long its motion sensor stays on after the last movement; None where that varies [s].
    """

    maker: str
    model: str
    versions: Annotated[tuple[str, ...], Field(min_length=1)]
    hub: Literal["zigbee", "zwave"] | None = None
    lacks: tuple[Slug, ...] = ()
    hold_s: PositiveFloat | None = None


class DeviceType(FrozenModel):
    """One kind of device.

    Attributes:
        weight: How common it is among what homes have beyond the core.
        areas: Kinds of areas where it is put, with weights; nowhere else.
        area_at_most, home_at_most: How many there are of it at most.
        opening: Which door or window it belongs to.
        active_w, standby_w: Power at work and idle [W].
        appliance: What is plugged in, where the device is a plug for one machine.
        region_weights: How much more common it is in some climates, as a factor.
        provides: Protocol that it gives the home.
    """

    name: Name
    category: Literal["security", "climate", "lighting", "appliances", "monitoring", "infrastructure"]
    weight: NonNegativeFloat
    areas: Annotated[dict[Slug, PositiveFloat], Field(min_length=1)]
    area_at_most: PositiveInt = 1
    home_at_most: PositiveInt = 100
    opening: Opening | None = None
    is_battery_powered: bool = False
    active_w: NonNegativeFloat = 0.0
    standby_w: NonNegativeFloat = 0.0
    labels: tuple[Slug, ...] = ()
    appliance: Slug | None = None
    region_weights: dict[Slug, NonNegativeFloat] = Field(default_factory=dict)
    provides: Literal["zigbee", "zwave"] | None = None
    products: Annotated[tuple[Product, ...], Field(min_length=1)]
    entities: tuple[EntityPlan, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.is_battery_powered and self.active_w:
            raise ValueError("a device on a battery draws no power from the mains: remove active_w")
        if self.standby_w > self.active_w:
            raise ValueError("standby_w must not exceed active_w")
        if all(product.hub == "zwave" for product in self.products):
            raise ValueError("needs a product that works without a Z-Wave controller")
        return self


class CoreDevice(FrozenModel):
    """A device that comes before all others: in the first of these kinds of areas that the home has."""

    device: Slug
    areas: Annotated[tuple[Slug, ...], Field(min_length=1)]
    share: Share = 1.0


class Core(FrozenModel):
    """`core.yaml`."""

    core: tuple[CoreDevice, ...]
