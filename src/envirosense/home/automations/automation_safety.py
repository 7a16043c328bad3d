"""Automations of presence, safety and appliances that people have. Times and their shares are assumed."""

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
)
from envirosense.home.automations.automation_plans import Action, Plan, Script, Trigger

_ENTRY = ("entryway", "hallway", "living_room", "studio_room")


def _notice(kind: str, place: str, name: str) -> Script:
    return calling("script", f"Notify {name}", (), f"{kind}/{place}/notify")


def away(ground: Ground) -> Iterator[Plan]:
    """All off when the last one has left."""
    lights = ground.actions("off", "light")
    if ground.nobody_home and lights:
        rng = ground.rng("away", "home")
        media = ground.actions("off", "media")[:2]
        yield Plan(
            "away",
            "home",
            "All off when nobody is home",
            "From a blueprint: the last one out needs to switch off nothing.",
            ground.triggers("not_home", "person"),
            (*lights[: 3 + int(rng.integers(8))], *media),
            ground.nobody_home,
        )


def arriving(ground: Ground) -> Iterator[Plan]:
    """Light for whoever comes home in the dark."""
    persons, lights = ground.triggers("home", "person"), ground.lights_in(_ENTRY, "on")
    if persons and lights:
        rng = ground.rng("arriving", "home")
        yield Plan(
            "arriving",
            "home",
            "Welcome home",
            "Light for whoever comes home after dark.",
            persons[:2],
            dimmed(lights[: 1 + int(rng.integers(2))], rng, (float("nan"), 153.0, 204.0)),
            ground.dark,
        )


def alarm(ground: Ground) -> Iterator[Plan]:
    """The alarm follows presence and night."""
    for panel in ground.all("disarmed", "alarm")[:1]:
        rng = ground.rng("alarm", "home")
        disarm, arm, night = (
            Action(ground.state(panel.number, state)) for state in ("disarmed", "armed_away", "armed_home")
        )
        hold_s = some(rng, (0, 2, 5)) * MINUTE_S
        yield Plan(
            "alarm_away",
            "home",
            "Arm the alarm when nobody is home",
            "Forgets nothing.",
            ground.triggers("not_home", "person", hold_s=hold_s),
            (arm,),
            ground.nobody_home,
        )
        yield Plan(
            "alarm_home",
            "home",
            "Disarm the alarm for the family",
            "For whoever has a phone that is known.",
            ground.triggers("home", "person"),
            (disarm,),
            (arm.to,),
            drawn_as="alarm_away",
        )
        yield Plan(
            "alarm_night",
            "home",
            "Arm the alarm at night",
            "While everybody sleeps.",
            (moment(rng, 23.0, 25.0),),
            (night,),
            (panel, *ground.somebody(rng)),
        )
        yield Plan(
            "alarm_morning",
            "home",
            "Disarm the alarm in the morning",
            "Before anybody opens a window.",
            (moment(rng, 5.5, 7.0),),
            (disarm,),
            (night.to,),
            drawn_as="alarm_night",
        )
        siren = ground.actions("on", "siren")[:1]
        if moved := ground.triggers("on", "motion", "occupancy")[:3]:
            notice = _notice("intruder", "home", "motion while armed")
            yield Plan(
                "intruder",
                "home",
                "Motion while nobody is home",
                "From a blueprint: tells and sounds the siren.",
                moved,
                (*siren, Action(notice.to)),
                (arm.to,),
                scripts=(notice,),
            )


def locks(ground: Ground) -> Iterator[Plan]:
    """Locks at night, and behind a door that was closed for a while."""
    for lock in ground.all("locked", "lock"):
        place, name = lock.entity.entity_id, lock.entity.name
        rng = ground.rng("lock_night", place)
        is_open = (ground.state(lock.number, "unlocked"),)
        at = (moment(rng, 21.5, 24.0),)
        yield Plan("lock_night", place, f"Lock {name} at night", "", at, (Action(lock),), is_open)
        area = ground.area_of(lock)
        doors = [one for one in ground.outer_doors("off") if area and one.entity.area_id == area.area_id]
        if doors:
            yield Plan(
                "auto_lock",
                place,
                f"Lock {name} after closing",
                "From a blueprint: locks a door that was closed for a while.",
                (Trigger(doors[0], some(rng, (2, 3, 5, 10)) * MINUTE_S),),
                (Action(lock),),
                is_open,
            )


def alerts(ground: Ground) -> Iterator[Plan]:
    """Smoke, water, doors left open, machines that are done: somebody is told."""
    siren = ground.actions("on", "siren")[:1]
    if smoke := ground.triggers("on", "smoke")[:2]:
        notice = _notice("smoke", "home", "smoke")
        escape = (*ground.lights_in(_ENTRY, "on")[:3], *ground.actions("unlocked", "lock")[:1])
        found = (*siren, *escape, Action(notice.to))
        yield Plan("smoke", "home", "Smoke alarm", "Light and an open door.", smoke, found, scripts=(notice,))
    if leak := ground.triggers("on", "leak")[:3]:
        notice = _notice("leak", "home", "water leak")
        found = (*siren, Action(notice.to))
        yield Plan("leak", "home", "Water leak", "Tells at once.", leak, found, scripts=(notice,))
    for door in ground.outer_doors("on"):
        place = door.entity.entity_id
        rng, notice = ground.rng("left_open", place), _notice("left_open", place, f"{door.entity.name} open")
        yield Plan(
            "left_open",
            place,
            f"{door.entity.name} left open",
            "From a blueprint: tells when a door stays open.",
            (Trigger(door, some(rng, (3, 5, 10)) * MINUTE_S),),
            (Action(notice.to),),
            ground.nobody_home[:1] if rng.random() < 0.3 else (),
            scripts=(notice,),
        )
    for done in ground.appliances("off", "washing_machine", "dryer", "dishwasher"):
        place = done.entity.entity_id
        notice = _notice("done", place, f"{done.entity.name} done")
        rng = ground.rng("done", place)
        yield Plan(
            "done",
            place,
            f"{done.entity.name} is done",
            "Tells whoever is there.",
            (Trigger(done),),
            (Action(notice.to),),
            ground.somebody(rng),
            scripts=(notice,),
        )


def goodnight(ground: Ground) -> Iterator[Plan]:
    """One script that puts the home to bed."""
    parts = (
        *ground.actions("off", "light"),
        *ground.actions("off", "media"),
        *ground.actions("locked", "lock"),
        *ground.actions("closed", "cover")[:2],
    )
    if parts:
        rng = ground.rng("goodnight", "home")
        script = calling("script", "Good night", parts, "goodnight/home")
        yield Plan(
            "goodnight",
            "home",
            "Good night",
            "Puts the home to bed.",
            (moment(rng, 23.5, 25.0),),
            (Action(script.to),),
            ground.somebody(rng),
            scripts=(script,),
        )


def media_night(ground: Ground) -> Iterator[Plan]:
    """Players that somebody fell asleep before."""
    if media := ground.actions("off", "media"):
        rng = ground.rng("media_night", "home")
        at = (moment(rng, 24.0, 26.0),)
        yield Plan("media_night", "home", "Players off at night", "", at, media[: 1 + int(rng.integers(3))])


def standby(ground: Ground) -> Iterator[Plan]:
    """The plug behind a player that is off, a heater that was forgotten, the coffee maker."""
    for player in ground.all("off", "media"):
        plugs = [one for one in ground.appliances("off", "tv") if one.entity.area_id == player.entity.area_id]
        if plugs:
            place = player.entity.entity_id
            wait_s = some(ground.rng("standby", place), (15, 30, 60)) * MINUTE_S
            name = f"{player.entity.name} standby off"
            yield Plan("standby", place, name, "", (Trigger(player, wait_s),), (Action(plugs[0]),))
    for heater in ground.appliances("on", "space_heater"):
        place = heater.entity.entity_id
        wait_s = some(ground.rng("forgotten", place), (1, 2, 3)) * HOUR_S
        off = Action(ground.state(heater.number, "off"))
        name = f"{heater.entity.name} forgotten"
        yield Plan("forgotten", place, name, "Not longer than that.", (Trigger(heater, wait_s),), (off,))
    for coffee in ground.appliances("on", "coffee_maker"):
        place = coffee.entity.entity_id
        rng = ground.rng("coffee", place)
        off = Action(ground.state(coffee.number, "off"), delay_s=some(rng, (20, 30, 45)) * MINUTE_S)
        at = (moment(rng, 6.0, 7.5),)
        yield Plan("coffee", place, "Coffee in the morning", "", at, (Action(coffee), off), days=WORKDAYS)


def fans(ground: Ground) -> Iterator[Plan]:
    """A bathroom's fan runs with its light, and after it."""
    for area in ground.home.areas:
        light, fan = ground.all("on", "light", area=area)[:1], ground.all("on", "fan", area=area)[:1]
        if not light or not fan or area.kind not in ("bathroom", "toilet", "laundry"):
            continue
        rng = ground.rng("fans", area.area_id)
        on, off = (some(rng, options) * MINUTE_S for options in ((1, 2, 3), (5, 10, 15)))
        yield Plan(
            "fans",
            area.area_id,
            f"{area.name} fan on",
            "Runs when somebody stays.",
            (Trigger(light[0], on),),
            (Action(fan[0]),),
        )
        yield Plan(
            "fans_off",
            area.area_id,
            f"{area.name} fan off",
            "Runs on for a while.",
            (Trigger(ground.state(light[0].number, "off"), off),),
            (Action(ground.state(fan[0].number, "off")),),
            drawn_as="fans",
        )


def garage(ground: Ground) -> Iterator[Plan]:
    """A garage that was left open."""
    for door in ground.all("open", "garage"):
        place = door.entity.entity_id
        wait_s = some(ground.rng("garage", place), (10, 15, 30)) * MINUTE_S
        notice = _notice("garage", place, f"{door.entity.name} closing")
        shut = Action(ground.state(door.number, "closed"), delay_s=MINUTE_S)
        yield Plan(
            "garage",
            place,
            f"Close {door.entity.name}",
            "Tells first.",
            (Trigger(door, wait_s),),
            (Action(notice.to), shut),
            scripts=(notice,),
        )


def vacuum(ground: Ground) -> Iterator[Plan]:
    """The robot's rounds."""
    for robot in ground.all("cleaning", "vacuum"):
        place = robot.entity.entity_id
        rng = ground.rng("vacuum", place)
        dock = Action(ground.state(robot.number, "docked"), delay_s=some(rng, (30, 45, 60)) * MINUTE_S)
        days = int(some(rng, (0b001_0101, 0b000_1010, WORKDAYS, 0b010_0100)))
        at = (moment(rng, 9.0, 14.0),)
        yield Plan("vacuum", place, f"{robot.entity.name} rounds", "", at, (Action(robot), dock), days=days)
