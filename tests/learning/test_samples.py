"""Samples: what is stored comes back, and what does not fit is refused."""

import tracemalloc

import numpy as np
import pytest

from envirosense.core.errors import ConfigError, DatasetError
from envirosense.learning.samples import Samples
from envirosense.testing.toy_samples import toy_samples


def test_a_file_gives_back_what_was_saved(tmp_path):
    samples = toy_samples(n_groups=3, units=4)
    samples.x[0, 1] = np.nan
    again = Samples.load(samples.save(tmp_path / "deep" / "samples.parquet"))
    np.testing.assert_array_equal(again.x, samples.x)
    assert again.content_hash == samples.content_hash
    assert again.features == samples.features
    assert again.slice_units == {"wind_m_s": "m/s"}
    assert again.slices["kind"].tolist() == samples.slices["kind"].tolist()


def test_the_hash_knows_every_value():
    samples = toy_samples(n_groups=2, units=3)
    other = samples.relabelled(np.roll(np.arange(len(samples)), 5))
    assert samples.content_hash == toy_samples(n_groups=2, units=3).content_hash
    assert other.content_hash != samples.content_hash
    assert samples.weighted(samples.weight * 2).content_hash != samples.content_hash


def changed(samples, **parts):
    return Samples(**{**{name: getattr(samples, name) for name in samples.__slots__}, **parts})


def test_the_hash_does_not_know_how_values_lie_in_memory():
    samples = toy_samples(n_groups=2, units=3)
    samples.x[0, 0], samples.x[1, 1] = np.nan, 0.0
    other_nan, negative_zero = samples.x.copy(), samples.x.copy()
    other_nan.view(np.uint64)[0, 0] += 1
    negative_zero[1, 1] = -0.0
    assert np.isnan(other_nan[0, 0])
    for alike in (
        {"x": np.asfortranarray(samples.x)},
        {"x": np.repeat(samples.x, 2, axis=0)[::2]},
        {"x": samples.x.astype(">f8")},
        {"x": other_nan},
        {"x": negative_zero},
        {"unit": samples.unit.astype("U90")},
        {"y": samples.y.astype(object)},
        {"slices": dict(reversed([(name, one.astype(object) if name == "kind" else one)
                                  for name, one in samples.slices.items()]))},
    ):  # fmt: skip
        assert changed(samples, **alike).content_hash == samples.content_hash


def test_the_hash_knows_where_one_value_ends():
    samples = toy_samples(n_groups=2, units=3)
    n = len(samples)
    first, second = (np.array(pair + ["x"] * (n - 2)) for pair in (["ab", "c"], ["a", "bc"]))
    hashes = {changed(samples, sample_id=one).content_hash for one in (first, second)}
    hashes |= {changed(samples, slices={name: first}).content_hash for name in ("a", "b")}
    hashes |= {changed(samples, x=samples.x + shift).content_hash for shift in (0.0, 1e-12)}
    assert len(hashes) == 6


def test_the_hash_does_not_know_its_pieces(monkeypatch):
    whole = toy_samples(n_groups=2, units=3).content_hash
    monkeypatch.setattr("envirosense.learning.samples._PIECE", 7)
    assert toy_samples(n_groups=2, units=3).content_hash == whole


def test_the_hash_needs_little_memory_beside_the_samples():
    samples = toy_samples(n_groups=2, units=500)
    wide = np.zeros((len(samples), 400))
    samples = changed(samples, x=wide, features=tuple(f"f{at}" for at in range(400)))
    tracemalloc.start()
    assert samples.content_hash
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.5 * wide.nbytes


def test_sets_with_other_conditions_are_joined_and_what_is_lacking_is_unknown():
    first, second = toy_samples(1, 2, 3), toy_samples(2, 2, 3)
    bare = Samples(**{
        **{name: getattr(second, name) for name in second.__slots__},
        "slices": {"kind": second.slices["kind"], "age_days": np.full(len(second), 400.0)},
    })  # fmt: skip
    joined = Samples.concat([first, bare])
    assert len(joined) == len(first) + len(bare)
    assert np.isnan(joined.slices["wind_m_s"][len(first) :]).all()
    assert np.isnan(joined.slices["age_days"][: len(first)]).all()
    assert joined.slices["age_days"][-1] == 400.0
    assert Samples.concat([bare, first]).slices["kind"][0] == second.slices["kind"][0]


def test_other_features_are_refused():
    one = toy_samples(1, 2, 3)
    other = Samples(**{**{name: getattr(one, name) for name in one.__slots__}, "features": ("a", "b", "d")})
    with pytest.raises(DatasetError, match="differ in features"):
        Samples.concat([one, other])
    with pytest.raises(DatasetError, match="no samples"):
        Samples.concat([])


def test_columns_of_unequal_length_are_refused():
    one = toy_samples(1, 2, 3)
    parts = {name: getattr(one, name) for name in one.__slots__}
    with pytest.raises(ConfigError, match="group"):
        Samples(**{**parts, "group": one.group[:-1]})
    with pytest.raises(ConfigError, match=r"slices\.kind"):
        Samples(**{**parts, "slices": {"kind": one.slices["kind"][:-1]}})
    with pytest.raises(ConfigError, match="x="):
        Samples(**{**parts, "x": one.x[:, :2]})


def test_a_file_that_is_no_table_of_samples_is_refused(tmp_path):
    path = tmp_path / "odd.parquet"
    path.write_bytes(b"no parquet")
    with pytest.raises(DatasetError, match="no samples can be read"):
        Samples.load(path)
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"y": ["normal"]}), path)
    with pytest.raises(DatasetError, match="not a table of samples"):
        Samples.load(path)


def test_groups_origins_and_weights_are_cut_out():
    samples = toy_samples(1, 3, 4)
    assert samples.of_groups(["site-1-2"]).groups == ("site-1-2",)
    assert len(samples.of_origin("real")) == 0
    assert samples.classes == ("event", "normal")
    assert "Samples(36 of 3 groups" in repr(samples)
