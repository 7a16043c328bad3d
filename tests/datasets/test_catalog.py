import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from envirosense.core.errors import ConfigError, SchemaVersionError, StorageError
from envirosense.core.settings import settings
from envirosense.datasets.catalog import (
    Catalog,
    catalog_url,
    parent_hashes,
    rebuild,
    recorded_utc,
    register_dataset,
)
from envirosense.datasets.catalog_tables import (
    activities,
    alerts,
    artifacts,
    deployments,
    edges,
    models,
    runs,
    schema_row,
)


def entries(url, table=artifacts):
    with Catalog(url) as catalog:
        return catalog.rows(table)


def test_a_finished_dataset_is_in_the_catalogue_once(generate, tmp_path):
    dataset = generate()
    register_dataset(dataset.manifest, dataset.folder)
    url = catalog_url(dataset.folder)
    (entry,) = entries(url)
    assert entry["path"] == str(dataset.folder)
    assert entry["content_hash"] == dataset.logical_hash
    (edge,) = entries(url, edges)
    (activity,) = entries(url, activities)
    assert (edge["source"], edge["target"]) == (entry["artifact_id"], activity["activity_id"])
    assert activity["started_utc"] < activity["finished_utc"]
    assert edge["at_utc"] == activity["finished_utc"]
    assert (tmp_path / "home" / "catalog.sqlite").exists()


def test_the_catalogue_lies_beside_the_output_by_default(tmp_path, monkeypatch):
    monkeypatch.delenv("ENVIROSENSE_HOME")
    settings.cache_clear()
    assert catalog_url(tmp_path / "out") == f"sqlite:///{tmp_path / '.envirosense' / 'catalog.sqlite'}"
    monkeypatch.setenv("ENVIROSENSE_CATALOG_URL", "postgresql://host/db")
    settings.cache_clear()
    assert catalog_url(tmp_path / "out") == "postgresql://host/db"


def test_rebuilding_from_manifests_gives_the_same_entries(generate, tmp_path):
    generate("one")
    dataset = generate("two")
    url = catalog_url(dataset.folder)
    before = [entries(url, table) for table in (artifacts, activities, edges)]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "manifest.json").write_text("{}")
    fresh = f"sqlite:///{tmp_path / 'fresh.sqlite'}"
    assert len(rebuild(tmp_path, fresh)) == 2
    assert [entries(fresh, table) for table in (artifacts, activities, edges)] == before


def test_rebuilding_forgets_datasets_that_are_gone(generate, tmp_path):
    generate("one")
    gone = generate("two")
    shutil.rmtree(gone.folder)
    rebuild(tmp_path)
    assert [Path(entry["path"]).name for entry in entries(catalog_url(gone.folder))] == ["one"]
    assert len(entries(catalog_url(gone.folder), edges)) == 1


def test_a_newer_catalogue_is_refused_and_left_alone(tmp_path):
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    with Catalog(url) as catalog:
        catalog.replace((schema_row, {"version": 9}))
    before = (tmp_path / "c.sqlite").read_bytes()
    with pytest.raises(SchemaVersionError, match="schema version 9 is newer than 3"):
        Catalog(url)
    assert (tmp_path / "c.sqlite").read_bytes() == before


def test_a_catalogue_that_cannot_be_written_leaves_the_dataset_complete(generate, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ENVIROSENSE_HOME", str(tmp_path / "file"))
    settings.cache_clear()
    with pytest.raises(StorageError, match=r"catalogue cannot be used .*datasets are unharmed"):
        generate()
    assert (tmp_path / "out" / "manifest.json").exists()
    monkeypatch.setenv("ENVIROSENSE_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    assert len(generate()) == 6
    assert len(entries(catalog_url(tmp_path / "out"))) == 1


def test_a_damaged_catalogue_is_named(tmp_path):
    (tmp_path / "c.sqlite").write_text("not a database" * 100)
    with pytest.raises(StorageError, match=r"c\.sqlite: catalogue cannot be used"):
        Catalog(f"sqlite:///{tmp_path / 'c.sqlite'}")


def test_the_tables_are_plain_sql_for_other_servers():
    for table in (artifacts, activities, edges, runs, alerts, models, deployments):
        assert "CREATE TABLE" in str(sa.schema.CreateTable(table).compile(dialect=postgresql.dialect()))


def test_runs_that_end_together_share_a_new_catalogue(tmp_path):
    urls = [f"sqlite:///{tmp_path / str(n) / 'catalog.sqlite'}" for n in range(20)]
    start = Barrier(4, timeout=30)

    def opened(url):
        start.wait()
        with Catalog(url) as catalog:
            return catalog.rows(schema_row)

    with ThreadPoolExecutor(4) as pool:
        for url in urls:
            assert list(pool.map(opened, [url] * 4)) == [[{"version": 3}]] * 4


def old_catalogue(path):
    """A catalogue of version 1 with one edge."""
    with sqlite3.connect(path) as opened:
        opened.execute("CREATE TABLE catalog_schema (version INTEGER NOT NULL PRIMARY KEY)")
        opened.execute("INSERT INTO catalog_schema VALUES (1)")
        opened.execute(
            "CREATE TABLE edges (source VARCHAR, relation VARCHAR, target VARCHAR, "
            "PRIMARY KEY (source, relation, target))"
        )
        opened.execute("INSERT INTO edges VALUES ('a', 'was_generated_by', 'b')")
    opened.close()
    return f"sqlite:///{path}"


def test_a_catalogue_of_version_1_is_brought_up_to_date(tmp_path):
    url = old_catalogue(tmp_path / "c.sqlite")
    assert entries(url, edges) == [
        {"source": "a", "relation": "was_generated_by", "target": "b", "at_utc": None}
    ]
    assert [row["version"] for row in entries(url, schema_row)] == [1, 3]
    assert entries(url, runs) == entries(url, alerts) == []


def test_a_catalogue_of_version_2_keeps_its_models_and_deployments(tmp_path):
    path = tmp_path / "c.sqlite"
    with sqlite3.connect(path) as opened:
        opened.execute("CREATE TABLE catalog_schema (version INTEGER NOT NULL PRIMARY KEY)")
        opened.execute("INSERT INTO catalog_schema VALUES (2)")
        opened.execute(
            "CREATE TABLE models (model_id VARCHAR NOT NULL PRIMARY KEY, name VARCHAR NOT NULL, "
            "path VARCHAR NOT NULL, facts JSON NOT NULL)"
        )
        opened.execute("INSERT INTO models VALUES ('m', 'n', 'p', '{}'), ('o', 'n', 'p', '{}')")
        opened.execute(
            "CREATE TABLE deployments (deployment_id INTEGER NOT NULL PRIMARY KEY, "
            "model_id VARCHAR NOT NULL, target VARCHAR NOT NULL, "
            "at_utc VARCHAR NOT NULL, reason VARCHAR NOT NULL)"
        )
        opened.execute("INSERT INTO deployments VALUES (1, 'm', 't', '2026', 'r')")
    opened.close()
    url = f"sqlite:///{path}"
    assert [(row["model_id"], row["number"]) for row in entries(url, models)] == [("m", None), ("o", None)]
    (row,) = entries(url, deployments)
    assert (row["reason"], row["task"], row["step"], row["verdict"]) == ("r", None, None, None)
    with Catalog(url) as catalog:
        step = {"model_id": "m", "target": "t", "at_utc": "2027", "reason": "r", "task": "n", "step": 1}
        assert catalog.change(deployments.insert().values(**step, verdict={"a": 1})) == 1
        assert catalog.change(deployments.insert().values(**step)) == 0  # the step is taken
        with pytest.raises(StorageError, match="append-only"):
            catalog.change(deployments.delete())
    assert [one["verdict"] for one in entries(url, deployments)] == [None, {"a": 1}]


def test_a_time_of_record_has_a_zone():
    assert recorded_utc(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000000+00:00"
    with pytest.raises(ConfigError, match="no time zone"):
        recorded_utc(datetime(2026, 1, 1))


def test_two_processes_bring_it_up_to_date_together(tmp_path):
    urls = [old_catalogue(tmp_path / f"{n}.sqlite") for n in range(10)]
    start = Barrier(4, timeout=30)

    def opened(url):
        start.wait()
        return len(entries(url, edges))

    with ThreadPoolExecutor(4) as pool:
        for url in urls:
            assert list(pool.map(opened, [url] * 4)) == [1] * 4


def test_parents_are_the_settings_that_end_in_from_and_hold_hashes():
    one, other = "a" * 64, "b" * 64
    settings = {
        "resensed_from": one,
        "merged_from": [one, other],
        "drawn_from": "uniform",
        "empty_from": [],
        "hash": one,
        "mixed_from": [one, 3],
        "joined_from": [{"logical_hash": other, "name": "x"}, one],
        "told_from": {"name": "x"},
    }
    assert parent_hashes(settings) == {
        "resensed_from": (one,),
        "merged_from": (one, other),
        "joined_from": (other, one),
    }


def test_an_insert_whose_key_is_taken_changes_nothing(tmp_path):
    row = {
        "rule": "r", "subject": "s", "is_open": True, "changed_utc": "now", "message": {}, "untold": [],
    }  # fmt: skip
    with Catalog(f"sqlite:///{tmp_path / 'c.sqlite'}") as catalog:
        assert catalog.change(alerts.insert().values(**row)) == 1
        assert catalog.change(alerts.insert().values(**{**row, "is_open": False})) == 0
        assert catalog.rows(alerts, alerts.c.rule == "r") == [row]
        assert catalog.rows(alerts, alerts.c.rule == "other") == []
