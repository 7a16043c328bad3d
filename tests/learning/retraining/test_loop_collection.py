import json
import os
from dataclasses import replace

import numpy as np
import pytest

from envirosense.core.errors import DatasetError
from envirosense.learning.retraining.loop_collection import (
    changed_at,
    collection_in,
    collection_of_loop,
    cycles_in,
    real_part,
)


def loop_of(place, **said):
    (place.folder / "loop.json").write_text(json.dumps(said))


def finish(place, number, share=0.5):
    (place.folder / f"cycle_{number}" / "collected.json").write_text(json.dumps({"accepted_share": share}))


@pytest.fixture
def pieces(place, toy, validation, held_out):
    """Two cycles of a loop; the second holds even draws and some that were asked for."""
    first, even, asked = (toy(20, 4, seed=seed, name=f"p{seed}") for seed in (1, 2, 3))
    place.frozen(validation, held_out)
    place.collect(first, 1)
    place.collect(type(first).concat([even, asked]), 2)
    even.save(place.folder / "cycle_2" / "even_part.parquet")
    finish(place, 1, 0.25)
    finish(place, 2, 0.75)
    return first, even, asked


@pytest.fixture
def real_file(tmp_path, toy):
    """Real samples and simulated ones in one file."""
    real, other = toy(6, 2, seed=4, name="r"), toy(6, 2, seed=5, name="s")
    both = type(real).concat([replace(real, origin=np.full(len(real), "real")), other])
    return both.save(tmp_path / "real.parquet")


def ids(*parts):
    return [one for part in parts for one in part.sample_id.tolist()]


def test_the_collection_of_a_loop_knows_even_draws_and_what_was_accepted(place, pieces) -> None:
    loop_of(place)
    first, even, asked = pieces
    found = collection_in(place.folder)
    assert (found.name, found.accepted_share) == ("cycle_2", 0.75)
    assert ids(found.samples) == ids(first, even, asked)
    assert ids(found.watched) == ids(first, even)
    earlier = collection_in(place.folder, 1)
    assert (earlier.name, earlier.accepted_share, ids(earlier.watched)) == ("cycle_1", 0.25, ids(first))


def test_a_loop_trains_on_its_real_samples_and_does_not_watch_them(place, pieces, real_file) -> None:
    loop_of(place, real_samples=str(real_file), real_weight=3.0)
    found = collection_in(place.folder)
    real = found.samples.of_origin("real")
    assert len(real) == 12
    assert set(real.weight) == {3.0}
    assert not len(found.watched.of_origin("real"))
    frozen = found.validation, found.test
    same = collection_of_loop(place.folder, 2, *frozen, real=real_part(real_file, 3.0))
    assert found.samples.content_hash == same.samples.content_hash


def test_a_file_without_real_samples_is_refused(place, pieces, toy, tmp_path) -> None:
    loop_of(place, real_samples=str(toy(6, 2).save(tmp_path / "none.parquet")))
    with pytest.raises(DatasetError, match="no samples of real origin"):
        collection_in(place.folder)


def test_a_cycle_of_a_loop_counts_when_all_of_it_was_collected(place, pieces) -> None:
    (place.folder / "cycle_2" / "collected.json").unlink()
    assert cycles_in(place.folder) == [1, 2]
    loop_of(place)
    assert cycles_in(place.folder) == [1]


def test_a_loop_that_lost_a_cycle_is_refused(place, pieces) -> None:
    loop_of(place)
    (place.folder / "cycle_1" / "samples.parquet").unlink()
    with pytest.raises(DatasetError, match=r"cycle_1.samples\.parquet"):
        collection_in(place.folder)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("loop.json", "[]", "no table of names"),
        ("loop.json", '{"real_samples": 3}', "real_samples is no path"),
        ("cycle_2/collected.json", "{", "cannot be read"),
        ("cycle_2/collected.json", '{"accepted_share": "all"}', "accepted_share is no number"),
    ],
)
def test_a_damaged_file_of_a_loop_is_named(place, pieces, name, text, words) -> None:
    loop_of(place)
    (place.folder / name).write_text(text)
    with pytest.raises(DatasetError, match=words):
        collection_in(place.folder)


def test_a_change_of_any_file_that_is_read_is_seen(place, pieces, real_file) -> None:
    loop_of(place, real_samples=str(real_file))
    names = ("cycle_1/samples.parquet", "cycle_2/even_part.parquet", "cycle_2/collected.json", "loop.json")
    later = changed_at(place.folder, 2) + 10
    for step, path in enumerate([*(place.folder / name for name in names), real_file]):
        os.utime(path, (later + step, later + step))
        assert changed_at(place.folder, 2) == pytest.approx(later + step)
    (place.folder / "loop.json").write_text("{")
    assert changed_at(place.folder, 2) > 0


def test_a_folder_without_samples_says_what_is_missing(place, train) -> None:
    with pytest.raises(DatasetError, match="run the loop first"):
        collection_in(place.folder)
    place.collect(train, 1)
    with pytest.raises(DatasetError, match=r"validation\.parquet"):
        collection_in(place.folder)


def test_cycles_count_as_numbers(place, train, validation, held_out) -> None:
    for number in (10, 9, 2):
        place.collect(train.select(train.unit == train.unit[0]), number)
    (place.folder / "cycle_x").mkdir()
    place.frozen(validation, held_out)
    assert cycles_in(place.folder) == [2, 9, 10]
    assert collection_in(place.folder).name == "cycle_10"
    assert len(collection_in(place.folder, 9).samples) == 4
