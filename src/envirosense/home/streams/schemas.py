"""Streams of a home's episode: their columns."""

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from envirosense.datasets.schema import TICK, Column, stream_schema

_TEXT, _I8, _I32, _F32, _F64, _FLAG = (
    pa.string(), pa.int8(), pa.int32(), pa.float32(), pa.float64(), pa.bool_(),
)  # fmt: skip
_TIME = pa.timestamp("us", "UTC")
_KEY: Final = {"key": "own", "encoding": "DELTA_BINARY_PACKED"}
_RISING: Final = {"encoding": "DELTA_BINARY_PACKED"}
_OF_HOMES: Final = {"units": "mixed"}  # not the same for all homes: no statistic over them
_EVENT_NO = Column("event_no", _I32, "1", "number of the event within the home", False, _KEY)
_ENTITY_KEY = Column("entity_id", _TEXT, "", "Home Assistant's name of the entity", False, {"key": "own"})
_EVENT_ID = Column("event_id", _I32, "1", "number of the failure within the home", False)
_PATTERN = Column("pattern_id", _TEXT, "", "name of the pattern within the home", False, {"key": "own"})


def _text(name: str, description: str, nullable: bool = False) -> Column:
    return Column(name, _TEXT, "", description, nullable)


SCHEMAS: Final[Mapping[str, pa.Schema]] = {
    "ha_events": stream_schema(
        (
            _EVENT_NO,
            Column("time_fired", _TIME, "", "when it happened, in order", False, _RISING),
            _text("type", "event type, one of seven"),
            _text("entity_id", "entity that it is about"),
            _text("old_state", "state before; null for the first one known", True),
            _text("new_state", "state after; null where the event changes no state", True),
            Column("value", _F32, "", "the number itself; brightness or set point of others; null for none"),
            Column("context_no", _I32, "1", "event whose context it carries", False, _RISING),
            Column("parent_no", _I32, "1", "event whose context is that context's parent; null for none"),
            _text("user", "person that asked through Home Assistant; null for nobody", True),
        ),
        {"role": "history"},
    ),
    "messages": stream_schema(
        (
            Column("message_no", _I32, "1", "number of the message within the home", False, _KEY),
            Column("event_no", _I32, "1", "event that it tells of; a lost one has none", False, _RISING),
            Column("arrived", _TIME, "", "when it comes, in order; events keep their time", False, _RISING),
        ),
        {"role": "history"},
    ),
    "context": stream_schema(
        (
            TICK,
            Column("air_c", _F32, "degC", "outdoor air"),
            Column("humidity_pct", _F32, "%", "outdoor relative humidity"),
            Column("wind_m_s", _F32, "m/s", "wind at ten metres"),
            Column("rain_mm_h", _F32, "mm/h", "rain"),
            Column("cloud_share", _F32, "1", "share of the sky that is covered"),
            Column("ghi_w_m2", _F32, "W/m2", "global horizontal irradiance"),
            Column("sun_elevation_deg", _F32, "deg", "of the sun's centre"),
            Column("carbon_g_kwh", _F32, "g/kWh", "carbon intensity of the grid"),
            Column("price_per_kwh", _F32, "1/kWh", "price in the home's own currency", True, _OF_HOMES),
            Column("local_h", _F32, "h", "hour of the local day"),
            Column("weekday", _I8, "1", "0 on Monday, local"),
            Column("is_holiday", _FLAG, "", "public holiday where the home stands"),
        ),
        {"role": "reading"},
    ),
    "entities": stream_schema(
        (
            _ENTITY_KEY,
            _text("unique_id", "name that never changes"),
            _text("name", "friendly name"),
            _text("role", "what it is in the simulation"),
            _text("domain", "part of the id before the point"),
            _text("device_id", "device it belongs to", True),
            _text("area_id", "area it stands in", True),
            _text("device_class", "Home Assistant's class", True),
            _text("unit_of_measurement", "unit of its numbers", True),
            _text("state_class", "Home Assistant's class of a number", True),
        ),
        {"role": "registry"},
    ),
    "devices": stream_schema(
        (
            Column("device_id", _TEXT, "", "identifier", False, {"key": "own"}),
            _text("name", "name"),
            _text("device_type", "key of the device catalogue"),
            _text("area_id", "area it stands in"),
            _text("manufacturer", "who makes it"),
            _text("model", "what it is called there"),
            _text("sw_version", "version of its firmware"),
            Column("active_w", _F32, "W", "power while it works", False),
            Column("standby_w", _F32, "W", "power while it does not", False),
            Column("is_battery_powered", _FLAG, "", "whether it has no plug", False),
        ),
        {"role": "registry"},
    ),
    "areas": stream_schema(
        (
            Column("area_id", _TEXT, "", "identifier", False, {"key": "own"}),
            _text("name", "name"),
            _text("kind", "what it is used as"),
            _text("floor_id", "floor it lies on"),
            _text("adjacent", "areas that it leads to, with commas"),
            Column("floor_m2", _F32, "m2", "size", False),
            Column("is_outdoor", _FLAG, "", "whether it lies outside", False),
        ),
        {"role": "registry"},
    ),
    "automations": stream_schema(
        (
            _ENTITY_KEY,
            _text("alias", "name"),
            _text("config", "the automation as Home Assistant writes it, JSON"),
        ),
        {"role": "registry"},
    ),
    "causes": stream_schema(
        (
            _EVENT_NO,
            _text("origin", "device, person, app, automation or fault"),
            _text("resident", "who did it; null for nobody", True),
            Column("cause_no", _I32, "1", "event that it follows from; null for none"),
            _text("rule", "habit or automation that made it; null for none", True),
        ),
        {"role": "truth"},
    ),
    "stays": stream_schema(
        (
            Column("stay_no", _I32, "1", "number of the stay within the home", False, _KEY),
            _text("resident", "who"),
            _text("area_id", "where; null for away", True),
            _text("activity", "doing what"),
            Column("start_s", _F64, "s", "begin, since the episode's start", False),
            Column("end_s", _F64, "s", "end", False),
        ),
        {"role": "truth"},
    ),
    "patterns": stream_schema(
        (
            _PATTERN,
            _text("kind", "kind of the pattern"),
            Column("is_distractor", _FLAG, "", "planted to mislead: no pattern", False),
            _text("description", "the same in words"),
            _text("trigger", "entity and state that start it, or the time of the day"),
            _text("actions", "entities and states that follow, with commas"),
            Column("probability", _F32, "1", "planted share of its triggers that are followed", False),
            Column("delay_s", _F32, "s", "median time from trigger to action; null for one by the clock"),
            Column("n_triggers", _I32, "1", "triggers that it met; null for a distractor"),
            Column("n_followed", _I32, "1", "of them followed"),
            Column("confidence", _F32, "1", "share followed; null without a trigger"),
            Column("support", _F32, "1/d", "events a day while it lives"),
            Column("lift", _F32, "1", "share followed in the stream over that by chance; null without any"),
            _text("definition", "all of it, JSON of schema envirosense.home.truth 1"),
        ),
        {"role": "label"},
    ),
    "occurrences": stream_schema(
        (
            Column("occurrence_no", _I32, "1", "number of the occurrence within the home", False, _KEY),
            _text("pattern", "name of the pattern"),
            _text("outcome", "what became of the trigger"),
            Column("trigger_s", _F64, "s", "when it was triggered, since the episode's start", False),
            Column("trigger_no", _I32, "1", "event that triggered it; null by the clock, or lost"),
            Column("action_no", _I32, "1", "event that it made; null for none"),
        ),
        {"role": "label"},
    ),
    "synergies": stream_schema(
        (
            Column("synergy_no", _I32, "1", "number of the pair within the home", False, {"key": "own"}),
            _text("relationship", "how the two belong together"),
            _text("trigger", "entity that would start it"),
            _text("action", "entity that would follow"),
            _text("status", "used, latent or none"),
            _text("area_id", "area of the action; null for none", True),
            Column("is_same_area", _FLAG, "", "whether both stand in one area", False),
            _text("rules", "what links them, names with commas; empty for none"),
            Column("follow_rate", _F32, "1", "share of the trigger's changes that the other followed"),
            Column("lift", _F32, "1", "that share over the one by chance"),
            Column("n_triggers", _I32, "1", "changes of the trigger", False),
        ),
        {"role": "label"},
    ),
    "events": stream_schema(
        (
            _EVENT_ID,
            _text("event_type", "kind of the failure"),
            _text("category", "always system"),
            _text("entities", "entities that show it, with commas"),
            _text("symptom", "what can be seen of it"),
            Column("onset_s", _F64, "s", "it begins", False),
            Column("clearance_s", _F64, "s", "it is over; null while not"),
        ),
        {"role": "event"},
    ),
    "labels": stream_schema(
        (
            TICK,
            _EVENT_ID,
            _text("event_type", "kind of the failure"),
            _text("stage", "active"),
            Column("progress", _F32, "1", "share of it that is over", False),
        ),
        {"role": "label"},
    ),
}  # fmt: skip
