"""A skops file without what differs from run to run: dates of its parts, and addresses in memory."""

import io
import json
import zipfile
from typing import Any, Final

_SCHEMA: Final = "schema.json"
_NO_DATE: Final = (1980, 1, 1, 0, 0, 0)  # the first that a zip archive can hold


def settled(data: bytes) -> bytes:
    """The same skops file with parts and objects numbered in the order of its schema.

    skops names objects by their address, so that the same model would be other bytes, and another
    content address, every time it is made.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as given:
        numbers: dict[str, int] = {}
        schema = _renumbered(json.loads(given.read(_SCHEMA)), numbers)
        parts = {name: given.read(name) for name in given.namelist() if name != _SCHEMA}
    named = {_part_name(name, numbers): part for name, part in parts.items()}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(named):
            archive.writestr(zipfile.ZipInfo(name, _NO_DATE), named[name], zipfile.ZIP_DEFLATED, 6)
        archive.writestr(zipfile.ZipInfo(_SCHEMA, _NO_DATE), json.dumps(schema), zipfile.ZIP_DEFLATED, 6)
    return written.getvalue()


def _renumbered(node: Any, numbers: dict[str, int]) -> Any:
    """A node of the schema with ids counted up as they are met."""
    if isinstance(node, list):
        return [_renumbered(one, numbers) for one in node]
    if not isinstance(node, dict):
        return node
    told = dict(node)
    if "__id__" in told and "__loader__" in told:
        told["__id__"] = numbers.setdefault(str(told["__id__"]), len(numbers))
        if isinstance(told.get("file"), str):
            told["file"] = _part_name(told["file"], numbers)
    return {key: _renumbered(value, numbers) for key, value in told.items()}


def _part_name(name: str, numbers: dict[str, int]) -> str:
    stem, dot, suffix = name.partition(".")
    return f"{numbers.setdefault(stem, len(numbers)):06d}{dot}{suffix}"
