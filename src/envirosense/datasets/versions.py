"""Versions of a dataset that grew: the newest in manifest.json, every one in versions/.

`versions/` holds for each version its manifest and its episode table, never changed once written;
`manifest.json` is the newest one and its replacement is what makes a version count. `episodes.parquet`
beside it is a copy of the newest table for other tools. Shards are shared by all versions that list them.
"""

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from envirosense.core.errors import DatasetError
from envirosense.datasets.manifest import EPISODES, Manifest

VERSIONS: Final = "versions"


def manifest_path(folder: Path, version: int) -> Path:
    """Where the manifest of a version of a grown dataset lies."""
    return folder / VERSIONS / f"manifest-{version:05d}.json"


def table_path(folder: Path, version: int) -> Path:
    """Where the episode table of a version of a grown dataset lies."""
    return folder / VERSIONS / f"episodes-{version:05d}.parquet"


def episodes_path(folder: Path, manifest: Manifest) -> Path:
    """Episode table of a manifest: its version's own where the dataset grew."""
    own = table_path(folder, manifest.version)
    return own if own.exists() else folder / EPISODES


def episodes_of(manifest: Manifest, episodes: pa.Table) -> pa.Table:
    """Rows of a manifest's own episodes: a table read while a version was added may hold newer ones."""
    if episodes.num_rows == manifest.counts["episodes"]:
        return episodes
    own = {fingerprint[:16] for fingerprint in manifest.spec_fingerprints}
    keep = np.array([one in own for one in episodes["episode_id"].to_pylist()], dtype=bool)
    return episodes.filter(pa.array(keep))


def stored_versions(folder: Path) -> tuple[int, ...]:
    """Versions that can be opened, oldest first."""
    newest = Manifest.load(folder).version
    return tuple(n for n in range(1, newest + 1) if n == newest or manifest_path(folder, n).is_file())


def load_version(folder: Path, version: int) -> Manifest:
    """Manifest of one version.

    Raises:
        DatasetError: if the dataset has no such version.
    """
    newest = Manifest.load(folder)
    if version == newest.version:
        return newest
    known = stored_versions(folder)
    if version not in known:
        listing = ", ".join(map(str, known))
        raise DatasetError(f"{folder}: no version {version}; it has {listing}")
    return Manifest.read(manifest_path(folder, version))


def files_of_all_versions(folder: Path) -> tuple[frozenset[str], tuple[str, ...]]:
    """Paths inside the dataset that belong to any of its versions, also to one that is being added.

    The manifests of old versions that cannot be read come second: what they list is not known.
    """
    places = {path.relative_to(folder).as_posix() for path in (folder / VERSIONS).glob("episodes-*.parquet")}
    damaged = []
    for path in sorted((folder / VERSIONS).glob("manifest-*.json")):
        places.add(path.relative_to(folder).as_posix())
        try:
            places |= Manifest.read(path).files.keys()
        except DatasetError:
            damaged.append(path.relative_to(folder).as_posix())
    return frozenset(places), tuple(damaged)
