import json
import math
import tracemalloc

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from envirosense.core.errors import ConfigError, DatasetError, UnknownNameError
from envirosense.core.rng import stream
from envirosense.datasets import Dataset, verify
from envirosense.datasets.card import write_card
from envirosense.datasets.quality import validate
from envirosense.datasets.recorded import ImportMap, conversion, import_logs, known_units, log_file, ordering
from envirosense.testing.twins import SCHEMAS as COIN

BASE = {
    "twin": "coin",
    "tick": "1s",
    "time": {"column": "when", "timezone": "UTC"},
    "columns": {"volts": {"channel": "near", "unit": "V"}},
    "group": "pole-17",
}
HEADER = "when,volts\n"


def map_of(**changes):
    return ImportMap.parse({**BASE, **changes})


def log_of(tmp_path, text, name="log.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def rows(*seconds, day="2024-03-01", value=1.5):
    return HEADER + "".join(f"{day}T00:{s // 60:02d}:{s % 60:02d},{value}\n" for s in seconds)


def imported(tmp_path, text, known=COIN, **changes):
    return import_logs(map_of(**changes), [log_of(tmp_path, text)], tmp_path / "out", known)


def near(dataset):
    return [episode.table("readings")["near"].to_pylist() for episode in dataset]


def test_a_log_becomes_a_real_dataset(tmp_path):
    dataset = imported(tmp_path, rows(0, 1, 2))
    assert dataset.manifest.origin == "real"
    assert verify(dataset.folder).is_ok
    (episode,) = dataset
    assert (episode.group, episode.split, episode.scenario) == ("pole-17", "test", "recorded/log")
    assert episode.spec.grid.start_utc.isoformat() == "2024-03-01T00:00:00+00:00"
    table = episode.table("readings")
    assert table["near"].to_pylist() == [1.5] * 3
    assert table["time_utc"].to_pylist()[2].second == 2
    assert table.schema.field("near").metadata[b"unit"] == b"V"
    assert "recorded" in dataset.summary()
    (source,) = dataset.manifest.settings["imported"]
    assert source["file"] == "log.csv"
    assert len(source["sha256"]) == 64


def test_gaps_stay_null_and_long_ones_part_episodes(tmp_path):
    dataset = imported(tmp_path, rows(0, 1, 4, 100, 101), episodes={"gap": "30s"})
    assert near(dataset) == [[1.5, 1.5, None, None, 1.5], [1.5, 1.5]]
    assert validate(dataset)["gaps"].is_passed


def test_missing_values_are_null(tmp_path):
    text = (
        HEADER
        + "2024-03-01T00:00:00,\n2024-03-01T00:00:01,-9999\n2024-03-01T00:00:02,nan\n2024-03-01T00:00:03,2\n"
    )
    dataset = imported(tmp_path, text, missing=["", "-9999", "nan"])
    assert near(dataset) == [[None, None, None, 2.0]]


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("iso8601", "2024-03-01 01:00:00+01:00"),
        ("iso8601", "2024-03-01T00:00:00Z"),
        ("unix_s", "1709251200"),
        ("unix_ms", "1709251200000.0"),
        ("%d.%m.%Y %H:%M", "01.03.2024 00:00"),
    ],
)
def test_times_are_read_as_they_are_written(tmp_path, form, written):
    time = {"column": "when", "format": form, "timezone": "UTC"}
    (episode,) = imported(tmp_path, HEADER + f"{written},3\n", time=time)
    assert episode.spec.grid.start_utc.isoformat() == "2024-03-01T00:00:00+00:00"


def test_local_times_are_turned_into_utc(tmp_path):
    time = {"column": "when", "timezone": "Europe/Berlin"}
    (episode,) = imported(tmp_path, HEADER + "2024-07-01 12:00:00,3\n", time=time)
    assert episode.spec.grid.start_utc.hour == 10


def test_units_are_converted_to_those_of_the_channel(tmp_path):
    dataset = imported(
        tmp_path, HEADER + "2024-03-01T00:00:00,1500\n", columns={"volts": {"channel": "near", "unit": "mV"}}
    )
    assert near(dataset) == [[1.5]]


@pytest.mark.parametrize(
    ("found", "wanted", "value", "expected"),
    [
        ("degF", "degC", 212.0, 100.0),
        ("degF", "K", -459.67, 0.0),
        ("degC", "K", 25.0, 298.15),
        ("inHg", "Pa", 29.92126, 101325.0),
        ("hPa", "Pa", 1013.25, 101325.0),
        ("psi", "kPa", 1.0, 6.894757),
        ("mph", "m/s", 1.0, 0.44704),
        ("kn", "km/h", 1.0, 1.852),
        ("ppm", "ppb", 0.4, 400.0),
        ("mg/m3", "ug/m3", 0.012, 12.0),
        ("%", "1", 45.0, 0.45),
        ("rad", "deg", math.pi, 180.0),
        ("in/h", "mm/h", 1.0, 25.4),
        ("mG", "uT", 10.0, 1.0),
        ("g", "m/s2", 1.0, 9.80665),
        ("furlong", "furlong", 3.0, 3.0),
    ],
)
def test_conversions_have_their_published_values(found, wanted, value, expected):
    factor, offset = conversion("unit", found, wanted)
    assert value * factor + offset == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_every_unit_converts_back_and_forth():
    for one in known_units():
        for other in known_units():
            try:
                factor, offset = conversion("unit", one, other)
            except ConfigError:
                continue
            back, shift = conversion("unit", other, one)
            assert back * (3.0 * factor + offset) + shift == pytest.approx(3.0, rel=1e-9, abs=1e-9)


def test_a_mass_is_no_mole_fraction():
    with pytest.raises(ConfigError, match="cannot become 'ppb', the channel's unit; a mass takes"):
        conversion("columns.o3.unit", "ug/m3", "ppb")
    with pytest.raises(UnknownNameError, match="did you mean 'degC'"):
        conversion("columns.t.unit", "deg C", "K")


def test_channels_follow_the_twin_and_may_be_new(tmp_path):
    columns = {
        "volts": {"channel": "far", "unit": "V"},
        "hum": {"channel": "hum_pct", "unit": "%", "new": True},
    }
    dataset = imported(tmp_path, "when,volts,hum\n2024-03-01T00:00:00,2,55\n", columns=columns)
    assert dataset.schema("readings").names == ["episode_id", "tick", "time_utc", "far", "hum_pct"]
    assert dataset.streams == ("readings",)
    assert dataset.schema("readings").field("far").metadata[b"description"].startswith(b"a third")


def test_a_channel_the_twin_does_not_have_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"columns.volts.channel='nera'.*did you mean 'near'.*new: true"):
        imported(tmp_path, rows(0), columns={"volts": {"channel": "nera", "unit": "V"}})
    assert not (tmp_path / "out").exists()


def test_several_rows_of_a_tick_are_taken_as_asked(tmp_path):
    text = HEADER + "".join(f"2024-03-01T00:00:0{s},{v}\n" for s, v in [("0.1", 1), ("0.9", 2), ("1.0", "")])
    assert near(imported(tmp_path, text)) == [[2.0, None]]
    mean = import_logs(map_of(within_tick="mean"), [tmp_path / "log.csv"], tmp_path / "mean", COIN)
    assert near(mean) == [[1.5, None]]
    with pytest.raises(
        DatasetError, match=r"line 3, column 'when': lies in one tick of 1 s with the row before"
    ):
        import_logs(map_of(within_tick="refuse"), [tmp_path / "log.csv"], tmp_path / "no", COIN)


def test_directions_are_never_averaged(tmp_path):
    columns = {"volts": {"channel": "wind_direction_deg", "unit": "deg"}}
    text = HEADER + "2024-03-01T00:00:00.1,350\n2024-03-01T00:00:00.5,10\n"
    dataset = imported(tmp_path, text, {}, columns=columns, within_tick="mean")
    (episode,) = dataset
    assert episode.table("readings")["wind_direction_deg"].to_pylist() == [10.0]


def test_episodes_end_where_a_column_changes_and_at_the_longest(tmp_path):
    text = "when,volts,run\n" + "".join(f"2024-03-01T00:00:{s:02d},{s},{'ab'[s > 3]}\n" for s in range(10))
    dataset = imported(tmp_path, text, episodes={"column": "run", "longest": "4s"})
    assert near(dataset) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


def test_groups_come_from_a_column_and_have_their_splits(tmp_path):
    text = "when,volts,pole\n2024-03-01T00:00:00,1,a\n2024-03-01T00:00:00,2,b\n2024-03-01T00:00:01,3,a\n"
    dataset = imported(tmp_path, text, group=None, group_column="pole", split={"a": "train", "b": "test"})
    assert [(e.group, e.split) for e in dataset] == [("a", "train"), ("b", "test")]
    assert validate(dataset)["split_overlap"].is_passed  # they have no world in common
    assert near(dataset) == [[1, 3], [2]]
    with pytest.raises(ConfigError, match=r"split='b'.*give its split"):
        imported(tmp_path, text, group=None, group_column="pole", split={"a": "train"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "unknown .*column"),
        (HEADER, "holds no row"),
        ("when,volt\n2024-03-01T00:00:00,1\n", r"column='volts': unknown .*did you mean 'volt'"),
        ("when,volts,volts\n", r"line 1, column 'volts': is there twice"),
        (HEADER + "2024-03-01T00:00:00,1\n\nyesterday,1\n", r"line 4, column 'when': 'yesterday' is no time"),
        (HEADER + "2024-03-01T00:00:00,high\n", r"line 2, column 'volts': 'high' is not a number; add it to"),
        (HEADER + '2024-03-01T00:00:00,"1,5"\n', r"line 2, column 'volts': '1,5' .*write it with a point"),
        (HEADER + "2024-03-01T00:00:00,inf\n", r"line 2, column 'volts': 'inf' is endless"),
        (HEADER + "2024-03-01T00:00:00,1,5\n", r"line 2: 3 fields instead of 2"),
        (HEADER + ",1\n", r"line 2, column 'when': is empty"),
        (rows(5, 2), r"line 3, column 'when': the clock goes back by 3 s"),
        (HEADER + '2024-03-01T00:00:00,"1\n', r"line 2: unexpected end of data"),
    ],
)  # fmt: skip
def test_every_fault_of_a_log_names_line_column_and_fix(tmp_path, text, message):
    with pytest.raises((DatasetError, UnknownNameError), match=message) as found:
        imported(tmp_path, text)
    assert str(tmp_path / "log.csv") in str(found.value)
    assert not (tmp_path / "out").exists()


def test_clock_changes_and_missing_zones_are_refused(tmp_path):
    berlin = {"column": "when", "timezone": "Europe/Berlin"}
    for text in ("2024-10-27 02:30:00", "2024-03-31 02:30:00"):
        with pytest.raises(DatasetError, match="happens twice or never in Europe/Berlin"):
            imported(tmp_path, HEADER + f"{text},1\n", time=berlin)
    with pytest.raises(DatasetError, match=r"has no offset; set time\.timezone"):
        imported(tmp_path, rows(0), time={"column": "when"})
    with pytest.raises(DatasetError, match="no time since 1970 in this unit"):
        imported(tmp_path, HEADER + "1709251200000,1\n", time={"column": "when", "format": "unix_s"})
    with pytest.raises(DatasetError, match="'soon' is not a number"):
        imported(tmp_path, HEADER + "soon,1\n", time={"column": "when", "format": "unix_s"})


def test_rows_out_of_order_can_be_sorted(tmp_path):
    time = {**BASE["time"], "sort": True}
    assert len(near(imported(tmp_path, rows(2, 0, 1), time=time))[0]) == 3


def test_a_tick_far_too_short_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"line 2: .* ticks of 0.001 s for 2 rows"):
        imported(tmp_path, rows(0, 599), tick=0.001)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"group": None}, "give group"),
        ({"group_column": "pole"}, "not both"),
        ({"tick": "soon"}, "tick='soon': write a number with a unit"),
        ({"tick": 0}, "tick"),
        ({"time": {"column": "when", "timezone": "Mars/Olympus"}}, "unknown time zone"),
        ({"columns": {}}, "columns"),
        ({"columns": {key: {"channel": "near", "unit": "V"} for key in "ab"}}, "two columns are mapped"),
        ({"columns": {"when": {"channel": "near", "unit": "V"}}}, "cannot be a channel"),
        ({"colums": {}}, "did you mean 'columns'"),
        ({"scenario": "recorded"}, "scenario"),
        ({"schema_version": 2}, "schema_version"),
    ],
)  # fmt: skip
def test_faults_of_the_map_name_the_field(changes, message):
    with pytest.raises(ConfigError, match=message):
        map_of(**changes)


def test_a_parquet_log_reads_like_the_csv(tmp_path):
    when = pa.array([0, 1_000_000, 4_000_000], pa.timestamp("us"))
    pq.write_table(pa.table({"when": when, "volts": [1.0, None, 3.0]}), tmp_path / "log.parquet")
    dataset = import_logs(map_of(), [tmp_path / "log.parquet"], tmp_path / "out", COIN)
    assert near(dataset) == [[1.0, None, None, None, 3.0]]
    pq.write_table(pa.table({"when": when, "volts": ["1", "x", "2"]}), tmp_path / "bad.parquet")
    with pytest.raises(DatasetError, match=r"bad.parquet: line 2, column 'volts': 'x' is not a number"):
        import_logs(map_of(), [tmp_path / "bad.parquet"], tmp_path / "no", COIN)
    (tmp_path / "no.parquet").write_text("when,volts\n")
    with pytest.raises(DatasetError, match="cannot be read as Parquet"):
        import_logs(map_of(), [tmp_path / "no.parquet"], tmp_path / "no", COIN)


def test_a_log_read_in_small_pieces_gives_the_same_dataset(tmp_path, monkeypatch):
    seconds = stream(3, "clock").permutation(400)
    lines = [
        f"2024-03-01T00:{s // 60:02d}:{s % 60:02d},{s},{'b' if s % 7 else 'a'},{s // 50}" for s in seconds
    ]
    text = "when,volts,pole,run\n" + "\n".join([*lines, lines[7], lines[30]])
    changes = {
        "group": None,
        "group_column": "pole",
        "time": {**BASE["time"], "sort": True},
        "episodes": {"gap": "9s", "column": "run", "longest": "20s"},
    }
    whole = imported(tmp_path, text, **changes)
    assert len(whole) > 20
    monkeypatch.setattr(log_file, "_CHUNK", 7)
    monkeypatch.setattr(ordering, "_BLOCK", 2)
    monkeypatch.setattr(ordering, "_ROWS", 5)
    pieces = import_logs(map_of(**changes), [tmp_path / "log.csv"], tmp_path / "pieces", COIN)
    assert pieces.logical_hash == whole.logical_hash
    assert [one.group for one in pieces] == [one.group for one in whole]


def peak_of_import(tmp_path, n_rows):
    text = HEADER + "".join(f"{1_709_251_200 + second},{second % 50}\n" for second in range(n_rows))
    time, episodes = {"column": "when", "format": "unix_s"}, {"longest": "500s"}
    log, wanted = log_of(tmp_path, text, f"{n_rows}.csv"), map_of(time=time, episodes=episodes)
    tracemalloc.start()
    import_logs(wanted, [log], tmp_path / str(n_rows), COIN)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_a_log_is_never_in_memory_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(log_file, "_CHUNK", 500)
    peak_of_import(tmp_path, 600)  # what is imported and compiled once
    more_bytes = peak_of_import(tmp_path, 40_000) - peak_of_import(tmp_path, 4_000)
    assert more_bytes / 36_000 < 12.0  # a row: that of the log alone takes 24, and its tick 16


def test_several_logs_are_one_dataset_and_the_same_call_goes_on(tmp_path):
    logs = [log_of(tmp_path, rows(0, 1), "a.csv"), log_of(tmp_path, rows(0, 1, day="2024-03-02"), "b.csv")]
    dataset = import_logs(map_of(), logs, tmp_path / "out", COIN)
    assert len(dataset) == 2
    assert import_logs(map_of(), logs, tmp_path / "out", COIN).logical_hash == dataset.logical_hash
    log_of(tmp_path, rows(0, 1, value=2.0), "a.csv")
    with pytest.raises(ConfigError, match="holds another dataset"):
        import_logs(map_of(), logs, tmp_path / "out", COIN)
    with pytest.raises(ConfigError, match="name at least one"):
        import_logs(map_of(), [], tmp_path / "no", COIN)
    with pytest.raises(DatasetError, match=r"gone.csv: cannot be read \(No such file"):
        import_logs(map_of(), [tmp_path / "gone.csv"], tmp_path / "no", COIN)


EVENTS = "from,to,what,how\n2024-03-01T00:00:02,2024-03-01T00:00:04,smoke,0.5\n2024-03-01T00:00:06,,arc,\n"


def events_map(path, **changes):
    types = {"smoke": "fire_precursor", "arc": "arcing"}
    return {"file": str(path), "onset": "from", "clearance": "to", "type": "what", "severity": "how",
            "types": types, **changes}  # fmt: skip


def test_recorded_events_become_events_and_labels(tmp_path):
    told = events_map(log_of(tmp_path, EVENTS, "events.csv"))
    dataset = imported(tmp_path, rows(*range(10)), events=told)
    (episode,) = dataset
    events = episode.table("events").to_pylist()
    assert [(e["event_type"], e["onset_s"], e["clearance_s"]) for e in events] == [
        ("fire_precursor", 2.0, 4.0), ("arcing", 6.0, None),
    ]  # fmt: skip
    labels = episode.table("labels").to_pylist()
    assert [row["tick"] for row in labels] == [2, 3, 4, 6, 7, 8, 9]
    assert [(row["severity"], row["level"]) for row in labels][::6] == [(0.5, 3), (1.0, None)]
    assert validate(dataset)["label_events"].is_passed
    windows = dataset["test"].windows(length_s=2, stride_s=2)
    assert windows.y.tolist() == ["normal", "fire_precursor", "fire_precursor", "arcing", "arcing"]
    assert windows.events.detectable.all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            EVENTS.replace("arc", "bang"),
            r"line 3, column 'what': 'bang' is not among events.types \(arc, smoke\)",
        ),
        (EVENTS.replace("00:04", "00:01"), r"line 2, column 'to': lies before the onset"),
        (EVENTS.replace("0.5", "5"), r"line 2, column 'how': 5 is no severity"),
        (EVENTS.replace("03-01", "05-01"), r"line 2, column 'from': no reading of 'pole-17' at this time"),
        (EVENTS.replace("what", "kind"), "unknown .*column"),
        (EVENTS.replace("smoke", ""), r"line 2, column 'what': is empty"),
    ],
)
def test_every_fault_of_an_events_table_names_line_column_and_fix(tmp_path, text, message):
    told = events_map(log_of(tmp_path, text, "events.csv"))
    with pytest.raises((DatasetError, UnknownNameError), match=message):
        imported(tmp_path, rows(*range(10)), events=told)


def test_events_outside_can_be_ignored_and_need_a_group_where_there_are_two(tmp_path):
    path = log_of(tmp_path, EVENTS.replace("03-01", "05-01"), "events.csv")
    dataset = imported(tmp_path, rows(*range(10)), events=events_map(path, outside="ignore"))
    assert dataset.manifest.streams["events"].rows == 0
    text = "when,volts,pole\n2024-03-01T00:00:00,1,a\n2024-03-01T00:00:00,2,b\n"
    with pytest.raises(ConfigError, match="the log holds several groups"):
        imported(tmp_path, text, group=None, group_column="pole", events=events_map(path))


@pytest.fixture(scope="module")
def coins(tmp_path_factory):
    from envirosense.factory.executors import InlineExecutor
    from envirosense.factory.generator import generate
    from envirosense.factory.request import GenerationRequest
    from envirosense.factory.twins import TWINS
    from envirosense.testing.twins import CoinTwin

    if "coin" not in TWINS:
        TWINS.register("coin")(CoinTwin)
    request = GenerationRequest.parse(
        {"twin": "coin", "episodes": 12, "duration_s": 300.0, "seed": 3, "n_groups": 6}
    )
    return generate(request, tmp_path_factory.mktemp("coins") / "coins", 1, InlineExecutor())


def field_log(tmp_path):
    """Ten minutes of a probe that jumps in the sixth minute, with an events table."""
    noise = stream(1, "field log").normal(0.0, 0.5, 600)
    level = np.where(np.arange(600) >= 300, 12.0, 0.0) + noise
    lines = [f"2024-03-01T00:{s // 60:02d}:{s % 60:02d},{1e3 * value:.3f}" for s, value in enumerate(level)]
    log = log_of(tmp_path, "when,probe_mv\n" + "\n".join(lines) + "\n")
    log_of(tmp_path, "from,what\n2024-03-01T00:05:00,heads\n", "events.csv")
    return log


def test_a_model_trained_on_simulated_data_is_evaluated_on_the_recorded(coins, tmp_path):
    from envirosense.factory.describe import check_quality, describe_dataset
    from envirosense.learning.training import evaluate, train

    log = field_log(tmp_path)
    (tmp_path / "map.yaml").write_text(
        json.dumps({
            "twin": "coin", "tick": "1s", "like": str(coins.folder), "group": "field",
            "time": {"column": "when", "timezone": "UTC"},
            "columns": {"probe_mv": {"channel": "near", "unit": "mV"}},
            "events": {"file": "events.csv", "onset": "from", "type": "what"},
        })
    )  # fmt: skip
    real = import_logs(tmp_path / "map.yaml", [log], tmp_path / "real")
    cut = {"length_s": 20.0, "stride_s": 20.0}
    assert real["test"].windows(**cut).channels == coins["train"].windows(**cut).channels
    train(coins, tmp_path / "model", size=20, **cut)
    report = evaluate(tmp_path / "model", real)
    assert report.exposure.n_windows == 30
    assert report.exposure.n_detectable_events == 1
    assert report.n_seen_episodes == 0
    rule = next(one for one in report.detectors if one.role == "threshold")
    assert rule.recall.value == 1.0
    found = check_quality(real)
    assert found.is_ok, str(found)
    describe_dataset(real)
    assert "recorded" in (real.folder / "README.md").read_text()
    assert verify(real.folder).is_ok


def test_the_card_of_recorded_data_does_not_say_simulated(tmp_path):
    dataset = imported(tmp_path, rows(*range(10)))
    text = write_card(dataset, {"title": "Coin twin"}).read_text()
    assert "Recorded sensor readings" in text
    assert "simulat" not in text.lower()
    assert "every window counts as normal" in text
    assert "measurements" in text
    assert "simulated" not in json.loads((dataset.folder / "croissant.json").read_text())["description"]


def test_the_datasheet_of_recorded_data_says_what_its_map_says(tmp_path):
    maker = {"purpose": "a test of the cells", "license": "cc-by-4.0"}
    dataset = imported(tmp_path, rows(*range(10)), maker=maker)
    text = write_card(dataset, {"title": "Coin twin", "contact": "those of the twin"}).read_text()
    sheet = text.partition("## Datasheet")[2].partition("\n## ")[0]
    for words in (
        "| For what was it made? | a test of the cells |",
        "| Under which licence? | cc-by-4.0 |",
        "| Who made it, who answers questions? | not stated |",
        "imported from 1 log",
        "no row has a label",
        "`within_tick`: last",
        "2024-03-01 to 2024-03-01",
    ):
        assert words in sheet, words
    assert "license: cc-by-4.0" in text
    (tmp_path / "unsaid").mkdir()
    unsaid = imported(tmp_path / "unsaid", rows(*range(10)))
    assert "license: unknown" in write_card(unsaid, {"title": "Coin twin", "license": "mit"}).read_text()
    assert "simulat" not in text.lower()


def test_a_dataset_to_be_like_must_fit(coins, tmp_path):
    with pytest.raises(ConfigError, match="its models need the same"):
        imported(tmp_path, rows(0), tick="2s", like=str(coins.folder))
    with pytest.raises(ConfigError, match="is of twin 'coin', not 'pole'"):
        imported(tmp_path, rows(0), twin="pole", like=str(coins.folder))
    with pytest.raises(DatasetError, match="no dataset here"):
        imported(tmp_path, rows(0), like=str(tmp_path / "nowhere"))


def test_recorded_datasets_merge(tmp_path):
    from envirosense.datasets.merge import merge

    one = import_logs(map_of(), [log_of(tmp_path, rows(0, 1), "a.csv")], tmp_path / "a", COIN)
    two = import_logs(map_of(), [log_of(tmp_path, rows(5, 6), "b.csv")], tmp_path / "b", COIN)
    both = merge(one, two, tmp_path / "c")
    assert (both.manifest.origin, len(both)) == ("real", 2)
    assert len(merge(one, Dataset.open(one.folder), tmp_path / "d")) == 1
