import json
import shutil
from pathlib import Path

import pytest

from envirosense.core.errors import ConfigError, DatasetError, SchemaVersionError
from envirosense.datasets import Dataset, verify
from envirosense.datasets import migrate as migrating
from envirosense.datasets.files import write_whole
from envirosense.datasets.migrate import MIGRATIONS, migrate, migration, schema_version
from envirosense.datasets.union import write_table

FROZEN = Path(__file__).parents[1] / "data" / "dataset_v1"
FROZEN_HASH = "bcf0ad0ed564bd4c9d8274b6817184e5e3a32e99565e984d9316f8f43e856736"


def told(folder):
    return json.loads((folder / "manifest.json").read_text())


def say(folder, manifest):
    write_whole(folder / "manifest.json", json.dumps(manifest).encode())


@pytest.fixture
def older(generate):
    """A dataset as an imagined version 0 would have left it: another field name, another episode table."""
    folder = generate("older").folder
    manifest = told(folder)
    manifest["sets"] = manifest.pop("splits")
    del manifest["files"]["episodes.parquet"]
    say(folder, {**manifest, "schema_version": 0})
    (folder / "episodes.parquet").rename(folder / "runs.parquet")
    return folder


def from_zero(folder):
    manifest = told(folder)
    manifest["splits"] = manifest.pop("sets")
    import pyarrow.parquet as pq

    record = write_table([pq.read_table(folder / "runs.parquet")], folder / "episodes.parquet")
    (folder / "runs.parquet").unlink()
    files = {"episodes.parquet": record.model_dump(), **manifest["files"]}
    say(folder, {**manifest, "files": files, "schema_version": 1})


STEPS = {0: from_zero}


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_frozen_dataset_of_version_1_is_still_read():
    dataset = Dataset.open(FROZEN)
    assert dataset.logical_hash == FROZEN_HASH
    assert verify(FROZEN).logical_hash == FROZEN_HASH
    assert verify(FROZEN).is_ok
    assert (dataset.manifest.version, dataset.manifest.origin, dataset.manifest.parent_hash) == (
        1, "simulated", "",
    )  # fmt: skip
    assert dataset.manifest.counts == {"episodes": 5, "ok": 4, "failed": 1}
    assert dataset.failed[0].reason == "EpisodeError: normal/tails: the coin landed on its edge"
    first = next(iter(dataset))
    assert first.table("readings").column_names == ["episode_id", "tick", "time_utc", "near", "far"]
    assert first.frames("images").shape == (30, 6, 8)
    assert len(dataset["train"].windows(length_s=10, stride_s=10)) == 6


def test_the_frozen_dataset_grows_and_merges_like_one_of_today(tmp_path):
    from envirosense.datasets.merge import merge

    assert merge(FROZEN, FROZEN, tmp_path / "c").logical_hash == FROZEN_HASH


def test_an_older_dataset_is_refused_with_the_command(older):
    with pytest.raises(DatasetError, match=f"schema version 0 is older.*dataset migrate {older}"):
        Dataset.open(older)


def test_an_older_dataset_is_upgraded_in_place(older):
    migrated = migrate(older, steps=STEPS)
    assert (len(migrated), schema_version(older)) == (6, 1)
    assert verify(older).is_ok
    assert sorted(path.name for path in older.parent.iterdir() if "older" in path.name) == ["older"]


def test_a_copy_leaves_the_original_alone(older, tmp_path):
    before = contents(older)
    migrated = migrate(older, tmp_path / "new", steps=STEPS)
    assert migrated.folder == tmp_path / "new"
    assert contents(older) == before
    with pytest.raises(ConfigError, match="exists; choose a new folder"):
        migrate(older, tmp_path / "new", steps=STEPS)


def test_a_dataset_of_today_is_left_alone(generate):
    folder = generate("today").folder
    before = (folder / "manifest.json").stat().st_mtime_ns
    assert len(migrate(folder)) == 6
    assert (folder / "manifest.json").stat().st_mtime_ns == before


def test_a_newer_dataset_is_refused_by_name(generate):
    folder = generate("newer").folder
    say(folder, {**told(folder), "schema_version": 7})
    with pytest.raises(SchemaVersionError, match="schema version 7 is newer than 1"):
        migrate(folder)


def test_a_version_without_a_step_is_refused(older):
    with pytest.raises(DatasetError, match="no step from 0"):
        migrate(older)
    with pytest.raises(DatasetError, match="no step from 1"):
        migrate(older, steps=STEPS, current=2)


def test_a_step_that_breaks_the_dataset_changes_nothing(older):
    before = contents(older)

    def careless(folder):
        from_zero(folder)
        next((folder / "readings").iterdir()).unlink()

    with pytest.raises(DatasetError, match=r"nothing was changed, the upgraded copy is not whole .*missing"):
        migrate(older, steps={0: careless})
    with pytest.raises(DatasetError, match="step from schema version 0 left 0"):
        migrate(older, steps={0: lambda _: None})
    assert contents(older) == before


class Killed(BaseException):
    """Stands for the process being killed."""


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_killed_migration_loses_nothing_and_is_resumed(older, monkeypatch, at):
    calls, rename, rmtree = [], migrating.os.rename, shutil.rmtree

    def dying(*args):
        calls.append(args)
        if len(calls) == at + 1:
            raise Killed
        rename(*args)

    with monkeypatch.context() as patched:
        patched.setattr(migrating.os, "rename", dying)
        if at == 2:  # after both renames, before the old one is gone
            patched.setattr(
                migrating.shutil,
                "rmtree",
                lambda path, **kw: (
                    (_ for _ in ()).throw(Killed()) if "before" in str(path) else rmtree(path, **kw)
                ),
            )
        with pytest.raises(Killed):
            migrate(older, steps=STEPS)
    assert len(migrate(older, steps=STEPS)) == 6
    assert verify(older).is_ok
    assert sorted(path.name for path in older.parent.iterdir() if "older" in path.name) in (
        ["older"], [".older.migrating", "older"],
    )  # fmt: skip


def test_steps_are_registered_once():
    try:
        migration(-5)(from_zero)
        with pytest.raises(ConfigError, match="two steps"):
            migration(-5)(from_zero)
    finally:
        del MIGRATIONS[-5]
    assert sorted(MIGRATIONS) == list(range(1, len(MIGRATIONS) + 1))


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "no dataset here"), ("{", "damaged"), ('{"a": 1}', "damaged"), ("[]", "damaged")],
)
def test_what_is_no_dataset_is_said_so(tmp_path, text, message):
    (tmp_path / "x").mkdir()
    if text is not None:
        (tmp_path / "x" / "manifest.json").write_text(text)
    with pytest.raises(DatasetError, match=message):
        migrate(tmp_path / "x")


def test_an_unfinished_run_is_not_migrated(older):
    (older / ".staging").mkdir()
    with pytest.raises(DatasetError, match="a run is unfinished here"):
        migrate(older, steps=STEPS)
