import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from envirosense.core.errors import SchemaVersionError, StorageError
from envirosense.core.settings import settings
from envirosense.datasets.catalog import (
    Catalog,
    activities,
    artifacts,
    catalog_url,
    edges,
    rebuild,
    register_dataset,
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
    with pytest.raises(SchemaVersionError, match="schema version 9 is newer than 1"):
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
    for table in (artifacts, activities, edges):
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
            assert list(pool.map(opened, [url] * 4)) == [[{"version": 1}]] * 4
