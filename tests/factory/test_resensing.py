"""The same worlds under other sensors: truth, labels and splits stay to the bit; what did not change, too."""

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.datasets import Dataset, verify
from envirosense.datasets.hashing import content_hash
from envirosense.factory import GenerationInterrupted, WorldDiffers, generate, resense
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.progress import SilentProgress
from envirosense.factory.request import GenerationRequest
from envirosense.factory.twins import TWINS
from envirosense.instruments.configuration import SensorConfiguration
from envirosense.instruments.sensor_change import SensorChange
from envirosense.pole.twin import PoleTwin

KEYS = ("episode_id", "time_utc")
SENSED = {"readings", "acoustic", "thermal", "stages", "status", "sensor_faults"}
SENSORS = ["voc_array", "temperature_humidity", "barometer", "microphone", "thermal_camera"]
OLDER = SensorChange(sensors=("voc_array",), set={"age_days": 1800.0})


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    request = GenerationRequest.parse(
        {
            "twin": "pole",
            "scenarios": "fire/*,normal/*",
            "episodes": 4,
            "duration_s": 40.0,
            "dt_s": 2.0,
            "seed": 3,
            "options": {"sensors": SENSORS, "frame_interval_s": 20.0},
        }
    )
    return generate(request, tmp_path_factory.mktemp("resense") / "source", executor=InlineExecutor())


@pytest.fixture
def again(source, tmp_path):
    def sensed(configuration, dataset=source, **options):
        return resense(dataset, configuration, tmp_path / "out", executor=InlineExecutor(), **options)

    return sensed


def bare(episode, stream):
    table = episode.table(stream)
    return table.drop_columns([key for key in KEYS if key in table.column_names])


def paired(one, other):
    return zip(one, other, strict=True)


def assert_same_worlds(source, other):
    assert len(source) == len(other) == 4
    for a, b in paired(source, other):
        assert (a.scenario, a.split, a.spec.group) == (b.scenario, b.split, b.spec.group)
        assert a.spec.world_fingerprint == b.spec.world_fingerprint
        assert a.episode_id != b.episode_id
        for stream in {*a.streams, *b.streams} - SENSED:
            if stream not in ("observability", "masks", "waveforms", "bands"):
                assert content_hash(bare(a, stream)) == content_hash(bare(b, stream)), stream


def changed_columns(source, other, stream="readings"):
    names = {
        name
        for a, b in paired(source, other)
        for name in bare(a, stream).column_names
        if not bare(a, stream)[name].equals(bare(b, stream)[name])
    }
    return {name.partition(".")[0] for name in names}


def test_another_age_changes_the_readings_of_its_sensor_alone(source, again):
    older = again(OLDER)
    assert_same_worlds(source, older)
    assert changed_columns(source, older) == {"voc_array"}
    assert changed_columns(source, older, "acoustic") == set()
    assert all(a.table("thermal")["frame_lo"].equals(b.table("thermal")["frame_lo"])
               for a, b in paired(source, older))  # fmt: skip
    assert {
        s["age_days"] for e in older for s in e.spec.sensing["sensors"] if s["sensor_id"] == "voc_array"
    } == {1800.0}
    assert verify(older.folder).is_ok


def test_a_fault_is_planted_in_every_episode(source, again):
    fault = {"kind": "stuck", "begin_s": 10.0}
    broken = again([SensorChange(sensors=("barometer",), set={"faults": [fault]})])
    assert_same_worlds(source, broken)
    assert changed_columns(source, broken) == {"barometer"}
    assert [episode.table("sensor_faults")["kind"].to_pylist() for episode in broken] == [["stuck"]] * 4
    for episode in broken:
        assert len(set(episode.table("readings")["barometer.pressure_pa"].to_pylist()[5:])) == 1


def test_another_array_senses_the_same_worlds(source, again):
    array = SensorConfiguration.parse({
        "sensors": [
            {"sensor_id": "p", "sensor_type": "barometer", "part": "barometer/bmp388"},
            {"sensor_id": "pm", "sensor_type": "particulate_matter", "part": "particulate_matter/pms5003"},
        ],
    })  # fmt: skip
    other = again(array)
    assert_same_worlds(source, other)
    assert {name.partition(".")[0] for name in other.schema("readings").names if "." in name} == {"p", "pm"}
    assert "thermal" not in other.streams


def test_another_seed_changes_the_noise_of_every_sensor(source, again):
    reseeded = again({"changes": [{"sensors": ["voc_array"], "set": {"age_days": 0.0}}]}, sensing_seed=99)
    assert_same_worlds(source, reseeded)
    assert changed_columns(source, reseeded) == {*SENSORS[:3], "temperature_humidity_2"}


def test_sensed_twice_alike_is_the_same_dataset(source, tmp_path):
    folders = [tmp_path / name for name in "ab"]
    one, two = (resense(source.folder, OLDER, folder, executor=InlineExecutor()) for folder in folders)
    assert one.logical_hash == two.logical_hash != source.logical_hash
    settings = one.manifest.settings
    assert settings["resensed_from"] == source.logical_hash
    assert settings["sensing"] == {"changes": [OLDER.model_dump(mode="json")]}


def test_a_finished_run_is_not_run_again(source, again, monkeypatch):
    first = again(OLDER)
    before = (first.folder / "manifest.json").stat().st_mtime_ns
    assert again(OLDER).logical_hash == first.logical_hash
    assert (first.folder / "manifest.json").stat().st_mtime_ns == before


class StopAt(SilentProgress):
    """Interrupts the run once an episode is done."""

    def update(self, standing):
        if standing.done:
            raise KeyboardInterrupt


def test_an_interrupted_run_is_resumed_by_the_same_call(source, again, tmp_path):
    whole = resense(source, OLDER, tmp_path / "whole", executor=InlineExecutor())
    with pytest.raises(GenerationInterrupted):
        again(OLDER, progress=StopAt())
    resumed = again(OLDER)
    assert resumed.logical_hash == whole.logical_hash
    assert verify(resumed.folder).is_ok


@pytest.mark.slow
def test_worker_processes_write_the_same(source, tmp_path):
    inline = resense(source, OLDER, tmp_path / "inline", executor=InlineExecutor())
    assert resense(source, OLDER, tmp_path / "pool", workers=1).logical_hash == inline.logical_hash


# --- worlds that are no longer what was stored


def tampered(source, folder, stream, column):
    import shutil

    copy = Path(shutil.copytree(source.folder, folder / "tampered"))
    for shard in (copy / stream).glob("*.parquet"):
        file = pq.ParquetFile(shard)
        groups = [file.read_row_group(i) for i in range(file.num_row_groups)]
        with pq.ParquetWriter(shard, file.schema_arrow) as writer:
            for table in groups:
                index = table.column_names.index(column)
                moved = pc.add(table[column], 0.01).cast(table.schema.field(column).type)
                writer.write_table(table.set_column(index, table.schema.field(column), moved))
    return copy


@pytest.mark.parametrize(
    ("stream", "column"), [("truth", "air_k"), ("components", "tank_oil_k"), ("response", "component_k")]
)
def test_tampered_truth_stops_it_before_anything_is_written(source, again, tmp_path, stream, column):
    copy = tampered(source, tmp_path, stream, column)
    if stream == "components":
        column = next(n for n in Dataset.open(copy).schema(stream).names if n.endswith("_k"))
    with pytest.raises(
        WorldDiffers, match=f"stream '{stream}' of its world is not the stored one"
    ) as refusal:
        again(OLDER, copy)
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "out").exists()


class OtherPhysics(PoleTwin):
    """A pole whose weather comes out differently."""

    def simulate(self, spec, out):
        return super().simulate(spec.model_copy(update={"world_seed": spec.world_seed + 1}), out)


def test_another_physics_stops_it_before_anything_is_written(again, tmp_path, monkeypatch):
    monkeypatch.setattr(TWINS, "_registered", {**dict(TWINS.items()), "pole": OtherPhysics})
    with pytest.raises(WorldDiffers, match="sense it with the version that made the dataset"):
        again(OLDER)
    assert not (tmp_path / "out").exists()


# --- what cannot be


def test_nothing_to_change_is_refused(source, again, tmp_path):
    age_days = {e.spec.sensing["sensors"][0]["interval_s"] for e in source}.pop()
    with pytest.raises(ConfigError, match="changes nothing"):
        again(SensorChange(sensors=("barometer",), set={"interval_s": age_days}))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("configuration", "error", "words"),
    [
        (
            SensorChange(sensors=("voc_aray",), set={"age_days": 1}),
            UnknownNameError,
            "did you mean 'voc_array'",
        ),
        (
            {"changes": [{"sensors": ["barometer"], "set": {"part": "barometer/x"}}]},
            ConfigError,
            "barometer/x",
        ),
        ({"changes": [], "guardian_id": "b"}, ConfigError, "cannot stand beside `changes`"),
        ({"sensor": []}, ConfigError, "must be a guardian with `sensors`, or hold `changes`"),
        ("older.yaml", ConfigError, "must be a guardian or changes of sensors"),
        ([{"set": {}}], ConfigError, "must be a guardian or changes of sensors"),
    ],
)
def test_an_unknown_change_is_one_line(again, tmp_path, configuration, error, words):
    with pytest.raises(error, match=words) as refusal:
        again(configuration)
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "out").exists()


def test_a_twin_that_cannot_sense_again_is_named(request_coin, tmp_path):
    coins = generate(request_coin(episodes=2), tmp_path / "coins", executor=InlineExecutor())
    with pytest.raises(ConfigError, match="twin='coin': cannot sense its worlds again"):
        resense(coins, OLDER, tmp_path / "out")
