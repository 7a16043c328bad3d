import base64
import dataclasses
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from envirosense.core.errors import UnknownNameError
from envirosense.core.protocols import Twin
from envirosense.core.settings import settings
from envirosense.datasets.dataset import Dataset
from envirosense.datasets.finish import finish
from envirosense.datasets.output import prepare_output
from envirosense.datasets.plan import Plan
from envirosense.datasets.quality import validate
from envirosense.datasets.shard import write_shard
from envirosense.factory.planning import draw_specs
from envirosense.factory.request import GenerationRequest
from envirosense.pole.page import episode_page
from envirosense.pole.page.charts import Line, chart, time_view
from envirosense.pole.page.colours import thermal_palette
from envirosense.pole.page.envelope import envelope_path
from envirosense.pole.page.film import film_strip
from envirosense.pole.page.png import indexed_png
from envirosense.pole.page.recording import read_recording
from envirosense.pole.page.scales import Axis, tick_label, time_axis, value_axis
from envirosense.pole.page.surroundings import level, resultant, surroundings
from envirosense.pole.rules import pole_rules
from envirosense.pole.twin import PoleTwin
from envirosense.testing.twins import CoinTwin

SHOWN = (
    "electrical/arcing_event", "electrical/equipment_overheat", "fire/cellulose_pyrolysis",
    "multi_factor/two_joints", "normal/diurnal_cycle",
)  # fmt: skip


def make(folder: Path, twin: Twin, n: int, duration_s: float, scenarios: tuple[str, ...] = ("*",)) -> Dataset:
    request = GenerationRequest(
        twin=twin.name, episodes=n, duration_s=duration_s, seed=7, scenarios=scenarios
    )
    episodes = [(spec, "train") for spec in draw_specs(request, twin)]
    plan = Plan.build(name="shown", twin=twin.name, seed=7, episodes=episodes, code_version="test")
    with prepare_output(plan, folder) as output:
        for shard in output.pending:
            write_shard(output.folder, shard, twin.simulate)
        finish(output)
    return Dataset.open(folder)


@pytest.fixture(scope="module")
def poles(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    folder = tmp_path_factory.mktemp("poles")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ENVIROSENSE_HOME", str(folder / "home"))
        settings.cache_clear()
        dataset = make(folder / "data", PoleTwin(), len(SHOWN), 600.0, SHOWN)
    settings.cache_clear()
    return dataset


@pytest.fixture(scope="module")
def pages(poles: Dataset) -> dict[str, str]:
    return {episode.scenario: episode_page(poles, episode.episode_id) for episode in poles}


def test_page_needs_no_other_file(pages: dict[str, str]) -> None:
    for page in pages.values():
        assert len(page) < 3_000_000
        assert "http" not in page
        assert "@import" not in page
        assert "url(" not in page
        sources = re.findall(r'(?:src|href)="([^"]{0,20})', page)
        assert sources
        assert all(source.startswith(("data:image/png", "#")) for source in sources)


def test_page_shows_every_channel_and_fact(poles: Dataset, pages: dict[str, str]) -> None:
    readings = [name for name in poles.schema("readings").names if "." in name]
    for episode in poles:
        page = pages[episode.scenario]
        assert page.count("<figure") >= len(readings)
        assert 'class="line reading' in page
        assert 'class="line truth' in page
        for text in (
            episode.episode_id,
            episode.spec.fingerprint,
            str(episode.spec.world_seed),
            episode.group,
        ):
            assert text in page
        assert not re.search(r"\b(nan|inf|None)\b", page)


def test_page_names_stages_and_instants(poles: Dataset, pages: dict[str, str]) -> None:
    eventful = [episode for episode in poles if episode.table("events").num_rows]
    assert eventful
    for episode in eventful:
        page = pages[episode.scenario]
        for stage in set(episode.table("labels")["stage"].to_pylist()):
            assert f'title="{stage}, ' in page
        assert 'class="mark onset"' in page
        assert ('class="mark seen"' in page) == any(episode.table("observability")["detectable"].to_pylist())
    quiet = next(episode for episode in poles if not episode.table("events").num_rows)
    assert "no event is labelled" in pages[quiet.scenario]


def test_film_holds_twelve_pictures_of_the_camera(poles: Dataset, pages: dict[str, str]) -> None:
    page = next(iter(pages.values()))
    thumbs = re.findall(r'class="thumb[^>]*>.*?src="data:image/png;base64,([^"]+)"', page)
    assert len(thumbs) == 12
    width, height = struct.unpack(">II", base64.b64decode(thumbs[0])[16:24])
    assert (width, height) == (80, 60)


def test_page_is_the_same_every_time(poles: Dataset, pages: dict[str, str]) -> None:
    episode = next(iter(poles))
    assert episode_page(poles, episode.episode_id[:10]) == pages[episode.scenario]


def test_unknown_episode_is_refused(poles: Dataset) -> None:
    with pytest.raises(UnknownNameError):
        episode_page(poles, "ffffffffffffffff")


def test_page_of_a_twin_with_other_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIROSENSE_HOME", str(tmp_path / "home"))
    dataset = make(tmp_path / "coins", CoinTwin(), 2, 300.0)
    for episode in dataset:
        page = episode_page(dataset, episode.episode_id)
        assert "Near" in page
        assert "UTC" in page


def test_pole_rules_hold_on_pole_data(poles: Dataset) -> None:
    report = validate(poles, pole_rules(), PoleTwin().relabel)
    broken = [str(result) for result in report.errors]
    assert not broken
    assert all(
        report[rule.name].n_checked
        for rule in pole_rules()
        if rule.stream in {"readings", "truth", "thermal"}
    )


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 1.0), (-3.7, 812.0), (1e-6, 2e-6), (5.0, 5.0), (985.4, 986.1)]
)
def test_value_ticks_are_round_and_inside(low: float, high: float) -> None:
    axis = value_axis(low, high)
    steps = np.diff(axis.ticks)
    assert 2 <= len(axis.ticks) <= 6
    assert np.allclose(steps, steps[0])
    mantissa = steps[0] / 10 ** np.floor(np.log10(steps[0]))
    assert np.isclose([1, 2, 2.5, 5, 10], mantissa, rtol=1e-6).any()
    assert axis.low <= low
    assert axis.high >= high
    assert all(axis.low <= tick <= axis.high for tick in axis.ticks)


def test_axis_of_a_quantity_without_negatives_starts_at_zero() -> None:
    assert value_axis(0.0, 0.0, least_span=1.0, floor=0.0).low == 0.0


@pytest.mark.parametrize(("duration_s", "last"), [(600, "10"), (3600, "60"), (86_400, "24")])
def test_time_ticks_are_whole_minutes_or_hours(duration_s: float, last: str) -> None:
    axis = time_axis(duration_s)
    assert axis.labels[0] == "0"
    assert axis.labels[-1] == last
    assert len(axis.labels) <= 9


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [(0.25, 0.25, "0.25"), (-5.0, 5.0, "\u22125"), (-0.0, 0.5, "0.0"), (12_000, 1000, "12\u2009000")],
)
def test_tick_labels_have_the_digits_of_their_step(value: float, step: float, text: str) -> None:
    assert tick_label(value, step) == text


def test_thinned_curve_keeps_every_extreme() -> None:
    t_s = np.arange(20_000.0)
    values = np.random.default_rng(2).normal(size=t_s.size)
    values[[777, 15_001]] = 9.0, -9.0
    x, y = Axis(0.0, 20_000.0, (), ()), Axis(-10.0, 10.0, (), ())
    heights = [int(part) for part in re.findall(r"[ML][\d.]+ (\d+)", envelope_path(t_s, values, x, y, 300))]
    assert len(heights) == 600
    assert (min(heights), max(heights)) == (50, 950)


def test_curve_breaks_where_nothing_was_sampled() -> None:
    t_s = np.arange(100.0)
    values = np.ones(100)
    values[40:60] = np.nan
    x, y = Axis(0.0, 100.0, (), ()), Axis(0.0, 2.0, (), ())
    assert envelope_path(t_s, values, x, y, 300).count("M") == 2
    assert envelope_path(t_s, np.full(100, np.nan), x, y, 300) == ""


def test_png_holds_the_picture() -> None:
    picture = np.arange(48, dtype=np.uint8).reshape(6, 8)
    png = indexed_png(picture, thermal_palette())
    chunks, at = {}, 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        kind, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert struct.unpack(">I", png[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + data)
        chunks[kind], at = data, at + 12 + length
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(6, 9)
    assert np.array_equal(rows[:, 1:], picture)
    assert len(chunks[b"PLTE"]) == 768


def test_key_picture_is_of_the_gravest_instant_and_the_ring_on_the_component(poles: Dataset) -> None:
    n_checked = 0
    for episode in poles:
        thermal = read_recording(poles, episode.episode_id).thermal
        assert thermal is not None
        (*events,) = episode.table("events").to_pylist()
        if events:
            n_checked += 1
            interval_s = float(np.diff(thermal.t_s).min())
            assert abs(thermal.picture_t_s[thermal.key] - events[0]["peak_s"]) <= interval_s
        assert (thermal.affected_c is None) == (thermal.mask is None)
        assert thermal.range_c == pytest.approx((-40.0, 170.0))
    assert n_checked


def test_clipped_picture_states_the_camera_limit(poles: Dataset) -> None:
    recording = read_recording(poles, next(iter(poles)).episode_id)
    thermal = recording.thermal
    assert thermal is not None
    view = time_view(recording)
    assert "\u2265" not in "".join(film_strip(dataclasses.replace(thermal, mask=None), view))
    pictures_c, means_c = thermal.pictures_c.copy(), thermal.means_c.copy()
    pictures_c[0, 20:23, 30:33], means_c[0, 21, 31] = 169.98, 169.98
    clipped = dataclasses.replace(thermal, pictures_c=pictures_c, means_c=means_c, mask=None)
    assert film_strip(clipped, view)[1].count('<span class="short"> \u2265170') == 1


def test_limit_lines_are_drawn_where_the_axis_reaches_them(poles: Dataset) -> None:
    recording = read_recording(poles, next(iter(poles)).episode_id)
    view, series = time_view(recording), recording.series("readings", "temperature_humidity.temperature_c")
    middle = float(np.nanmean(series.values))
    drawn = chart("T", "", [Line("T", "c0", series)], view, limits=((middle, "here"), (middle + 1e4, "far")))
    assert 'class="limit"' in drawn
    assert ">here<" in drawn
    assert "far" not in drawn
    high, low = float(np.nanmax(series.values)), float(np.nanmin(series.values))
    near = chart("T", "", [Line("T", "c0", series)], view, limits=((high + 0.2 * (high - low), "near"),))
    assert ">near<" in near


def test_page_says_why_a_sensor_sees_nothing(poles: Dataset, pages: dict[str, str]) -> None:
    for episode in poles:
        page = pages[episode.scenario]
        assert "so they are signed" in page
        assert "Event 0" not in page
        assert not re.search(r"SNR 0(?! \((?:almost )?no (?:gas|effect))(?!\.\d)", page)


def test_page_folds_what_surrounds_the_device(poles: Dataset, pages: dict[str, str]) -> None:
    for episode in poles:
        page = pages[episode.scenario]
        assert page.count('<details class="fold">') == (4 if episode.table("strikes").num_rows else 3)
        for text in ("Phase currents", "Electric field", "dB re 1 pT", "Ultrasound", "0.1\u20132 Hz",
                     "PM2.5", "Battery charge", "Panel"):  # fmt: skip
            assert text in page
        recording = read_recording(poles, episode.episode_id)
        assert len(surroundings(recording, time_view(recording))) < 300_000


def test_folded_groups_hold_what_was_recorded_alone(poles: Dataset) -> None:
    recording = read_recording(poles, next(iter(poles)).episode_id)
    view = time_view(recording)
    older = {name: table for name, table in recording.tables.items() if name not in {"fields", "strikes"}}
    older["truth"] = older["truth"].select(["tick", "air_k"])
    assert surroundings(dataclasses.replace(recording, tables=older), view) == ""


def test_strokes_are_dots_at_their_distance(poles: Dataset) -> None:
    recording = read_recording(poles, next(iter(poles)).episode_id)
    strokes = {
        "time_s": [30.0, 60.0, 300.0],
        "x_m": [3000.0, 3000.0, 0.0],
        "y_m": [4000.0, 4000.0, 9000.0],
        "peak_current_ka": [-30.0, 12.0, -8.0],
        "is_cloud_to_ground": [True, False, False],
    }
    tables = {**recording.tables, "strikes": pa.table(strokes)}
    drawn = surroundings(dataclasses.replace(recording, tables=tables), time_view(recording))
    lightning = drawn.partition("Lightning")[2]
    assert "3 strokes" in lightning
    to_ground, in_clouds = (
        re.search(rf'dots" data-label="{name}" d="([^"]*)"', lightning)[1]
        for name in ("to ground", "in the clouds")
    )
    assert to_ground.count("M") == 1
    assert to_ground.startswith("M50 ")
    assert in_clouds.count("M") == 2


def test_levels_are_of_the_sum_of_squares(poles: Dataset) -> None:
    recording = read_recording(poles, next(iter(poles)).episode_id)
    fields = recording.tables["fields"].to_pydict()
    for axis, value in (("along", 3e-3), ("across", 4e-3), ("up", 0.0)):
        fields[f"acceleration_2_20_hz_{axis}_m_s2"] = [value] * len(fields["tick"])
    tables = {**recording.tables, "fields": pa.table(fields)}
    names = [f"acceleration_2_20_hz_{axis}_m_s2" for axis in ("along", "across", "up")]
    drawn = resultant(dataclasses.replace(recording, tables=tables), names, level(1e-6), "dB")
    assert drawn.values == pytest.approx(20.0 * np.log10(5000.0))
    assert np.isfinite(level(1e-6)(np.zeros(2))).all()
