import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
import yaml

from envirosense.home.homeassistant import VERSIONS, write_home_assistant
from envirosense.home.homeassistant.context_ids import user_id
from envirosense.home.homeassistant.recorder_rows import fnv1a_32
from envirosense.home.model import Entity
from tests.home.homeassistant.ha_cases import (
    HALL_LIGHT,
    START_US,
    START_UTC,
    ByHand,
    by_home_assistant,
    evening,
    first,
    some_days,
)

MINORS = {
    "2025.1.4": {"floor": 2, "label": 2, "area": 7, "device": 8, "entity": 15},
    "2025.4.4": {"floor": 2, "label": 2, "area": 8, "device": 9, "entity": 16},
}


def written(folder, home, log, version=VERSIONS[-1]):
    write_home_assistant(folder, home, [HALL_LIGHT], log, START_UTC, ha_version=version)
    return folder


def rows(folder, question):
    with closing(sqlite3.connect(folder / "home-assistant_v2.db")) as database:
        return database.execute(question).fetchall()


STATES = """
    SELECT s.state_id, state, last_updated_ts, last_changed_ts, old_state_id, hex(context_id_bin),
        hex(context_parent_id_bin), hex(context_user_id_bin), shared_attrs
    FROM states s JOIN states_meta USING (metadata_id) JOIN state_attributes USING (attributes_id)
    WHERE states_meta.entity_id = '{}' ORDER BY s.state_id"""


def states_of(folder, home, number):
    return rows(folder, STATES.format(home.entities[number].entity_id))


def test_a_lamp_keeps_its_history(tmp_path, small_home):
    light = small_home.with_role("light")[0]
    folder = written(tmp_path, small_home, evening(small_home))
    found = states_of(folder, small_home, light)
    start_s = START_US / 1e6
    assert [row[1] for row in found] == ["off", "on", "on", "off"]
    assert [row[2] - start_s for row in found] == pytest.approx([0.0, 10.3, 40.0, 70.0], abs=1e-6)
    # the brightness alone changes at 40 s: the lamp has been on since 10.3 s
    assert [row[3] and row[3] - start_s for row in found] == [None, None, pytest.approx(10.3, abs=1e-6), None]
    assert [row[4] for row in found] == [None, *(row[0] for row in found[:-1])]


def test_a_change_by_an_automation_carries_its_context(tmp_path, small_home):
    folder = written(tmp_path, small_home, evening(small_home))
    motion = states_of(folder, small_home, first(small_home, "motion"))[1]
    lamp = states_of(folder, small_home, small_home.with_role("light")[0])[1]
    ((automation, parent, data),) = rows(
        folder,
        """SELECT hex(context_id_bin), hex(context_parent_id_bin), shared_data FROM events
           JOIN event_types USING (event_type_id) JOIN event_data USING (data_id)
           WHERE event_types.event_type = 'automation_triggered'""",
    )
    assert lamp[5] == automation
    assert lamp[6] == parent == motion[5]
    assert motion[6] == ""
    source = f"state of {small_home.entities[first(small_home, 'motion')].entity_id}"
    assert json.loads(data)["source"] == source


def test_a_voice_command_brings_the_persons_account(tmp_path, small_home):
    folder = written(tmp_path, small_home, evening(small_home))
    other = states_of(folder, small_home, small_home.with_role("light")[1])[1]
    ((command, user),) = rows(
        folder, "SELECT hex(context_id_bin), hex(context_user_id_bin) FROM events WHERE event_type_id = 5"
    )
    assert other[5] == command
    ben = user_id(small_home.home_id, small_home.residents[1].resident_id).hex().upper()
    assert other[7] == user == ben


def test_a_hand_leaves_no_trace_of_the_person(tmp_path, small_home):
    folder = written(tmp_path, small_home, evening(small_home))
    by_hand = states_of(folder, small_home, small_home.with_role("light")[0])[2]
    assert by_hand[6] == by_hand[7] == ""


def test_a_repeated_message_is_no_state(tmp_path, small_home):
    folder = written(tmp_path, small_home, evening(small_home))
    door = states_of(folder, small_home, first(small_home, "door"))
    assert [row[1] for row in door] == ["off", "on"]


def test_numbers_have_their_places_and_silence_has_a_word(tmp_path, small_home):
    folder = written(tmp_path, small_home, evening(small_home))
    warm = states_of(folder, small_home, first(small_home, "temperature"))
    # 21.26 and 21.31 are the same at one place
    assert [row[1] for row in warm][1:] == ["unavailable", warm[-1][1]]
    assert [float(row[1]) for row in warm if row[1] != "unavailable"] == [21.3, 22.0]
    assert json.loads(warm[0][8])["unit_of_measurement"] == "°C"


def test_attributes_are_stored_once_under_their_hash(tmp_path, small_home):
    folder = written(tmp_path, small_home, some_days(small_home, 1))
    found = rows(folder, "SELECT hash, shared_attrs FROM state_attributes")
    assert len({attributes for _, attributes in found}) == len(found)
    assert all(number == fnv1a_32(attributes.encode()) for number, attributes in found)
    lamps = [json.loads(text) for _, text in found if "Lamp" in text]
    assert all("brightness" not in lamp for lamp in lamps)  # the recorder leaves it out


@pytest.mark.parametrize(("text", "number"), [(b"", 0x811C9DC5), (b"a", 0xE40C292C), (b"foobar", 0xBF9CF968)])
def test_the_hash_is_fnv_1a(text, number):
    assert fnv1a_32(text) == number


def test_the_history_of_an_entity_is_a_chain(tmp_path, small_home):
    folder = written(tmp_path, small_home, some_days(small_home, 2))
    broken = """
        SELECT count(*) FROM states s LEFT JOIN states o ON s.old_state_id = o.state_id
        WHERE s.old_state_id IS NOT NULL AND (o.metadata_id IS NULL OR o.metadata_id != s.metadata_id
            OR o.last_updated_ts > s.last_updated_ts OR
            (o.state = s.state AND o.attributes_id = s.attributes_id AND s.last_changed_ts IS NULL))"""
    firsts = "SELECT count(*), count(DISTINCT metadata_id) FROM states WHERE old_state_id IS NULL"
    assert rows(folder, broken) == [(0,)]
    ((n_first, n_entities),) = rows(folder, firsts)
    assert n_first == n_entities


def test_the_file_is_sound(tmp_path, small_home):
    folder = written(tmp_path, small_home, some_days(small_home, 1))
    assert rows(folder, "PRAGMA integrity_check") == [("ok",)]
    assert rows(folder, "PRAGMA foreign_key_check") == []


def test_statistics_go_on_where_the_history_ends(tmp_path, small_home):
    """Home Assistant takes up the sum of a meter from its last five minutes."""
    folder = written(tmp_path, small_home, some_days(small_home, 2))
    last = """SELECT metadata_id, max(start_ts) + {}, state, sum FROM {} WHERE sum IS NOT NULL
              GROUP BY metadata_id ORDER BY metadata_id"""
    hours = {row[0]: row[1:] for row in rows(folder, last.format(3600, "statistics"))}
    latest = {row[0]: row[1:] for row in rows(folder, last.format(300, "statistics_short_term"))}
    assert latest
    assert all(row[1:] == hours[meta][1:] for meta, row in latest.items())
    ((run,),) = rows(folder, "SELECT strftime('%s', start) + 300 FROM statistics_runs")
    assert {row[0] for row in latest.values()} == {run}


@pytest.mark.parametrize("version", VERSIONS)
def test_registries_are_of_the_version(tmp_path, small_home, version):
    folder = written(tmp_path, small_home, evening(small_home), version)
    for name, minor in MINORS[version].items():
        content = json.loads((folder / ".storage" / f"core.{name}_registry").read_text())
        assert (content["version"], content["minor_version"]) == (1, minor)
        assert content["key"] == f"core.{name}_registry"
    assert (folder / ".HA_VERSION").read_text() == version


def test_devices_belong_to_an_entry_that_exists(tmp_path, small_home):
    folder = written(tmp_path, small_home, evening(small_home))
    entries = json.loads((folder / ".storage" / "core.config_entries").read_text())["data"]["entries"]
    devices = json.loads((folder / ".storage" / "core.device_registry").read_text())["data"]["devices"]
    known = {one["entry_id"] for one in entries}
    assert len(devices) == len(small_home.devices)
    assert all(set(one["config_entries"]) <= known for one in devices)


def test_entities_keep_their_places(tmp_path, small_home):
    folder = written(tmp_path, small_home, evening(small_home))
    entities = json.loads((folder / ".storage" / "core.entity_registry").read_text())["data"]["entities"]
    devices = {one.device_id: one.area_id for one in small_home.devices}
    areas = {one["entity_id"]: one["area_id"] or devices.get(one["device_id"]) for one in entities}
    assert len({one["id"] for one in entities}) == len(entities) == len(small_home.entities) - 1  # no sun
    assert all(areas[one.entity_id] == one.area_id for one in small_home.entities if one.domain != "sun")


def test_an_entity_may_stand_elsewhere_than_its_device(tmp_path, small_home):
    number = first(small_home, "temperature")
    entities = list(small_home.entities)
    entities[number] = replace(entities[number], area_id="bathroom")
    home = replace(small_home, entities=tuple(entities))
    folder = written(tmp_path, home, evening(home))
    stored = json.loads((folder / ".storage" / "core.entity_registry").read_text())["data"]["entities"]
    areas = {one["entity_id"]: one["area_id"] for one in stored}
    assert areas[entities[number].entity_id] == "bathroom"
    assert areas[home.entities[first(home, "motion")].entity_id] is None  # that of its device


def test_an_automation_without_a_configuration_is_not_registered(tmp_path, small_home):
    made = [
        Entity("automation.hall", "hall_light_on_motion", "automation", "Hall", states=("off", "on")),
        Entity("automation.gone", "gone", "automation", "Gone", states=("off", "on")),
        Entity("script.good_night", "whatever", "script", "Good night", states=("off", "on")),
        Entity("scene.cosy", "cosy", "scene", "Cosy", states=("unknown",)),
    ]
    home = replace(small_home, entities=(*small_home.entities, *made))
    folder = written(tmp_path, home, evening(home))
    stored = json.loads((folder / ".storage" / "core.entity_registry").read_text())["data"]["entities"]
    ids = {one["entity_id"]: (one["unique_id"], one["platform"]) for one in stored}
    assert ids["automation.hall"] == ("hall_light_on_motion", "automation")
    assert ids["script.good_night"] == ("good_night", "script")
    assert ids["scene.cosy"] == ("cosy", "homeassistant")
    assert "automation.gone" not in ids


@pytest.mark.parametrize(
    ("offset_h", "zone"), [(1.0, "Etc/GMT-1"), (-8.0, "Etc/GMT+8"), (5.5, "Asia/Kolkata")]
)
def test_clocks_do_not_change_in_summer(tmp_path, small_home, offset_h, zone):
    home = replace(small_home, utc_offset_h=offset_h, timezone="Asia/Kolkata")
    folder = written(tmp_path, home, evening(home))
    assert f'time_zone: "{zone}"' in (folder / "configuration.yaml").read_text()


def test_automations_scripts_and_scenes_are_files(tmp_path, small_home):
    folder = written(tmp_path, small_home, evening(small_home))
    texts = {
        name: yaml.safe_load((folder / f"{name}.yaml").read_text())
        for name in ("automations", "scripts", "scenes")
    }
    assert texts["automations"] == [HALL_LIGHT.config()]
    assert list(texts["scripts"]) == ["good_night"]
    assert texts["scenes"][0]["id"] == "cosy"


def test_two_automations_of_one_id_are_refused(tmp_path, small_home):
    with pytest.raises(ValueError, match="more than one automation has the id same"):
        write_home_assistant(
            tmp_path, small_home, [ByHand({"id": "same"})] * 2, evening(small_home), START_UTC
        )
    assert not (tmp_path / "home-assistant_v2.db").exists()


def test_an_unknown_version_is_refused(tmp_path, small_home):
    with pytest.raises(ValueError, match=r"2025\.1\.4 or 2025\.4\.4, not 2023\.1"):
        write_home_assistant(tmp_path, small_home, [], evening(small_home), START_UTC, ha_version="2023.1")


def test_a_database_in_use_is_never_touched(tmp_path, small_home):
    (tmp_path / "home-assistant_v2.db").write_bytes(b"precious")
    with pytest.raises(FileExistsError):
        written(tmp_path, small_home, evening(small_home))
    assert (tmp_path / "home-assistant_v2.db").read_bytes() == b"precious"


def test_a_database_that_could_not_be_finished_is_removed(tmp_path, small_home):
    twice = replace(small_home, entities=(*small_home.entities, small_home.entities[0]))
    with pytest.raises(sqlite3.IntegrityError):  # two entities of one id
        written(tmp_path, twice, evening(twice))
    assert not (tmp_path / "home-assistant_v2.db").exists()


def test_the_same_home_has_the_same_bytes(tmp_path, small_home):
    log = some_days(small_home, 1)
    folders = [written(tmp_path / name, small_home, log) for name in ("a", "b")]
    for path in sorted(one.relative_to(folders[0]) for one in folders[0].rglob("*") if one.is_file()):
        assert (folders[0] / path).read_bytes() == (folders[1] / path).read_bytes(), path


@pytest.mark.slow
@pytest.mark.parametrize("version", VERSIONS)
def test_home_assistant_opens_the_folder(tmp_path, small_home, version):
    folder = tmp_path / "config"
    log = some_days(small_home, 3)
    counts = write_home_assistant(folder, small_home, [HALL_LIGHT], log, START_UTC, ha_version=version)
    found = json.loads(by_home_assistant(version, "tests/ha/referee.py", folder))
    assert found["complaints"] == []
    assert found["ha_version"] == version
    assert all(found["set_up"].values())
    assert found["history"] == counts.states
    assert found["entities_with_history"] == len(small_home.entities)
    # Home Assistant gives the automation, script and scene of the files a place in the registry itself
    assert found["entities"] == counts.entities + 3
    assert (found["automations"], found["scripts"], found["scenes"]) == (1, 1, 1)
    for name in ("floors", "areas", "labels", "devices", "statistics", "statistic_ids"):
        assert found[name] == getattr(counts, name)
    assert found["sums_that_fall"] == 0
