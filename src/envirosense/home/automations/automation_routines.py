"""Automations by the clock that people have. Times and their shares are assumed."""

from collections.abc import Iterator

from envirosense.home.automations.automation_ground import (
    HOUR_S,
    MINUTE_S,
    WORKDAYS,
    Ground,
    calling,
    dimmed,
    moment,
    some,
    sunset,
)
from envirosense.home.automations.automation_plans import Action, Plan, Trigger
from envirosense.home.engine.rules import ALL_DAYS

_REMINDERS = (
    ("Bins", 17.0, 20.0, (0b000_0001, 0b000_0010, 0b000_0100, 0b000_1000)),
    ("Medicine", 7.5, 9.0, (ALL_DAYS,)),
    ("Homework", 15.0, 17.0, (0b000_1111,)),
    ("Water the plants", 18.0, 19.5, (0b001_0000, 0b010_0000, 0b000_1001)),
)


def evening_lamp(ground: Ground) -> Iterator[Plan]:
    """A room's lamp between dusk and bedtime."""
    for area in ground.home.areas:
        lights = ground.actions("on", "light", area=area)
        if not lights or area.kind in ("bathroom", "toilet", "storage", "pantry", "garage", "laundry"):
            continue
        rng = ground.rng("evening_lamp", area.area_id)
        lamps = dimmed(lights[-1 - int(rng.integers(2)) :], rng, (77.0, 102.0, 128.0, float("nan")))
        yield Plan(
            "evening_lamp",
            area.area_id,
            f"{area.name} evening light",
            "A little light when it gets dark.",
            (sunset(rng) if rng.random() < 0.6 else moment(rng, 16.5, 19.5),),
            lamps,
            ground.somebody(rng) if rng.random() < 0.6 else (),
        )
        yield Plan(
            "evening_lamp_off",
            area.area_id,
            f"{area.name} evening light off",
            "Off at bedtime.",
            (moment(rng, 22.0, 24.5), *ground.triggers("off", "media", area=area, hold_s=HOUR_S)[:1]),
            tuple(Action(ground.state(one.to.number, "off")) for one in lamps),
            (lamps[0].to,) if rng.random() < 0.5 else (),
            drawn_as="evening_lamp",
        )


def wake_light(ground: Ground) -> Iterator[Plan]:
    """Light to wake up by on working days."""
    for resident in ground.home.residents:
        area = ground.home.areas[ground.home.area_index[resident.bedroom]]
        lights = ground.actions("on", "light", area=area)[:1]
        if not lights or resident.work == "none":
            continue
        rng = ground.rng("wake_light", resident.resident_id)
        persons = tuple(
            one
            for one in ground.all("home", "person")
            if one.entity.capabilities.get("resident") == resident.resident_id
        )
        early_s = some(rng, (10, 15, 20)) * MINUTE_S
        at_s = (round(resident.wake_h * 4) * 15 * MINUTE_S - early_s) % (24 * HOUR_S)
        yield Plan(
            "wake_light",
            resident.resident_id,
            f"Wake {resident.name}",
            "From a blueprint: light before the alarm clock.",
            (Trigger(at_s=at_s),),
            dimmed(lights, rng, (13.0, 26.0, 51.0)),
            persons,
            days=WORKDAYS,
        )


def reminders(ground: Ground) -> Iterator[Plan]:
    """What somebody is told at a time of the week."""
    for name, first_h, last_h, days in _REMINDERS:
        if name == "Homework" and all(one.work != "school" for one in ground.home.residents):
            continue
        rng = ground.rng("reminder", name)
        notice = calling("script", f"Remind {name}", (), f"reminder/{name}")
        yield Plan(
            "reminder",
            name,
            f"Reminder {name}",
            "Tells whoever is home.",
            (moment(rng, first_h, last_h),),
            (Action(notice.to),),
            ground.somebody(rng),
            days=int(some(rng, days)),
            scripts=(notice,),
        )


def bedtime(ground: Ground) -> Iterator[Plan]:
    """Children's rooms in the evening."""
    for area in ground.home.areas:
        lights = ground.actions("on", "light", area=area)
        if area.kind != "kids_room" or not lights:
            continue
        rng = ground.rng("bedtime", area.area_id)
        rest = (*ground.actions("off", "media", area=area), *ground.actions("closed", "cover", area=area))
        yield Plan(
            "bedtime",
            area.area_id,
            f"{area.name} bedtime",
            "Dim light, and quiet.",
            (moment(rng, 19.0, 20.5),),
            (*dimmed(lights[:1], rng, (26.0, 51.0)), *rest[:3]),
            (lights[0].to,) if rng.random() < 0.5 else (),
        )


def radio(ground: Ground) -> Iterator[Plan]:
    """A player in the morning."""
    for player in ground.all("playing", "media"):
        area = ground.area_of(player)
        is_sound = player.entity.device_class in ("speaker", None)
        if (
            is_sound
            and area
            and area.kind in ("kitchen", "bathroom", "bedroom", "studio_room", "living_room")
        ):
            place = player.entity.entity_id
            rng = ground.rng("radio", place)
            off = Action(ground.state(player.number, "off"), delay_s=some(rng, (30, 45, 60)) * MINUTE_S)
            at = (moment(rng, 6.0, 8.0),)
            yield Plan("radio", place, f"{area.name} radio", "", at, (Action(player), off), days=WORKDAYS)


def plugs(ground: Ground) -> Iterator[Plan]:
    """Plugs that are off at night, and a sprinkler's rounds."""
    home = ground.home
    for plug in ground.all("off", "switch"):
        device = home.device_by_id.get(plug.entity.device_id or "")
        kind, place = (device.device_type if device else ""), plug.entity.entity_id
        rng = ground.rng("plugs", place)
        on = Action(ground.state(plug.number, "on"))
        if kind == "sprinkler":
            off = Action(plug, delay_s=some(rng, (10, 15, 20)) * MINUTE_S)
            early, late = moment(rng, 5.0, 6.5), moment(rng, 20.0, 21.5)
            yield Plan("sprinkler", place, f"{plug.entity.name} rounds", "", (early, late), (on, off))
        elif kind == "towel_heater":
            off = Action(plug, delay_s=some(rng, (30, 60)) * MINUTE_S)
            yield Plan("towels", place, f"{plug.entity.name} warm", "", (moment(rng, 5.5, 7.0),), (on, off))
        else:
            at = (moment(rng, 22.5, 25.0),)
            yield Plan("plugs", place, f"{plug.entity.name} off at night", "", at, (Action(plug),), (on.to,))
