"""`doctor`: what this installation runs on, and what is missing."""

import os
import platform
import re
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import typer

from envirosense.cli.output import AsJson, facts, say, say_json

_THREADS: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_OLDEST_PYTHON: Final = (3, 12)
_MIN_FREE_BYTES: Final = 1e9  # less than a small dataset and its temporary files


def doctor(as_json: AsJson = False) -> None:
    """Report versions, extras, cores, memory, disk, caches and settings; exit code 1 where one is missing."""
    found = examine(Path.cwd())
    if as_json:
        say_json(found)
    else:
        for topic, entries in found.items():
            if isinstance(entries, dict):
                say(f"{topic}\n" + "\n".join("  " + line for line in facts(entries).splitlines()))
        say("\n".join(f"problem: {line}" for line in found["problems"]) or "no problems found")
    if found["problems"]:
        raise typer.Exit(1)


def examine(folder: Path) -> dict[str, Any]:
    """Everything the report shows, as plain data by topic; `problems` is a list of lines."""
    packages, extras = _requirements()
    threads = {name: os.environ.get(name) for name in _THREADS}
    found: dict[str, Any] = {
        "python": {
            "version": platform.python_version(),
            "executable": sys.executable,
            "platform": platform.platform(),
        },
        "packages": packages,
        "extras": {name: _extra_state(needed) for name, needed in extras.items()},
        "machine": machine(folder),
        "caches and threads": {"numba cache": _numba_cache(), **threads},
        "settings": _settings(),
        "terminal": {
            "stdout": sys.stdout.isatty(),
            "columns": shutil.get_terminal_size().columns,
            "colour": "NO_COLOR" not in os.environ and sys.stdout.isatty(),
        },
    }
    return {**found, "problems": _problems(found)}


def machine(folder: Path) -> dict[str, Any]:
    """Cores, memory and free disk of this machine."""
    return {
        "cores usable": usable_cores(),
        "memory GB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "disk free GB": round(shutil.disk_usage(folder).free / 1e9, 1),
    }


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _requirements() -> tuple[dict[str, str | None], dict[str, list[str]]]:
    """Installed version of every requirement, and the packages of every extra."""
    packages: dict[str, str | None] = {"envirosense": _version("envirosense")}
    extras: dict[str, list[str]] = {}
    for line in metadata.requires("envirosense") or ():
        name = re.split(r"[<>=!~;\[ ]", line, maxsplit=1)[0]
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", line)
        if extra:
            extras.setdefault(extra[1], []).append(name)
        else:
            packages[name] = _version(name)
    return packages, extras


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _extra_state(packages: list[str]) -> str:
    absent = [name for name in packages if _version(name) is None]
    return f"absent: {', '.join(absent)}" if absent else "present"


def _numba_cache() -> str:
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(chosen) if chosen else Path(__file__).parent.parent
    state = "writable" if os.access(folder, os.W_OK) else "not writable: kernels compile in every run"
    return f"{folder} ({state})"


def _settings() -> dict[str, Any]:
    from envirosense.core.settings import settings

    values = settings().model_dump(mode="json")
    if values["catalog_url"]:
        values["catalog_url"] = "set"  # it may hold a password
    return {f"ENVIROSENSE_{name.upper()}": value for name, value in values.items()}


def _problems(found: dict[str, Any]) -> list[str]:
    problems = [
        f"package {name} is missing; run make setup" for name, at in found["packages"].items() if not at
    ]
    if sys.version_info < _OLDEST_PYTHON:
        problems.append(f"Python {platform.python_version()} is too old; 3.12 or newer is needed")
    if found["machine"]["disk free GB"] * 1e9 < _MIN_FREE_BYTES:
        problems.append("less than 1 GB of disk is free here")
    return problems
