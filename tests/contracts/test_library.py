"""Every scenario of the library in whole episodes, and checks that find an episode that lies."""

import numpy as np
import pyarrow as pa
import pytest

from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import SCENARIOS, Category
from envirosense.testing.event_tables import check_events, check_labels_fit_events, check_observability
from envirosense.testing.library import (
    check_episodes,
    check_made_again,
    check_same_bits,
    check_sensing,
    check_steps,
    library_spec,
    run_episode,
)

FIRE = "fire/early_combustion"
TRACKING = "electrical/insulation_breakdown"  # its flashover is the child of another event
IDS = tuple(SCENARIOS)
FIRST_OF_ITS_SHELF = {next(name for name in IDS if name.startswith(shelf.value)) for shelf in Category}


@pytest.mark.parametrize(
    "scenario",
    [pytest.param(name, marks=() if name in FIRST_OF_ITS_SHELF else pytest.mark.slow) for name in IDS],
)
def test_every_scenario_keeps_the_contract_of_episodes(scenario):
    check_episodes(scenario)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", IDS)
def test_other_draws_keep_the_contract_of_tables(scenario):
    for index in (1, 2, 3):
        episode = run_episode(library_spec(scenario, index, duration_s=1800.0))
        check_made_again(episode)
        check_events(episode)
        check_labels_fit_events(episode)
        check_observability(episode)


def test_single_ticks_are_the_block_too():
    episode = run_episode(library_spec(FIRE, duration_s=120.0))
    check_same_bits(episode, blocks=(1,))


@pytest.mark.parametrize("scenario", [name for name in IDS if name.startswith("normal")])
def test_a_normal_day_has_no_event(scenario):
    for index in range(3):
        episode = run_episode(library_spec(scenario, index, sensors=()))
        assert episode.table("events").num_rows == episode.table("labels").num_rows == 0


# --- a plume that passes the device by


def small_fire(**placed):
    """Spec of a fire that smoulders."""
    weak = {
        "burning": "smoulder", "place": "ground", "height_m": 0.1, "peak_burn_g_s": 0.05,
        "onset_fraction": 0.1, "growth_s": 600.0, "fuel_g_m2": 4000.0,
    }  # fmt: skip
    spec = library_spec(FIRE, duration_s=1800.0)
    return spec.model_copy(update={"params": spec.params | weak | placed})


@pytest.fixture(scope="module")
def downwind_deg():
    """Compass bearing that the mean wind of the fire's episode blows to."""
    truth = run_episode(small_fire()).table("truth")
    east, north = (truth[f"wind_{axis}_m_s"].to_numpy().mean() for axis in ("east", "north"))
    return float(np.degrees(np.arctan2(east, north)) % 360.0)


def seen_by(spec):
    """Sensors to which an event of the episode is detectable."""
    episode = run_episode(spec)
    assert episode.table("events").num_rows >= 1
    return {row["sensor_id"] for row in episode.table("observability").to_pylist() if row["detectable"]}


def test_a_plume_that_misses_the_device_is_an_event_that_nothing_detects(downwind_deg):
    assert seen_by(small_fire(bearing_deg=downwind_deg, distance_m=50.0)) == set()


def test_the_wind_decides_which_of_two_like_fires_reaches_the_inlet(downwind_deg):
    crown = {"place": "crown", "height_m": 8.5, "distance_m": 5.0, "peak_burn_g_s": 2.0}
    reached = seen_by(small_fire(bearing_deg=(downwind_deg + 180.0) % 360.0, **crown))
    missed = seen_by(small_fire(bearing_deg=downwind_deg, **crown))
    inlets = {"particulate_matter", "voc_array"}
    assert reached & inlets
    assert not missed & inlets


# --- twins and episodes that break the contract


class AlteredSink:
    """Sink that changes batches on their way."""

    def __init__(self, out, change):
        self._out, self._change = out, change

    def write(self, name, batch):
        self._out.write(name, self._change(name, batch))


def with_column(batch, column, values):
    place = batch.schema.get_field_index(column)
    return batch.set_column(place, batch.schema.field(place), pa.array(values, batch.schema.types[place]))


class Changing(PoleTwin):
    """Twin whose truth is shifted by `shift` of the spec."""

    runs = 0

    def simulate(self, spec, out):
        Changing.runs += 1

        def change(name, batch):
            if name != "truth":
                return batch
            return with_column(batch, "air_k", batch["air_k"].to_numpy() + self.shift_k(spec))

        return super().simulate(spec, AlteredSink(out, change))


class Unrepeatable(Changing):
    def shift_k(self, spec):
        return Changing.runs


class InBlocks(Changing):
    def shift_k(self, spec):
        return self.block_ticks == 7


class Sensed(Changing):
    def shift_k(self, spec):
        return len(spec.sensing["sensors"])


class Seeded(Changing):
    def shift_k(self, spec):
        return spec.sensing_seed % 1000


class Aged(Changing):
    def shift_k(self, spec):
        return spec.sensing["sensors"][0]["age_days"]


class Forgetful(PoleTwin):
    def relabel(self, episode):
        return super().relabel(episode).slice(1)


@pytest.mark.parametrize(
    ("check", "twin_of", "words"),
    [
        (check_same_bits, Unrepeatable, r"blocks of 3600 ticks: the streams \['truth'\] differ"),
        (check_same_bits, InBlocks, r"blocks of 7 ticks: the streams \['truth'\] differ"),
        (check_sensing, Sensed, "without the camera and the gas array: the streams"),
        (check_sensing, Seeded, "of another sensing seed: the streams"),
        (check_sensing, Aged, "of an old device: the streams"),
        (check_made_again, Forgetful, "labels made again from the stored truth are others"),
    ],
)
def test_a_twin_that_breaks_a_promise_is_found(check, twin_of, words):
    spec = library_spec(FIRE, duration_s=300.0)
    episode = run_episode(spec, twin_of(3600))
    with pytest.raises(AssertionError, match=words):
        check(episode, twin_of=twin_of)


class ByTick(PoleTwin):
    """Twin whose labels depend on the tick."""

    def simulate(self, spec, out):
        def change(name, batch):
            if spec.grid.dt_s == 5.0 and name == self.table:
                return with_column(batch, self.column, np.asarray(self.values(batch[self.column].to_numpy())))
            return batch

        return super().simulate(spec, AlteredSink(out, change))


class Late(ByTick):
    table, column = "events", "onset_s"

    def values(self, column):
        return column + 120.0


class Weak(ByTick):
    table, column = "labels", "severity"

    def values(self, column):
        return np.zeros(column.size)


@pytest.mark.parametrize(("twin_of", "words"), [(Late, "begins at"), (Weak, "severities of")])
def test_events_that_follow_the_tick_are_found(twin_of, words):
    with pytest.raises(AssertionError, match=words):
        check_steps(FIRE, twin_of=twin_of)


class Altered:
    """Stored episode of which one column of one table is another."""

    def __init__(self, episode, table, column=None, change=None):
        self.spec = episode.spec
        self._tables = {name: episode.table(name) for name in episode.streams}
        whole = self._tables[table]
        if column is None:
            self._tables[table] = whole.slice(1)
            return
        values = whole[column].to_pylist()
        new = pa.array([change(i, value) for i, value in enumerate(values)], whole.schema.field(column).type)
        self._tables[table] = whole.set_column(
            whole.schema.get_field_index(column), whole.schema.field(column), new
        )

    def table(self, name):
        return self._tables[name]


@pytest.fixture(scope="module")
def broken_insulator():
    """Episode with an event that another one causes."""
    spec = next(
        spec
        for spec in (library_spec(TRACKING, index) for index in range(20))
        if spec.params and has_child(run_episode(spec))
    )
    return run_episode(spec)


def has_child(episode):
    parents = episode.table("events")["parent_event_id"]
    return parents.null_count < len(parents)


def always(value):
    return lambda i, old: value


EVENT_LIES = [
    ("event_type", always("explosion"), "is no type of the taxonomy"),
    ("event_subtype", always("boom"), "is no subtype"),
    ("level", always(6), "level 6 is none of 1 to 5"),
    ("event_type", always("benign_source"), "benign, yet of level"),
    ("time_scale", always(0.5), "time_scale 0.5 stretches the clock"),
    ("z_m", always(-1.0), "height must lie within"),
    ("x_m", always(9e3), "must lie within"),
    ("distance_m", always(0.0), "lies in the device itself"),
    ("onset_s", always(-10.0), "out of order"),
    ("peak_s", always(2000.0), "out of order"),
    ("clearance_s", always(0.0), "out of order"),
    ("ignition_observed", always(True), "does not go with ignition_s"),
    ("parent_event_id", always(7), "parent 7 is no other event"),
    ("parent_event_id", lambda i, old: i, "parent 0 is no other event"),
    ("onset_s", lambda i, old: 0.0 if i else old, "before its parent"),
]


@pytest.mark.parametrize(("column", "change", "words"), EVENT_LIES)
def test_a_row_of_events_that_cannot_be_is_found(broken_insulator, column, change, words):
    check_events(broken_insulator)
    with pytest.raises(AssertionError, match=words):
        check_events(Altered(broken_insulator, "events", column, change))


@pytest.mark.parametrize(
    ("column", "change"),
    [("onset_s", lambda i, old: old + 10.0), ("level", lambda i, old: 6 - old), ("component", always("cup"))],
)
def test_events_that_are_not_those_of_the_stored_truth_are_found(broken_insulator, column, change):
    with pytest.raises(AssertionError, match=rf"made again differs in .*'{column}'"):
        check_made_again(Altered(broken_insulator, "events", column, change))


@pytest.mark.parametrize(
    ("table", "column", "change", "words"),
    [
        ("labels", None, None, "its first label is at"),
        ("labels", "event_id", always(9), "labels of other events than"),
        ("labels", "level", always(2), "levels do not go with severity"),
        ("events", "clearance_s", always(700.0), "its last label ends at"),
        ("events", "level", always(1), "the greatest level of its labels"),
    ],
)
def test_labels_that_do_not_fit_their_events_are_found(broken_insulator, table, column, change, words):
    check_labels_fit_events(broken_insulator)
    with pytest.raises(AssertionError, match=words):
        check_labels_fit_events(Altered(broken_insulator, table, column, change))


@pytest.mark.parametrize(
    ("column", "change", "words"),
    [
        (None, None, "one row of observability for each"),
        ("sensor_id", always("barometer"), "one row of observability for each"),
        ("max_snr", always(float("nan")), "max_snr is nan"),
        ("max_snr", always(-1.0), "max_snr is -1"),
        ("detectable", lambda i, old: not old, "disagree"),
        ("first_detectable_s", lambda i, old: None if old is None else 0.0, "before its onset"),
    ],
)
def test_observability_that_cannot_be_is_found(broken_insulator, column, change, words):
    check_observability(broken_insulator)
    with pytest.raises(AssertionError, match=words):
        check_observability(Altered(broken_insulator, "observability", column, change))
