import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from envirosense.core.errors import ConfigError, EnviroSenseError, EpisodeError
from envirosense.datasets.memory import MemorySink
from envirosense.factory.request import EpisodeRequest
from envirosense.home.checks import stored_agreement
from envirosense.home.twin import HomeTwin, home_of
from envirosense.home.validation import require_valid
from envirosense.testing.twin_contract import check_twin

DAY_S = 86_400.0


def lived_in(seed=1, index=0, days=3, n=4, **options):
    twin = HomeTwin()
    spec = twin.draw("home/standard", EpisodeRequest(seed, index, n, days * DAY_S, 900.0, options))
    sink = MemorySink(spec)
    twin.simulate(spec, sink)
    return sink


@pytest.fixture(scope="module")
def home():
    return lived_in(days=7)


def test_the_twin_keeps_its_contract():
    check_twin(HomeTwin(), "home/easy", duration_s=2 * DAY_S, dt_s=900.0)


@pytest.mark.parametrize(
    ("duration_s", "dt_s", "field"), [(DAY_S, 60.0, "dt_s"), (1.5 * DAY_S, 900.0, "duration_s")]
)
def test_only_whole_days_in_quarters_of_an_hour(duration_s, dt_s, field):
    with pytest.raises(ConfigError, match=field):
        HomeTwin().draw("home/standard", EpisodeRequest(1, 0, 1, duration_s, dt_s, {}))


@pytest.mark.parametrize("option", ["home_type", "size", "region"])
def test_an_unknown_kind_of_home_names_those_there_are(option):
    request = EpisodeRequest(1, 0, 1, DAY_S, 900.0, {option: "castle"})
    with pytest.raises(EnviroSenseError, match="castle"):
        HomeTwin().draw("home/standard", request)


def test_an_unknown_level_is_refused():
    with pytest.raises(EnviroSenseError, match="home/easy"):
        HomeTwin().draw("home/hopeless", EpisodeRequest(1, 0, 1, DAY_S, 900.0, {}))


def test_homes_differ_and_a_home_does_not_depend_on_the_others():
    one, again, other = lived_in(index=1), lived_in(index=1), lived_in(index=2)
    assert one.table("ha_events").equals(again.table("ha_events"))
    assert one.spec.group != other.spec.group
    assert not one.table("devices")["name"].equals(other.table("devices")["name"])


def test_events_are_of_entities_that_exist_and_in_order(home):
    events = home.table("ha_events")
    known = set(home.table("entities")["entity_id"].to_pylist())
    assert set(events["entity_id"].unique().to_pylist()) <= known
    assert (np.diff(events["time_fired"].cast(pa.int64()).to_numpy()) >= 0).all()
    assert events["event_no"].to_pylist() == list(range(events.num_rows))


def test_a_change_is_a_change(home):
    events = home.table("ha_events")
    states = events.filter(pc.equal(events["type"], "state_changed"))
    same = pc.equal(states["old_state"], states["new_state"])
    climates = pc.starts_with(states["entity_id"], "climate.")
    assert pc.any(pc.and_(same, pc.invert(climates))).as_py() is not True


def test_the_old_state_is_the_new_state_of_the_event_before(home):
    events = home.table("ha_events").to_pandas()
    events = events[events["type"] == "state_changed"]
    for _, mine in events.groupby("entity_id"):
        assert (mine["old_state"].to_numpy()[1:] == mine["new_state"].to_numpy()[:-1]).all()


def test_energy_never_falls(home):
    events = home.table("ha_events").to_pandas()
    classes = home.table("entities").to_pandas().set_index("entity_id")["state_class"]
    totals = events[events["entity_id"].map(classes) == "total_increasing"]
    assert len(totals)
    assert (totals.groupby("entity_id")["value"].diff().dropna() >= 0).all()


def test_causes_come_before_what_they_cause(home):
    causes = home.table("causes")
    cause, own = causes["cause_no"].to_numpy(), causes["event_no"].to_numpy()
    known = np.isfinite(cause)
    assert known.any()
    assert (cause[known] < own[known]).all()


def test_stays_cover_the_episode_of_every_resident(home):
    stays = home.table("stays").to_pandas()
    for _, mine in stays.groupby("resident"):
        mine = mine.sort_values("start_s")
        assert mine["start_s"].iloc[0] == 0.0
        assert mine["end_s"].iloc[-1] == pytest.approx(7 * DAY_S)
        assert np.allclose(mine["end_s"].to_numpy()[:-1], mine["start_s"].to_numpy()[1:])


def test_planted_occurrences_name_events_that_are_in_the_stream(home):
    events, found = home.table("ha_events"), home.table("occurrences").to_pandas()
    done = found[found["outcome"] == "done"]
    assert len(done)
    assert done["action_no"].notna().mean() >= 0.99
    assert done["action_no"].dropna().max() < events.num_rows
    triggered = done.dropna(subset=["trigger_no", "action_no"])
    assert (triggered["trigger_no"] < triggered["action_no"]).all()


def test_the_written_truth_is_in_the_events_and_not_in_shuffled_ones():
    home = lived_in(days=30)
    assert stored_agreement(home).share >= 0.95
    events = home.table("ha_events")
    times = np.sort(np.random.default_rng(0).permutation(events["time_fired"].cast(pa.int64()).to_numpy()))
    order = np.random.default_rng(1).permutation(events.num_rows)
    mixed = events.take(pa.array(order)).set_column(
        events.schema.get_field_index("time_fired"),
        events.schema.field("time_fired"),
        pa.array(times).cast(pa.timestamp("us", "UTC")),
    )

    class Mixed:
        spec = home.spec

        def table(self, stream):
            return mixed if stream == "ha_events" else home.table(stream)

    assert stored_agreement(Mixed()).share < 0.5


def test_failures_are_labelled_while_they_last():
    home = lived_in(days=30, faults_per_month=6.0)
    events, labels = home.table("events").to_pylist(), home.table("labels").to_pandas()
    assert events
    for event in events:
        ticks = labels[labels["event_id"] == event["event_id"]]["tick"]
        end_s = event["clearance_s"] or 30 * DAY_S
        if end_s - event["onset_s"] > 900.0:
            assert ticks.min() * 900.0 >= event["onset_s"]
            assert ticks.max() * 900.0 <= end_s


def test_a_home_without_failures_has_no_label():
    home = lived_in(days=3, faults_per_month=0.0)
    assert home.table("events").num_rows == 0
    assert home.table("labels").num_rows == 0


def test_a_home_that_breaks_a_rule_is_a_failed_episode(monkeypatch):
    from envirosense.home import validation
    from envirosense.home.generators import HomeGenerator

    made = HomeGenerator().generate("studio", "small", days=2, seed=1)
    require_valid(made)
    monkeypatch.setattr(validation, "LEAST_DEVICES", 1000)
    with pytest.raises(EpisodeError, match="devices, fewer than 1000"):
        require_valid(made)


def test_the_home_of_a_spec_is_the_one_that_was_lived_in(home):
    entities = home.table("entities")["entity_id"].to_pylist()
    assert [one.entity_id for one in home_of(home.spec).entities] == entities


def test_messages_are_lost_doubled_and_late_at_the_shares_asked_for():
    shares = {"dropped": 0.05, "duplicated": 0.04, "late": 0.03}
    home = lived_in(days=7, delivery=shares)
    n, told = home.table("ha_events").num_rows, home.table("messages")["event_no"].to_numpy()
    times = np.bincount(told, minlength=n)
    error = 5.0 * np.sqrt(0.05 / n)  # of a share, five standard errors
    assert (times == 0).mean() == pytest.approx(0.05, abs=error)
    assert (times == 2).mean() == pytest.approx(0.04, abs=error)
    arrived = home.table("messages")["arrived"].cast(pa.int64()).to_numpy()
    assert (np.diff(arrived) >= 0).all()
    fired = home.table("ha_events")["time_fired"].cast(pa.int64()).to_numpy()
    assert (arrived >= fired[told]).all()
    assert "messages" not in lived_in(days=1).streams


def test_what_is_planted_carries_no_mark_in_what_is_read():
    from envirosense.home.behaviour.brightness import is_dimmable
    from envirosense.home.generators import HomeGenerator
    from envirosense.home.log import EventKind, Origin

    planted, others = {"bright": [], "app": []}, {"bright": [], "app": []}
    for seed in range(6):
        made = HomeGenerator().generate("single_family_house", "medium", days=30, seed=seed)
        log = made.log
        for number, one in enumerate(made.home.entities):
            mine = (log.entity == number) & (log.kind == EventKind.STATE_CHANGED)
            mine &= np.isin(log.origin, (Origin.PERSON, Origin.APP))
            if one.domain not in ("light", "switch", "media_player", "cover", "lock") or mine.sum() < 20:
                continue
            group = planted if number in made.planted.reserved else others
            group["app"].append((log.origin[mine] == Origin.APP).mean())
            if is_dimmable(one):
                on = mine & (log.code == one.code("on"))
                group["bright"].append(np.isfinite(log.value[on]).mean())
    assert min(planted["bright"]) > 0.95
    assert min(others["bright"]) > 0.95
    assert np.mean(planted["app"]) == pytest.approx(np.mean(others["app"]), abs=0.05)
    assert min(planted["app"]) > 0.0


def test_every_planted_occurrence_is_found_by_its_event_where_nothing_fails():
    home = lived_in(days=30, faults_per_month=0.0)
    found, events = home.table("occurrences").to_pandas(), home.table("ha_events").to_pandas()
    assert not (found["outcome"] == "failed").any()
    done = found[found["outcome"] == "done"]
    assert done["action_no"].notna().all()
    moved = events.set_index("event_no").loc[done["action_no"].astype(int), "entity_id"]
    actions = home.table("patterns").to_pandas().set_index("pattern_id")["actions"]
    for entity, name in zip(moved, done["pattern"], strict=True):
        assert entity in actions[name]


@pytest.mark.parametrize("seed", range(4))
def test_a_home_in_memory_begins_at_its_own_midnight(seed):
    from envirosense.home.generators import HomeGenerator

    made = HomeGenerator().generate(days=2, seed=seed)
    context, hour = made.context, (made.start_utc.hour + made.start_utc.minute / 60.0)
    assert hour == (-made.home.utc_offset_h) % 24
    up = np.flatnonzero(np.diff((context.sun_elevation_deg > 0).astype(int)) == 1)
    assert (context.local_h[up] < 12).all()


def test_a_home_that_was_lived_in_can_be_lived_in_again():
    from envirosense.home.generators import HomeGenerator, SyntheticEventGenerator

    made = HomeGenerator().generate(days=2, seed=5)
    again = SyntheticEventGenerator().generate(made.home, 2, 6)
    assert len(again.log)


def test_a_home_without_people_is_refused(small_home):
    from dataclasses import replace

    from envirosense.home.generators import SyntheticEventGenerator

    with pytest.raises(ConfigError, match="resident"):
        SyntheticEventGenerator().generate(replace(small_home, residents=()), 2, 1)
