"""Homes made, written for Home Assistant, opened by the real one, compared: `make ha-check`, `make ha-full`.

    .venv/bin/python tests/ha/check_homes.py --one-per-type --days 7
    .venv/bin/python tests/ha/check_homes.py --homes 50 --days 90

Prints a line per home and version of Home Assistant; 1 where a count differs, where Home Assistant complains,
where less than 95 % of the automations' starts agree, or where no version is installed (scripts/make-ha.sh).
"""

import argparse
import dataclasses
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Any

from envirosense.core.rng import derived_seed
from envirosense.home.building.home_generator import SyntheticHomeGenerator
from envirosense.home.building.mix import PlannedHome, home_plan
from envirosense.home.catalog import default_catalog
from envirosense.home.history import HomeHistory, lived
from envirosense.home.homeassistant import write_home_assistant

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = {"2025.1.4": ".venv-ha-3.12", "2025.4.4": ".venv-ha-3.13"}
LEAST_SHARE = 0.95  # of automations' starts that Home Assistant and the home have in common
AT_ONCE = 5  # homes on the disk at a time
SAME = {"states": "history"}  # where the referee has another word for a count
UNSEEN = ("events",)  # the logbook alone shows them


def planned(args: argparse.Namespace) -> list[PlannedHome]:
    """What the homes are to be."""
    homes = default_catalog().homes
    if not args.one_per_type:
        return list(home_plan(args.homes, args.seed))
    regions = sorted(home.region for home in home_plan(len(homes.types), args.seed))
    sizes = tuple(homes.sizes)
    return [
        PlannedHome(kind, sizes[number % len(sizes)], regions[number])
        for number, kind in enumerate(homes.types)
    ]


def histories(args: argparse.Namespace) -> Iterator[tuple[str, HomeHistory]]:
    """Each home with what happened in it."""
    for number, plan in enumerate(planned(args)):
        seed = derived_seed(args.seed, "ha-check", number)
        home = SyntheticHomeGenerator().draw(*plan, seed, home_id=f"home-{number:04d}")
        local = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=seed % 365)
        start_utc = local - timedelta(hours=home.utc_offset_h)
        yield " ".join(plan), lived(home, start_utc, args.days, seed, seed + 1)


def judged(script: str, version: str, folders: list[Path]) -> list[dict[str, Any]]:
    """What a script prints of each folder in the environment of a version of Home Assistant."""
    python = ROOT / ENVIRONMENTS[version] / "bin" / "python"
    command = [str(python), str(ROOT / "tests" / "ha" / script), *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.stdout.count("\n") != len(folders):
        raise SystemExit(f"{script} broke down in Home Assistant {version}:\n{done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def differences(written: dict[str, int], found: dict[str, Any]) -> list[str]:
    """What Home Assistant did not find as it was written, and what it said of it."""
    if "error" in found:
        return [found["error"]]
    wrong = [
        f"{name}: {count} written, {found[SAME.get(name, name)]} found"
        for name, count in written.items()
        if name not in UNSEEN and found[SAME.get(name, name)] != count
    ]
    wrong += [f"{domain} not set up" for domain, is_up in found["set_up"].items() if not is_up]
    wrong += [f"{found['sums_that_fall']} meters fall"] * (found["sums_that_fall"] > 0)
    return [*wrong, *found["complaints"]]


def misbehaviour(found: dict[str, Any]) -> list[str]:
    """Automations that Home Assistant starts at other times than the home did."""
    least = LEAST_SHARE * max(found["in_history"], found["heard"])
    if found["both"] >= least:
        return []
    worst = sorted(found["each"].items(), key=lambda one: one[1][2] - max(one[1][:2]))
    return [f"{name} started {n} times, in Home Assistant {heard}" for name, (n, heard, _) in worst[:3]]


def opened(group: tuple[tuple[str, HomeHistory], ...], version: str, folder: Path, run: bool) -> list[bool]:
    """Whether a version of Home Assistant opened each home as it was written, and told on a line."""
    folders = [folder / version / history.home.home_id for _, history in group]
    written = [
        dataclasses.asdict(
            write_home_assistant(each, one.home, one.automations, one.log, one.start_utc, ha_version=version)
        )
        for each, (_, one) in zip(folders, group, strict=True)
    ]
    wrong = [
        differences(counts, found)
        for counts, found in zip(written, judged("referee.py", version, folders), strict=True)
    ]
    told = [" ".join(f"{count} {name}" for name, count in counts.items()) for counts in written]
    if run:
        for place, found in enumerate(judged("behaviour.py", version, folders)):
            wrong[place] += misbehaviour(found)
            told[place] += f"; of {found['in_history']} starts of automations {found['both']} again"
    for (name, one), faults, good in zip(group, wrong, told, strict=True):
        words = f"WRONG {'; '.join(faults[:3])}" if faults else f"ok {good}"
        sys.stdout.write(f"{version} {one.home.home_id} {name}: {words}\n")
        sys.stdout.flush()
    return [not faults for faults in wrong]


def check(args: argparse.Namespace) -> int:
    """Number of homes that a version of Home Assistant did not open as they were written."""
    versions = [one for one, folder in ENVIRONMENTS.items() if (ROOT / folder / "bin" / "python").exists()]
    if not versions:
        raise SystemExit("no Home Assistant is installed: run scripts/make-ha.sh")
    good: list[bool] = []
    for group in batched(histories(args), AT_ONCE):
        with tempfile.TemporaryDirectory() as scratch:
            for version in versions:
                good += opened(group, version, Path(scratch), args.run_automations)
    sys.stdout.write(f"{sum(good)} of {len(good)} opened as written ({', '.join(versions)})\n")
    return len(good) - sum(good)


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--homes", type=int, default=3, help="number of homes of the usual mix")
    parser.add_argument("--one-per-type", action="store_true", help="one home of each type instead")
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--run-automations", action="store_true", help="and run them on the home's history")
    parser.add_argument("--seed", type=int, default=1)
    started_s = time.monotonic()
    bad = check(parser.parse_args())
    sys.stdout.write(f"{time.monotonic() - started_s:.0f} s\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
