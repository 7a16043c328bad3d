import numpy as np
import pytest

from envirosense.core.episode import EpisodeSpec
from envirosense.core.errors import ConfigError, DatasetError, UnknownNameError
from envirosense.datasets.memory import MemorySink
from envirosense.datasets.window_sources import stored_streams
from envirosense.datasets.windows import windows_of_episode
from envirosense.factory.collection import COLLECTION_POINTS, TrainingDataCollector
from envirosense.factory.generator import generate
from envirosense.factory.planning import draw_specs
from envirosense.factory.weak_spots import WeakSpot
from envirosense.learning.samples import Samples
from envirosense.pole.loop import PoleLoop
from envirosense.pole.loop.conditions import parameter_units
from envirosense.pole.loop.requests import SCENARIOS_OF_THE_LOOP
from envirosense.pole.loop.subject import samples_of, samples_of_episode
from envirosense.pole.points.detections import POINT
from envirosense.pole.start_conditions import conditions_of
from envirosense.pole.twin import PoleTwin

if "pole/detections" not in COLLECTION_POINTS:
    COLLECTION_POINTS.register("pole/detections")(POINT)

WINDY_ARC = WeakSpot(
    scenario="electrical/arcing_event",
    parameters={"start_wind_m_s": [5, 12], "array_age_days": [400, 800], "gap_m": [1e-3, 5e-3]},
)


def specs_of(request) -> list[EpisodeSpec]:
    return list(draw_specs(request, PoleTwin()))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Six episodes of three minutes."""
    chosen = ("fire/cellulose_pyrolysis", "lookalike/rain_noise", "electrical/tracking")
    request = PoleLoop().request(6, 3).model_copy(update={"duration_s": 180.0, "scenarios": chosen})
    return generate(request, tmp_path_factory.mktemp("loop") / "data", workers=1)


@pytest.fixture(scope="module")
def loop():
    return PoleLoop()


@pytest.fixture(scope="module")
def samples(loop, dataset):
    return loop.samples(dataset)


class Certain:
    """Model that says fire of everything."""

    classes = ("fire_active", "normal")
    negative = "normal"
    threshold = 0.5

    def score(self, samples: Samples):
        return np.tile([1.0, 0.0], (len(samples), 1))


def test_the_request_covers_the_task_without_frames(loop) -> None:
    request = loop.request(len(SCENARIOS_OF_THE_LOOP), 1)
    specs = specs_of(request)
    assert request.duration_s <= 600.0
    assert {one.scenario for one in specs} == set(SCENARIOS_OF_THE_LOOP)
    shelves = {name.partition("/")[0] for name in SCENARIOS_OF_THE_LOOP}
    assert shelves == {"normal", "lookalike", "electrical", "fire"}
    carried = {sensor["sensor_type"] for one in specs for sensor in one.sensing["sensors"]}
    assert "thermal_camera" not in carried
    assert "voc_array" in carried


def test_a_sample_is_a_minute_of_an_episode(samples, dataset) -> None:
    assert set(samples.unit) <= {one.spec.episode_id for one in dataset}
    assert {one.partition("@")[2] for one in samples.sample_id} == {"0", "60", "120"}
    assert len(set(samples.sample_id)) == len(samples)
    assert "normal" in samples.classes
    assert len(samples.classes) > 1


def test_features_are_readings_alone(samples, dataset) -> None:
    """The same readings beside other labels, truths and conditions give the same features."""
    channels = {name.rpartition(".")[0] for name in samples.features}
    assert not channels & set(samples.slices)
    assert not any(word in name for name in channels for word in ("label", "truth", "scenario", "severity"))
    episode = next(one for one in dataset if one.spec.scenario == "electrical/tracking")
    kept = {name: episode.table(name) for name in episode.streams}
    blind = MemorySink(replace_spec(episode.spec))
    for name, table in kept.items():
        if name in ("readings", "emf", "acoustic", "vibration"):
            for batch in table.drop_columns(["episode_id", "time_utc"]).to_batches():
                blind.write(name, batch)
    without = samples_of([(blind.spec, windows_of_episode(blind))])
    mine = samples.select(samples.unit == episode.spec.episode_id)
    at = np.isin([f"x@{tick.partition('@')[2]}" for tick in without.sample_id],
                 [f"x@{tick.partition('@')[2]}" for tick in mine.sample_id])  # fmt: skip
    assert without.features == mine.features
    np.testing.assert_array_equal(without.x[at], mine.x)


def replace_spec(spec: EpisodeSpec) -> EpisodeSpec:
    """Another scenario, without parameters."""
    return spec.model_copy(update={"scenario": "normal/diurnal_cycle", "params": {}})


def test_conditions_are_those_of_the_episode(samples, dataset) -> None:
    for episode in dataset:
        rows = samples.unit == episode.spec.episode_id
        if not rows.any():
            continue
        assert set(samples.slices["scenario"][rows]) == {episode.spec.scenario}
        for name, value in conditions_of(episode.spec).items():
            assert set(samples.slices[name][rows]) == {value}
        for name in parameter_units():
            found = samples.slices[name][rows]
            assert (
                np.isnan(found).all()
                if name not in episode.spec.params
                else (found == episode.spec.params[name]).all()
            )


def test_what_weak_spots_are_looked_for_in_is_there_and_can_be_drawn(loop, samples) -> None:
    assert set(loop.task.slice_by) <= set(samples.slices)
    for name in set(loop.task.slice_by) - {"scenario"}:
        column = samples.slices[name][~np.isnan(samples.slices[name])]
        if column.size:
            spot = WeakSpot(scenario="*", parameters={name: [float(column.min()), float(column.max())]})
            assert loop.request_for(spot, 1, 0).episodes == 1


def test_an_event_out_of_sight_is_no_sample(samples, dataset) -> None:
    cut = [windows_of_episode(one, streams=stored_streams(one)) for one in dataset]
    hidden = sum(int((one.is_event & ~one.detectable).sum()) for one in cut)
    assert len(samples) == sum(map(len, cut)) - hidden
    assert hidden > 0


def test_sites_of_two_datasets_are_told_apart(dataset) -> None:
    episode = next(iter(dataset))
    spec, windows = episode.spec, windows_of_episode(episode, streams=stored_streams(episode))

    def group(**changes) -> tuple[str, ...]:
        other = spec.model_copy(update={"site": {**spec.site, **changes}})
        return samples_of([(other, windows)]).groups

    assert group() == group(has_transformer=not spec.site["has_transformer"])
    assert group() != group(tree_distance_m=29.0)


def test_a_weak_spot_is_drawn_from_within_its_ranges(loop) -> None:
    for spec in specs_of(loop.request_for(WINDY_ARC, 12, 5)):
        found = {**conditions_of(spec), **spec.params}
        assert spec.scenario == WINDY_ARC.scenario
        assert all(low <= found[name] <= high for name, (low, high) in WINDY_ARC.parameters.items())
        assert found["gap_m"] <= 2e-3  # what the scenario allows
        assert spec.importance_weight < 1.0


def test_even_draws_seldom_meet_the_weak_spot(loop) -> None:
    even = WINDY_ARC.model_copy(update={"parameters": {}})
    found = [conditions_of(spec) for spec in specs_of(loop.request_for(even, 30, 5))]
    assert np.mean([one["start_wind_m_s"] >= 5 and one["array_age_days"] >= 400 for one in found]) < 0.5


def test_a_spot_of_many_scenarios_takes_those_that_can_give_it(loop) -> None:
    far = loop.request_for(WeakSpot(scenario="*", parameters={"distance_m": [70.0, 500.0]}), 8, 1)
    assert set(far.scenarios) == {"lookalike/fireworks", "lookalike/road_dust"}  # the others end at 60 m
    fires = loop.request_for(WeakSpot(scenario="*", parameters={"category": "fire"}), 8, 1)
    assert {name.partition("/")[0] for name in fires.scenarios} == {"fire"}


@pytest.mark.parametrize(
    ("spot", "named"),
    [
        (WeakSpot(scenario="lookalike/sun_glint"), "scenario"),
        (WeakSpot(scenario="electrical/*", parameters={"salt": [0, 1]}), "parameters.salt"),
        (
            WeakSpot(scenario="electrical/tracking", parameters={"salt_mg_cm2": [5, 6]}),
            "parameters.salt_mg_cm2",
        ),
        (WeakSpot(scenario="*", parameters={"start_wind_m_s": [90, 99]}), "parameters.start_wind_m_s"),
        (WeakSpot(scenario="*", parameters={"array_age_days": "old"}), "parameters.array_age_days"),
    ],
)
def test_a_spot_that_the_pole_cannot_give_is_refused_by_name(loop, spot, named) -> None:
    with pytest.raises(ConfigError) as refused:
        loop.request_for(spot, 4, 0)
    assert refused.value.field == named


def test_an_unknown_scenario_is_an_unknown_name(loop) -> None:
    with pytest.raises(UnknownNameError):
        loop.request_for(WeakSpot(scenario="fire/no_such"), 1, 0)


def test_every_window_goes_to_the_collection_point(loop, dataset, samples, tmp_path) -> None:
    collector = TrainingDataCollector("pole", tmp_path, 1)
    loop.feed(dataset, samples, Certain(), collector)
    kept = collector.accepted("detections")
    assert len(kept) == len(samples)
    assert {one.record["scores"]["fire_active"] for one in kept} == {1.0}
    assert all(one.record["alarm"] for one in kept)
    assert {f"{one.record['episode_id']}@{one.record['tick']}" for one in kept} == set(samples.sample_id)
    truth = dict(zip(samples.sample_id, samples.y, strict=True))
    assert all(
        truth[f"{one.record['episode_id']}@{one.record['tick']}"] == one.record["truth_class"] for one in kept
    )


def test_before_the_first_model_there_is_no_score(loop, dataset, samples, tmp_path) -> None:
    collector = TrainingDataCollector("pole", tmp_path, 1)
    loop.feed(dataset, samples, None, collector)
    kept = collector.accepted("detections")
    assert len(kept) == len(samples)
    assert all(one.record["scores"] is None and one.record["alarm"] is None for one in kept)


def test_no_window_at_all_is_refused() -> None:
    with pytest.raises(DatasetError, match="no window is left"):
        samples_of([])


def test_samples_of_memory_and_of_disk_agree(samples, dataset) -> None:
    spec = next(iter(dataset)).spec
    sink = MemorySink(spec)
    PoleTwin().simulate(spec, sink)
    mine = samples.select(samples.unit == spec.episode_id)
    np.testing.assert_array_equal(samples_of_episode(sink).x, mine.x)
