import functools
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from envirosense.home.homeassistant import event_lines, write_home_assistant
from tests.home.homeassistant.ha_cases import START_UTC, evening, first, some_days

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
KEYS = {"entity_id", "state", "attributes", "last_changed", "last_reported", "last_updated", "context"}


@pytest.fixture(scope="module")
def told(small_home):
    return [json.loads(line)["event"] for line in event_lines(small_home, evening(small_home), START_UTC)]


def test_every_event_is_a_line_of_json(small_home):
    log = some_days(small_home, 1)
    lines = list(event_lines(small_home, log, START_UTC))
    assert len(lines) == len(log)
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)
    assert {json.loads(line)["type"] for line in lines} == {"event"}


def test_the_old_state_is_the_last_new_one(small_home):
    last = {}
    for line in event_lines(small_home, some_days(small_home, 200, per_day=250), START_UTC):
        data = json.loads(line)["event"]["data"]
        if data["entity_id"] in last:
            assert data["old_state"] == last[data["entity_id"]]
        last[data["entity_id"]] = data["new_state"]


def test_the_first_change_is_from_the_state_at_the_start(small_home, told):
    motion = told[0]["data"]
    assert (motion["old_state"]["state"], motion["new_state"]["state"]) == ("off", "on")
    assert datetime.fromisoformat(motion["old_state"]["last_changed"]) == START_UTC
    assert set(motion["new_state"]) == KEYS
    assert next(one for one in told if "temperature" in one["data"]["entity_id"])["data"]["old_state"] is None


def test_a_change_of_brightness_leaves_the_last_change(small_home, told):
    light = small_home.entities[small_home.with_role("light")[0]].entity_id
    changes = [one["data"] for one in told if one["event_type"] == "state_changed"]
    dimmed = [one["new_state"] for one in changes if one["entity_id"] == light][1]
    assert dimmed["attributes"]["brightness"] == 80
    moments = [datetime.fromisoformat(dimmed[name]) for name in ("last_changed", "last_updated")]
    assert [moment - START_UTC for moment in moments] == [timedelta(seconds=10.3), timedelta(seconds=40)]


def test_contexts_tell_what_home_assistant_knows(told):
    motion, automation, lamp = (one["context"] for one in told[:3])
    assert (motion["parent_id"], motion["user_id"]) == (None, None)
    assert automation["parent_id"] == motion["id"]
    assert lamp == automation
    assert told[1]["event_type"] == "automation_triggered"
    assert told[4]["event_type"] == "voice_command"
    assert told[5]["context"] == told[4]["context"]
    assert len(told[5]["context"]["user_id"]) == 32


def test_contexts_are_those_of_the_recorder(tmp_path, small_home, told):
    write_home_assistant(tmp_path, small_home, [], evening(small_home), START_UTC)
    with closing(sqlite3.connect(tmp_path / "home-assistant_v2.db")) as database:
        stored = {
            row[0]
            for table in ("states", "events")
            for row in database.execute(f"SELECT context_id_bin FROM {table}")
        }
    ids = [one["context"]["id"] for one in told]
    numbers = [
        functools.reduce(lambda sum_, letter: 32 * sum_ + LETTERS.index(letter), one, 0) for one in ids
    ]
    missing = [one for one, number in zip(told, numbers, strict=True) if number.to_bytes(16) not in stored]
    assert [one["data"]["entity_id"] for one in missing] == [  # what repeats a state is none to the recorder
        small_home.entities[first(small_home, role)].entity_id for role in ("temperature", "door")
    ]


def test_names_with_percent_signs_and_accents_stay(small_home):
    number = first(small_home, "motion")
    entities = list(small_home.entities)
    entities[number] = replace(entities[number], name="Küche 100 %b")
    home = replace(small_home, entities=tuple(entities))
    line = next(iter(event_lines(home, evening(home), START_UTC)))
    assert json.loads(line)["event"]["data"]["new_state"]["attributes"]["friendly_name"] == "Küche 100 %b"
