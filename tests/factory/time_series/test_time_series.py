"""Time series: statistics as declared, within bounds from theory; exact truth; equal specs, equal bytes."""

import math
from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envirosense.core.errors import ConfigError, UnknownNameError
from envirosense.factory.time_series import SeriesSpec, TimeSeriesGenerator
from envirosense.factory.time_series.mixing import mixings

SIGMAS = 5.0  # standard errors that a statistic may be off
START = "2026-03-05T06:00:00Z"  # a Thursday


def spec(n=1000, dt_s=60.0, seed=1, **changes):
    data = {
        "seed": seed,
        "grid": {"start_utc": START, "dt_s": dt_s, "n": n},
        "parameters": {"x": {"unit": "V"}},
    }
    return SeriesSpec.parse({**data, **changes})


def series(**changes):
    return TimeSeriesGenerator(spec(**changes)).generate()


def noisy(**times):
    """Parameters of unit noise with the given correlation times [s]."""
    return {name: {"unit": "V", "noise": {"sigma": 1.0, "tau_s": tau_s}} for name, tau_s in times.items()}


def lag_correlation(x, lag):
    return float(np.corrcoef(x[: len(x) - lag], x[lag:])[0, 1])


@pytest.mark.parametrize("tau_s", [0.0, 30.0, 600.0, 6000.0])
def test_noise_has_the_declared_spread_and_memory(tau_s):
    n, a = 200_000, math.exp(-60.0 / tau_s) if tau_s else 0.0
    x = series(n=n, parameters={"x": {"unit": "V", "noise": {"sigma": 2.0, "tau_s": tau_s}}})["x"]
    coefficient_error = math.sqrt((1 - a * a) / n)  # of the estimate of a
    assert abs(lag_correlation(x, 1) - a) < SIGMAS * coefficient_error + (1 + 3 * a) / n
    # variance of a sample variance of an autoregression: 2 sigma^4 / n (1 + a^2) / (1 - a^2)
    spread_error = 4.0 * math.sqrt(2.0 / n * (1 + a * a) / (1 - a * a))
    assert abs(x.var() - 4.0) < SIGMAS * spread_error + 4.0 / n * (1 + a) / (1 - a)
    assert abs(x.mean()) < SIGMAS * 2.0 * math.sqrt((1 + a) / (1 - a) / n)


def test_noise_starts_as_it_goes_on():
    first = [series(n=1, seed=seed, parameters=noisy(x=1e5))["x"][0] for seed in range(400)]
    assert abs(np.std(first) - 1.0) < SIGMAS / math.sqrt(2 * 400)


def test_half_the_step_leaves_the_correlation_time_alone():
    taus = []
    for dt_s in (60.0, 30.0):
        n = round(12_000_000 / dt_s)
        x = series(n=n, dt_s=dt_s, parameters=noisy(x=600.0))["x"]
        taus.append(lag_correlation(x, round(600 / dt_s)))
    # Bartlett: the correlation at lag tau of such a series errs by less than sqrt(2 tau / T)
    assert all(abs(found - math.exp(-1)) < SIGMAS * math.sqrt(2 * 600 / 12_000_000) for found in taus)


@pytest.mark.parametrize(("one_s", "other_s", "wanted"), [(600, 600, -0.7), (600, 200, 0.6), (0, 60, 0.5)])
def test_noise_correlates_as_declared_also_where_the_times_differ(one_s, other_s, wanted):
    n = 100_000
    found = series(
        n=n,
        parameters=noisy(x=one_s, y=other_s, z=300),
        correlations=[{"between": ["x", "y"], "value": wanted}],
    )
    a, b = (math.exp(-60 / tau_s) if tau_s else 0.0 for tau_s in (one_s, other_s))
    error = math.sqrt((1 + a * b) / (1 - a * b) / n)  # Bartlett, for no correlation: more than for some
    assert abs(np.corrcoef(found["x"], found["y"])[0, 1] - wanted) < SIGMAS * error
    c = math.exp(-60 / 300)
    assert abs(np.corrcoef(found["x"], found["z"])[0, 1]) < SIGMAS * math.sqrt((1 + a * c) / (1 - a * c) / n)


def test_the_first_tick_correlates_too():
    pairs = [
        (one["x"][0], one["y"][0])
        for seed in range(400)
        for one in [
            series(
                n=1, seed=seed, parameters=noisy(x=600, y=200),
                correlations=[{"between": ["x", "y"], "value": 0.6}],
            )
        ]
    ]  # fmt: skip
    assert abs(np.corrcoef(np.array(pairs).T)[0, 1] - 0.6) < SIGMAS * (1 - 0.36) / math.sqrt(400)


def test_a_season_has_its_amplitude_and_peaks_when_it_should():
    n = 28 * 1440  # four weeks of minutes
    found = series(n=n, parameters={"x": {
        "unit": "degC",
        "base": 20.0,
        "patterns": [
            {"kind": "season", "amplitude": 5.0, "peak_s": 15 * 3600},
            {"kind": "season", "period": "weekly", "amplitude": 2.0, "peak_s": 2 * 86400},
        ],
        "noise": {"sigma": 1.0, "tau_s": 1800.0},
    }})  # fmt: skip
    x, t_s = found["x"] - 20.0, found.spec.grid.t_s
    a = math.exp(-60 / 1800)
    for period_s, amplitude in ((86400.0, 5.0), (7 * 86400.0, 2.0)):
        w = 2 * math.pi / period_s
        spectrum = (1 - a * a) / (1 - 2 * a * math.cos(w * 60.0) + a * a)  # of the noise at that frequency
        error = math.sqrt(2 * spectrum / n) * 2  # of the amplitude: cosine and sine sums
        measured = abs(2 / n * np.sum(x * np.exp(-1j * w * t_s)))
        assert abs(measured - amplitude) < SIGMAS * error
    day = found.parts["x"]["season"][:1440]
    assert found.spec.grid.time_utc[np.argmax(day)] == np.datetime64("2026-03-05T15:00")
    week = found.parts["x"]["season_2"][: 7 * 1440]
    assert found.spec.grid.time_utc[np.argmax(week)] == np.datetime64("2026-03-11T00:00")  # a Wednesday


def test_trend_steps_and_a_period_of_ones_own():
    found = series(n=49, dt_s=1800.0, parameters={"x": {"unit": "V", "base": 1.0, "patterns": [
        {"kind": "trend", "per_day": 24.0},
        {"kind": "steps", "steps": [{"at": 3600, "by": 10.0}, {"at": "2026-03-05T08:00:00Z", "by": -3.0}]},
        {"kind": "season", "period": "2h", "amplitude": 1.0},
    ]}})  # fmt: skip
    assert found["x"][:5].tolist() == pytest.approx([2.0, 1.5, 11.0, 12.5, 11.0])
    assert found["x"][48] == pytest.approx(1.0 + 24.0 + 7.0 + 1.0)


def test_poisson_events_are_as_many_and_as_far_apart_as_they_should():
    days, per_day = 4000, 3.0
    found = series(n=days * 24, dt_s=3600.0, events=[
        {"name": "visit", "per_day": per_day, "lasts_s": [60.0, 600.0], "effects": {"x": 1.0}},
    ])  # fmt: skip
    onsets = np.array([one.onset_s for one in found.happenings])
    expected = days * per_day
    assert abs(len(onsets) - expected) < SIGMAS * math.sqrt(expected)
    gaps = np.diff(onsets) * per_day / 86400.0  # exponential with mean and spread 1
    assert abs(gaps.mean() - 1) < SIGMAS / math.sqrt(expected)
    assert abs(gaps.var() - 1) < SIGMAS * math.sqrt(8 / expected)
    lengths = np.array([one.lasts_s for one in found.happenings])
    assert abs(lengths.mean() - 330.0) < SIGMAS * 540 / math.sqrt(12 * expected)
    assert (lengths.min() >= 60.0) & (lengths.max() <= 600.0)


def test_half_the_step_leaves_the_events_alone():
    event = {"name": "visit", "per_day": 50.0, "lasts_s": 600.0, "effects": {"x": 1.0}}
    one, other = (series(n=1000 * k, dt_s=60.0 / k, events=[event]) for k in (1, 2))
    assert one.events == other.events
    assert other["x"][::2].tolist() == one["x"].tolist()


def test_events_move_what_they_should_while_they_last_and_are_told():
    found = series(
        n=20,
        parameters={"x": {"unit": "V"}, "y": {"unit": "A", "base": 2.0}},
        events=[
            {"name": "on", "at": [120], "lasts_s": 180, "effects": {"x": 4.0, "y": -1.0}},
            {"name": "rise", "at": [600], "lasts_s": 240, "effects": {"x": 2.0}, "shape": "ramp"},
            {"name": "fade", "at": ["2026-03-05T06:15:00Z"], "lasts_s": 600, "effects": {"y": 1.0},
             "shape": "decay"},
        ],
    )  # fmt: skip
    assert found["x"][:6].tolist() == [0, 0, 4, 4, 4, 0]
    assert found["x"][9:15].tolist() == [0, 0, 0.5, 1.0, 1.5, 0]
    assert found["y"][:6].tolist() == [2, 2, 1, 1, 1, 2]
    assert found["y"][15:].tolist() == pytest.approx([2 + 0.05 ** (k / 10) for k in range(5)])
    rows = found.events.to_pylist()
    assert [(row["event_id"], row["event_type"], row["parameter"], row["amount"]) for row in rows] == [
        (0, "on", "x", 4.0), (0, "on", "y", -1.0), (1, "rise", "x", 2.0), (2, "fade", "y", 1.0),
    ]  # fmt: skip
    assert rows[3]["clearance_s"] == 1500.0  # after the last tick
    labels = found.labels.to_pylist()
    assert [row["tick"] for row in labels] == [2, 3, 4, 10, 11, 12, 13, 15, 16, 17, 18, 19]
    assert [row["progress"] for row in labels if row["event_type"] == "rise"] == [0, 0.25, 0.5, 0.75]


def test_bursts_are_told_as_events_of_their_parameter():
    found = series(parameters={"x": {"unit": "V", "patterns": [
        {"kind": "bursts", "name": "spike", "per_day": 40.0, "amount": [2.0, 3.0], "lasts_s": 300.0},
    ]}})  # fmt: skip
    assert {row["event_type"] for row in found.events.to_pylist()} == {"x.spike"}
    active = np.zeros(1000, bool)
    active[found.labels["tick"].to_numpy()] = True
    assert 0 < active.sum() < 1000
    assert (found["x"][active] > 0).all()
    assert (found["x"][~active] == 0).all()


RICH = {
    "parameters": {
        "warm": {
            "unit": "degC",
            "description": "air temperature",
            "base": 18.0,
            "patterns": [
                {"kind": "trend", "per_day": 0.1},
                {"kind": "season", "amplitude": 4.0, "peak_s": 54000.0},
                {
                    "kind": "steps",
                    "steps": [{"at": "2026-03-05T12:00:00Z", "by": 1.0}, {"at": 60.0, "by": 0.5}],
                },
            ],
            "noise": {"sigma": 0.4, "tau_s": 1800.0},
        },
        "damp": {"unit": "%", "base": 60.0, "noise": {"sigma": 3.0, "tau_s": 3600.0}},
        "load": {
            "unit": "W",
            "patterns": [{"kind": "bursts", "per_day": 30.0, "amount": 800.0, "lasts_s": [60.0, 240.0]}],
            "noise": {"sigma": 5.0},
        },
    },
    "correlations": [{"between": ["warm", "damp"], "value": -0.6}],
    "events": [{"name": "open", "per_day": 9.0, "lasts_s": 300.0, "effects": {"warm": -1.0, "damp": 5.0}}],
}


def same(one, other):
    return all(
        a.tobytes() == b.tobytes() for a, b in zip(one.values.values(), other.values.values(), strict=True)
    )


def test_the_same_specification_gives_the_same_bytes_also_through_yaml(tmp_path):
    rich = spec(**RICH)
    assert SeriesSpec.load(rich.save(tmp_path / "s.yaml")) == rich
    one, other = (
        TimeSeriesGenerator(rich).generate(),
        TimeSeriesGenerator.load(tmp_path / "s.yaml").generate(),
    )
    assert same(one, other)
    assert (one.events, one.labels, one.truth) == (other.events, other.labels, other.truth)
    assert SeriesSpec.load(SeriesSpec.load(tmp_path / "s.yaml").save(tmp_path / "t.yaml")) == rich
    assert (tmp_path / "s.yaml").read_bytes() == (tmp_path / "t.yaml").read_bytes()
    assert not same(one, series(**RICH, seed=2))


def test_the_parts_add_up_to_the_value_exactly():
    found = series(**RICH)
    for name, parameter in found.spec.parameters.items():
        total = np.full(1000, parameter.base)
        for part in found.parts[name].values():
            total = total + part
        assert total.tobytes() == found[name].tobytes()
    assert list(found.parts["warm"]) == ["trend", "season", "steps", "noise", "events"]
    assert found.truth.column_names == [
        "tick", "time_utc", "warm.trend", "warm.season", "warm.steps", "warm.noise", "warm.events",
        "damp.noise", "damp.events", "load.noise", "load.events",
    ]  # fmt: skip


def test_a_parameter_more_leaves_the_others_as_they_were():
    one = series(**RICH)
    more = {
        "parameters": {**RICH["parameters"], **noisy(extra=900.0)},
        "correlations": [*RICH["correlations"], {"between": ["extra", "load"], "value": 0.02}],
        "events": [*RICH["events"], {"name": "other", "at": [60], "lasts_s": 60, "effects": {"extra": 1}}],
    }
    other = series(**more)
    for name in one.values:
        assert one[name].tobytes() == other[name].tobytes()
    assert [e for e in other.events.to_pylist() if e["event_type"] == "other"]


def test_a_longer_grid_only_appends():
    short, longer = series(n=500, **RICH), series(n=900, **RICH)
    for name in short.values:
        assert short[name].tobytes() == longer[name][:500].tobytes()


def test_tables_carry_times_units_and_descriptions():
    found = series(**RICH)
    table = found.table
    assert table.column_names == ["tick", "time_utc", "warm", "damp", "load"]
    assert table.schema.field("warm").metadata == {b"unit": b"degC", b"description": b"air temperature"}
    assert str(table["time_utc"][1]) == "2026-03-05 06:01:00+00:00"
    assert table.schema.field("time_utc").type == pa.timestamp("us", "UTC")
    frame = found.to_pandas()
    assert frame.attrs["units"] == {"warm": "degC", "damp": "%", "load": "W"}
    assert frame["warm"].to_numpy().tobytes() == found["warm"].tobytes()
    assert str(frame.index[0]) == "2026-03-05 06:00:00+00:00"
    pytest.importorskip("polars")
    assert found.to_polars()["load"].to_list() == found["load"].tolist()
    with pytest.raises(UnknownNameError, match="did you mean 'warm'"):
        found["warn"]


@given(
    st.lists(st.floats(-0.95, 0.95), min_size=3, max_size=3),
    st.lists(st.floats(0, 0.99), min_size=3, max_size=3),
)
@settings(max_examples=60, deadline=None)
def test_a_set_of_correlations_is_taken_exactly_when_noise_can_have_it(values, coefficients):
    names = ("x", "y", "z")
    pairs = dict(zip((("x", "y"), ("y", "z"), ("x", "z")), values, strict=True))
    matrix = np.eye(3)
    for (one, other), value in pairs.items():
        i, j = names.index(one), names.index(other)
        a, b = coefficients[i], coefficients[j]
        matrix[i, j] = matrix[j, i] = value * (1 - a * b) / math.sqrt((1 - a * a) * (1 - b * b))
    least = np.linalg.eigvalsh(matrix)[0]
    asked = dict(zip(names, coefficients, strict=True))
    if least < 1e-8:
        with pytest.raises(ConfigError, match=r"correlation of [xyz] and [xyz]="):
            mixings(asked, pairs)
        return
    if least < 1e-6:
        return  # too close to the edge to say
    made = mixings(asked, pairs)
    lower = made[0].later
    if len(made) == 1:
        np.testing.assert_allclose(lower @ lower.T, matrix, atol=1e-12)


def test_impossible_correlations_name_the_pair_and_what_would_do():
    def asked(first, value):
        return spec(
            parameters=noisy(x=60, y=60, z=60),
            correlations=[
                {"between": ["x", "y"], "value": first},
                {"between": ["y", "z"], "value": 0.9},
                {"between": ["x", "z"], "value": value},
            ],
        )

    # x z = -0.2 and y z = 0.9 leave room for -0.18 - 0.427 < x y < -0.18 + 0.427
    with pytest.raises(ConfigError, match=r"of x and y=0\.9: .* between -0\.607 and 0\.247"):
        asked(0.9, -0.2)
    asked(0.24, -0.2)
    with pytest.raises(ConfigError, match="between"):
        asked(0.25, -0.2)
    with pytest.raises(ConfigError, match=r"of x and y=0\.9: their times tau_s allow less than 0\.0\d+"):
        spec(
            parameters=noisy(x=60_000, y=60),
            correlations=[{"between": ["x", "y"], "value": 0.9}],
        )


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"correlations": [{"between": ["x", "q"], "value": 0.1}]}, "unknown correlations"),
        ({"correlations": [{"between": ["x", "x"], "value": 0.1}]}, "name two"),
        ({"correlations": [{"between": ["x", "y"], "value": 0.1}]}, "give it noise"),
        ({"correlations": [{"between": ["x", "z"], "value": 1.0}]}, "less than 1"),
        ({"correlations": [{"between": p, "value": 0.1} for p in (["x", "z"], ["z", "x"])]}, "given twice"),
        ({"events": [{"name": "e", "lasts_s": 1, "effects": {"x": 1}}]}, "either times"),
        ({"events": [{"name": "e", "at": [1], "lasts_s": 1, "effects": {"w": 1}}]}, "unknown events"),
        ({"events": [{"name": "e", "at": [1], "lasts_s": 0, "effects": {"x": 1}}]}, "above 0"),
        ({"events": [{"name": "e", "at": [1], "lasts_s": [2, 1], "effects": {"x": 1}}]}, "swap them"),
        ({"events": [{"name": "e", "at": [1], "lasts_s": 1, "effects": {"x": 1}}] * 2}, "two are called so"),
        ({"parameters": {"tick": {"unit": "1"}}}, "parameter='tick'"),
        ({"parameters": {"x": {"unit": "1", "patterns": [
            {"kind": "season", "amplitude": 1, "period": "3 weeks"},
        ]}}}, "write a number with a unit"),
        ({"parameters": {}}, "at least 1"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(changes, text):
    parameters = {**noisy(x=60, z=60), "y": {"unit": "V"}}
    with pytest.raises(ConfigError, match=text):
        spec(**{"parameters": parameters, **changes})


def test_a_time_without_zone_is_utc():
    at = datetime(2026, 3, 5, 6, 2)
    found = series(n=5, events=[{"name": "e", "at": [at], "lasts_s": 60, "effects": {"x": 1}}])
    assert found["x"].tolist() == [0, 0, 1, 0, 0]
