"""Automations of lights and blinds that people have. Times, levels and their shares are assumed."""

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

_NAN = float("nan")
_LEVELS = (_NAN, _NAN, 102.0, 153.0, 204.0, 255.0)
_LIVING = ("living_room", "studio_room", "dining_room", "kitchen", "hallway", "entryway")
_ENTRY = ("entryway", "hallway", "living_room", "studio_room")


def motion_light(ground: Ground) -> Iterator[Plan]:
    """A room's light with motion in the dark, and off when there was none for a while."""
    for area in ground.home.areas:
        sensors = ("motion", "occupancy")
        on = ground.triggers("on", *sensors, area=area)[:2]
        lights = ground.actions("on", "light", area=area)
        if not on or not lights:
            continue
        rng = ground.rng("motion_light", area.area_id)
        number = 1 + int(rng.integers(3))
        asks = rng.random() < 0.55
        is_bedroom = area.kind in ("bedroom", "kids_room", "guest_room")
        yield Plan(
            "motion_light",
            area.area_id,
            f"{area.name} motion light on",
            "From a blueprint: light that follows motion.",
            on,
            dimmed(lights[:number], rng, _LEVELS),
            ground.dark if asks else (),
            from_s=7 * HOUR_S if is_bedroom else 0.0,
            until_s=21 * HOUR_S if is_bedroom else 24 * HOUR_S,
        )
        wait_s = some(rng, (1, 2, 3, 5, 5, 10)) * MINUTE_S
        off = ground.triggers("off", *sensors, area=area, hold_s=wait_s)[:2]
        yield Plan(
            "motion_light_off",
            area.area_id,
            f"{area.name} motion light off",
            "From a blueprint: light that follows motion.",
            off,
            ground.actions("off", "light", area=area)[: number + 1],
            tuple(one.to for one in off if one.to is not None) if len(off) > 1 else (),
            drawn_as="motion_light",
        )


def night_path(ground: Ground) -> Iterator[Plan]:
    """A dim light for whoever gets up at night."""
    for area in ground.home.areas:
        on = ground.triggers("on", "motion", area=area)[:1]
        lights = ground.actions("on", "light", area=area)[:1]
        if on and lights and area.kind in ("hallway", "stairs", "bathroom", "toilet"):
            yield Plan(
                "night_path",
                area.area_id,
                f"{area.name} night light",
                "A little light on the way at night.",
                on,
                dimmed(lights, ground.rng("night_path", area.area_id), (13.0, 26.0, 51.0)),
                from_s=23 * HOUR_S,
                until_s=6 * HOUR_S,
            )


def door_light(ground: Ground) -> Iterator[Plan]:
    """Light for whoever comes in through a door in the dark."""
    for door in ground.outer_doors("on"):
        area = ground.area_of(door)
        lights = ground.actions("on", "light", area=area) if area else ()
        lights = lights or ground.lights_in(_ENTRY, "on")
        if lights:
            rng = ground.rng("door_light", door.entity.entity_id)
            yield Plan(
                "door_light",
                door.entity.entity_id,
                f"Light when {door.entity.name} opens",
                "Light for whoever comes in after dark.",
                (Trigger(door),),
                dimmed(lights[: 1 + int(rng.integers(2))], rng, _LEVELS),
                ground.dark,
            )


def sunset_lights(ground: Ground) -> Iterator[Plan]:
    """Lights of the living rooms at dusk."""
    lights = ground.lights_in(_LIVING[:4], "on")
    if lights:
        rng = ground.rng("sunset_lights", "home")
        yield Plan(
            "sunset_lights",
            "home",
            "Evening lights",
            "Cosy light when the sun goes down.",
            (sunset(rng),),
            dimmed(lights[: 2 + int(rng.integers(3))], rng, (102.0, 128.0, 153.0, 179.0)),
            ground.somebody(rng),
        )


def outdoor_lights(ground: Ground) -> Iterator[Plan]:
    """Lights outside between dusk and bedtime."""
    places = [one.area_id for one in ground.home.areas if one.is_outdoor]
    outdoor = [one for one in ground.all("on", "light") if one.entity.area_id in places]
    if outdoor:
        rng = ground.rng("outdoor_lights", "home")
        on = (sunset(rng),)
        yield Plan(
            "outdoor_lights",
            "home",
            "Outdoor lights on",
            "Garden and porch at dusk.",
            on,
            tuple(Action(one) for one in outdoor[:4]),
        )
        yield Plan(
            "outdoor_lights_off",
            "home",
            "Outdoor lights off",
            "Late, or at the latest when the sun is up.",
            (moment(rng, 22.0, 24.5), *ground.triggers("above_horizon", "sun")),
            tuple(Action(ground.state(one.number, "off")) for one in outdoor[:4]),
            drawn_as="outdoor_lights",
        )


def late_off(ground: Ground) -> Iterator[Plan]:
    """What was left on is put out late in the evening."""
    lights = ground.lights_in(_LIVING, "off")
    if lights:
        rng = ground.rng("late_off", "home")
        media = ground.all("off", "media")[:1] if rng.random() < 0.6 else ()
        yield Plan(
            "late_off",
            "home",
            "Lights off late",
            "Nobody needs them at this hour.",
            (moment(rng, 23.0, 25.0),),
            lights[: 2 + int(rng.integers(4))],
            media,
        )


def covers(ground: Ground) -> Iterator[Plan]:
    """Blinds open in the morning and close at dusk."""
    opened, closed = ground.actions("open", "cover"), ground.actions("closed", "cover")
    if not opened:
        return
    rng = ground.rng("covers", "home")
    by_sun = rng.random() < 0.5
    from_s = some(rng, (6.5, 7, 7.5)) * HOUR_S if by_sun else 0.0
    yield Plan(
        "covers",
        "home",
        "Open the blinds",
        "Daylight in the morning.",
        ground.triggers("above_horizon", "sun") if by_sun else (moment(rng, 6.5, 9.0),),
        opened[:4],
        from_s=from_s,
        until_s=12 * HOUR_S if by_sun else 24 * HOUR_S,
    )
    yield Plan(
        "covers_close",
        "home",
        "Close the blinds",
        "Privacy after dusk.",
        ground.triggers("below_horizon", "sun") if by_sun else (sunset(rng),),
        closed[:4],
        ground.somebody(rng) if rng.random() < 0.4 else (),
        drawn_as="covers",
    )


def film(ground: Ground) -> Iterator[Plan]:
    """Dim light while something plays, and light again afterwards."""
    for player in ground.all("playing", "media"):
        area = ground.area_of(player)
        lights = ground.actions("on", "light", area=area)[:3] if area else ()
        if not area or not lights:
            continue
        rng, place = ground.rng("film", player.entity.entity_id), player.entity.entity_id
        dim = (*dimmed(lights[:1], rng, (26.0, 38.0, 51.0)), *ground.actions("off", "light", area=area)[1:3])
        scene = calling("scene", f"{area.name} film", dim, f"film/{place}")
        yield Plan(
            "film",
            place,
            f"{area.name} film light",
            "Dim light when something plays in the dark.",
            (Trigger(player),),
            (Action(scene.to),),
            ground.dark,
            from_s=16 * HOUR_S,
            until_s=2 * HOUR_S,
            scripts=(scene,),
        )
        yield Plan(
            "film_over",
            place,
            f"{area.name} light after a film",
            "Light again when it is over.",
            tuple(Trigger(ground.state(player.number, state)) for state in ("idle", "off")),
            dimmed(lights[:1], rng, (102.0, 153.0)),
            ground.dark,
            drawn_as="film",
        )


def morning(ground: Ground) -> Iterator[Plan]:
    """A scene of light that people get up to on working days."""
    lights = ground.lights_in(("kitchen", "bathroom", "studio_room", "hallway"), "on")
    if lights:
        rng = ground.rng("morning", "home")
        scene = calling(
            "scene", "Good morning", dimmed(lights[:3], rng, (77.0, 102.0, 128.0)), "morning/home"
        )
        yield Plan(
            "morning",
            "home",
            "Good morning",
            "Soft light to get up to.",
            (moment(rng, 6.0, 7.5),),
            (Action(scene.to),),
            (*ground.dark, *ground.somebody(rng)),
            days=WORKDAYS,
            scripts=(scene,),
        )
