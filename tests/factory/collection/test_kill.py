import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from envirosense.factory.collection import RecordSource, TrainingDataCollector, read_export
from tests.factory.collection.toy_points import EXPORT, TWIN, toy

ROOT = Path(__file__).parents[3]
EPISODES = 12
RUN = textwrap.dedent("""
    import sys
    from tests.factory.collection.test_kill import cycle
    print("ready", flush=True)
    cycle(sys.argv[1])
""")


def cycle(folder) -> TrainingDataCollector:
    collector = TrainingDataCollector(TWIN, folder, 0)
    for number in range(EPISODES):
        source = RecordSource(f"site-{number % 3}", f"episode-{number}")
        collector.collect("toys", [toy(one, score=one / 20) for one in range(20)] + [toy(19)], source)
        collector.export()
    return collector


@pytest.mark.slow
def test_a_cycle_killed_anywhere_goes_on_as_if_nothing_had_been(tmp_path) -> None:
    whole = cycle(tmp_path / "whole")
    for number in range(4):
        run = subprocess.Popen(
            [sys.executable, "-c", RUN, str(tmp_path / "killed")], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert run.stdout is not None
        assert run.stdout.readline() == b"ready\n"
        time.sleep(0.15 + 0.2 * number)
        run.send_signal(signal.SIGKILL)
        run.communicate()
    resumed = cycle(tmp_path / "killed")
    assert resumed.points() == whole.points()
    assert resumed.accepted("toys") == whole.accepted("toys")
    folders = [tmp_path / name / "training_data" / "cycle_0" for name in ("whole", "killed")]
    assert read_export(folders[0], EXPORT) == read_export(folders[1], EXPORT)
    assert not [path for path in folders[1].rglob("*.tmp")]


def test_what_a_killed_process_was_writing_is_cleared_away(tmp_path) -> None:
    collector = TrainingDataCollector(TWIN, tmp_path, 0)
    collector.collect("toys", [toy(1)], RecordSource("site-0", "episode-0"))
    place = collector.export() / EXPORT.folder
    (place / ".metadata.json.17.tmp").write_text("{")
    collector.export()
    assert not list(place.glob(".*.tmp"))
