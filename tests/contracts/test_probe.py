"""Nothing but physics tells two scenarios apart: no name, time, place, seed, order or gap."""

from itertools import combinations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from envirosense.factory.planning import draw_specs
from envirosense.factory.request import EpisodeRequest, GenerationRequest
from envirosense.pole.twin import PoleTwin
from envirosense.scenarios import SCENARIOS
from envirosense.testing.library import run_episode

# Two of each shelf but `system`, whose faults rightly leave gaps in the readings
PROBED = (
    "electrical/arcing_event", "electrical/pole_decay", "electrical/tracking",
    "environmental/vegetation_contact", "environmental/wildlife_contact",
    "fire/cellulose_pyrolysis", "fire/early_combustion",
    "lookalike/barbecue", "lookalike/insects",
    "multi_factor/two_joints",
    "normal/diurnal_cycle", "normal/seasonal_variation",
)  # fmt: skip
CHANCE = 1.0 / len(PROBED)
DRAWS = 40  # of each scenario
BITS = 16  # lowest ones of a seed
OF_THE_SCENARIO = {"scenario", "params", "importance_weight"}  # the weight follows from the parameters


@pytest.fixture(scope="module")
def specs():
    """A dataset of the probed scenarios as the factory deals it."""
    request = GenerationRequest(
        twin="pole", scenarios=PROBED, episodes=DRAWS * len(PROBED), duration_s=600.0, dt_s=10.0, seed=3,
        options={"frame_interval_s": 10.0},
    )  # fmt: skip
    return draw_specs(request, PoleTwin())


@pytest.fixture(scope="module")
def episodes(specs):
    """Six episodes of each scenario."""
    return [run_episode(spec) for spec in specs[: 6 * len(PROBED)]]


def bits(number, n):
    return [float(number >> i & 1) for i in range(n)]


def metadata(spec):
    """What is known of an episode before it is run and is no parameter of its scenario."""
    start, numbers = spec.grid.start_utc, []
    for sensor in spec.sensing["sensors"]:
        numbers += [sensor["age_days"], sensor["interval_s"], len(sensor["faults"])]
    site = [float(value) for value in spec.site.values() if isinstance(value, int | float)]
    cycles = [start.hour / 24.0, start.timetuple().tm_yday / 365.0, start.minute / 60.0]
    return [
        *bits(int(spec.episode_id, 16), BITS),
        *bits(spec.world_seed, BITS),
        *bits(spec.sensing_seed, BITS),
        float(spec.world_seed),
        float(spec.sensing_seed),
        float(spec.site["site_id"].rpartition("-")[2]),
        *site,
        *numbers,
        *(wave(2.0 * np.pi * cycle) for cycle in cycles for wave in (np.sin, np.cos)),
        float(start.weekday()),
        spec.grid.n,
        spec.grid.dt_s,
        len(spec.sensing["sensors"]),
    ]


def named(features, classes):
    """Share of episodes whose class a linear model names, over five folds."""
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=500))
    return np.mean(cross_val_predict(probe, features, classes, cv=StratifiedKFold(5)) == classes)


def by_chance(n, chance=CHANCE):
    """Share that guessing passes once in 30 000 times: four sigmas of a binomial."""
    return chance + 4.0 * np.sqrt(chance * (1.0 - chance) / n)


def most_telling_pair(specs):
    """Greatest share over all pairs of scenarios that a linear model names from metadata."""
    features = np.asarray([metadata(spec) for spec in specs], dtype=float)
    classes = np.array([spec.scenario for spec in specs])
    shares = []
    for pair in combinations(PROBED, 2):
        rows = np.isin(classes, pair)
        shares.append(named(features[rows], classes[rows]))
    return max(shares)


def test_metadata_does_not_name_the_scenario(specs):
    classes = np.array([spec.scenario for spec in specs])
    assert named(np.asarray([metadata(spec) for spec in specs], float), classes) < by_chance(len(specs))
    assert most_telling_pair(specs) < by_chance(2 * DRAWS, 0.5)


def test_the_probe_finds_a_seed_whose_parity_goes_with_the_scenario(specs):
    odd = {name: i % 2 for i, name in enumerate(PROBED)}
    leaking = [
        spec.model_copy(update={"world_seed": spec.world_seed - spec.world_seed % 2 + odd[spec.scenario]})
        for spec in specs
    ]
    assert most_telling_pair(leaking) > by_chance(2 * DRAWS, 0.5)


def test_the_order_of_the_dataset_does_not_name_the_scenario(specs):
    places = np.asarray([[i / len(specs), *bits(i, 9)] for i in range(len(specs))])
    assert named(places, np.array([spec.scenario for spec in specs])) < by_chance(len(specs))


@pytest.mark.parametrize("scenario", list(SCENARIOS))
def test_all_but_the_parameters_is_drawn_without_regard_to_the_scenario(scenario):
    for index in range(2):
        one, other = (
            PoleTwin()
            .draw(name, EpisodeRequest(3, index, 4, 600.0, 10.0))
            .model_dump(exclude=OF_THE_SCENARIO)
            for name in (scenario, "normal/diurnal_cycle")
        )
        if SCENARIOS[scenario].needs_transformer:  # which is physics
            assert one["site"].pop("has_transformer")
            other["site"].pop("has_transformer")
        assert one == other


def always_written(episodes):
    """Streams that every episode has rows of, with their columns in order."""
    return [
        {name: episode.table(name).column_names for name in episode.streams if name not in MAY_BE_EMPTY}
        for episode in episodes
    ]


# Rows of these follow what happens, or that nothing does: answers and waveforms that an alarm records
MAY_BE_EMPTY = {
    "bands", "events", "labels", "masks", "observability", "response", "sensor_faults", "states", "strikes",
    "waveforms",
}  # fmt: skip


def test_streams_columns_and_lengths_are_those_of_every_scenario(episodes):
    written = always_written(episodes)
    assert all(columns == written[0] for columns in written)
    lengths = [{name: episode.table(name).num_rows for name in written[0]} for episode in episodes]
    described = [length.pop("stages") for length in lengths]
    assert len(set(described)) == 1
    assert all(length == lengths[0] for length in lengths)
    assert len({episode.streams for episode in episodes}) == 1


def nulls(episode):
    """Share of nulls of every column that a detector may read."""
    found = []
    for name in ("readings", "emf", "acoustic", "vibration", "status"):
        table = episode.table(name)
        found += [column.null_count / table.num_rows for column in table.columns]
    return found


def test_gaps_in_the_readings_do_not_name_the_scenario(episodes):
    classes = np.array([episode.spec.scenario for episode in episodes])
    assert named(np.asarray([nulls(one) for one in episodes]), classes) < by_chance(len(episodes))


def test_the_probe_finds_gaps_that_go_with_the_scenario(episodes):
    classes = np.array([episode.spec.scenario for episode in episodes])
    shelves = sorted({name.partition("/")[0] for name in PROBED})
    leaking = [[*nulls(one), *(one.spec.scenario.startswith(shelf) for shelf in shelves)] for one in episodes]
    assert named(np.asarray(leaking, float), classes) > by_chance(len(episodes))
