"""Generation: the same dataset whatever runs it, and nothing lost when something breaks."""

import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from envirosense.core.errors import ConfigError, StorageError, UnknownNameError
from envirosense.datasets.dataset import Dataset
from envirosense.factory import (
    GenerationFailed,
    GenerationInterrupted,
    generate,
    simulate,
)
from envirosense.factory.executors import InlineExecutor
from envirosense.factory.progress import SilentProgress


class Reporter(SilentProgress):
    """Calls a function at each update."""

    def __init__(self, act):
        self.act = act
        self.standings = []

    def start(self, standing):
        self.standings.append(standing)

    def update(self, standing):
        self.standings.append(standing)
        self.act(standing)


def worker_processes():
    """Processes started by the fork server, or by us where there is none."""
    everyone = psutil.Process().children(recursive=True)
    grandchildren = [one for one in everyone if one.ppid() != os.getpid()]
    return grandchildren or everyone


@pytest.fixture
def inline(request_coin, tmp_path):
    return generate(request_coin(), tmp_path / "inline", executor=InlineExecutor())


@pytest.mark.parametrize("workers", [1, 2])
def test_worker_processes_write_what_the_caller_would(request_coin, inline, tmp_path, workers):
    dataset = generate(request_coin(), tmp_path / "pool", workers=workers)
    assert dataset.logical_hash == inline.logical_hash
    assert len(dataset) == 8


def test_another_seed_is_another_dataset(request_coin, inline, tmp_path):
    other = generate(request_coin(seed=6), tmp_path / "other", executor=InlineExecutor())
    assert other.logical_hash != inline.logical_hash


def test_a_killed_worker_costs_nothing_but_time(request_coin, inline, tmp_path):
    killed = []

    def kill_once(standing):
        if standing.done and not killed:
            for worker in worker_processes():
                killed.append(worker.pid)
                os.kill(worker.pid, signal.SIGKILL)

    dataset = generate(request_coin(), tmp_path / "killed", workers=1, progress=Reporter(kill_once))
    assert killed
    assert dataset.logical_hash == inline.logical_hash


def test_an_interrupted_run_says_how_to_resume_and_keeps_what_it_has(request_coin, inline, tmp_path):
    def interrupt(standing):
        if standing.done >= 2:
            raise KeyboardInterrupt

    with pytest.raises(GenerationInterrupted, match="run the same command again to resume"):
        generate(request_coin(), tmp_path / "out", executor=InlineExecutor(), progress=Reporter(interrupt))
    reporter = Reporter(lambda standing: None)
    resumed = generate(request_coin(), tmp_path / "out", executor=InlineExecutor(), progress=reporter)
    assert reporter.standings[0].resumed >= 2
    assert resumed.logical_hash == inline.logical_hash


def test_an_interrupted_pool_leaves_no_process(request_coin, tmp_path):
    def interrupt(standing):
        if standing.done:
            raise KeyboardInterrupt

    with pytest.raises(GenerationInterrupted):
        generate(request_coin(), tmp_path / "out", workers=2, progress=Reporter(interrupt))
    grandchildren = [one for one in psutil.Process().children(recursive=True) if one.ppid() != os.getpid()]
    assert not [one for one in grandchildren if one.status() != psutil.STATUS_ZOMBIE]


def test_a_run_killed_whole_is_resumed(request_coin, inline, tmp_path):
    script = textwrap.dedent("""
        import sys, time
        from envirosense.factory import TWINS, GenerationRequest, generate
        from envirosense.factory.progress import SilentProgress
        from envirosense.testing.twins import CoinTwin
        TWINS.register("coin")(CoinTwin)
        class Hold(SilentProgress):
            def update(self, standing):
                if standing.done >= 2:
                    print("some", flush=True)
                    time.sleep(60)
        request = GenerationRequest(twin="coin", episodes=8, duration_s=120.0, seed=5, n_groups=4)
        generate(request, sys.argv[1], workers=2, progress=Hold())
    """)
    run = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "out")], stdout=subprocess.PIPE, text=True
    )
    with run:
        assert run.stdout.readline() == "some\n"
        helpers = psutil.Process(run.pid).children(recursive=True)
        run.kill()
    _, alive = psutil.wait_procs(helpers, timeout=10)
    assert not alive, "workers must end with the run that started them"
    resumed = generate(request_coin(), tmp_path / "out", executor=InlineExecutor())
    assert resumed.logical_hash == inline.logical_hash


def test_failed_episodes_are_recorded_and_reported(request_coin, tmp_path):
    request = request_coin(options={"fail": [1, 2]})
    with pytest.raises(GenerationFailed, match=r"2 of 8 episodes failed .*landed on its edge") as caught:
        generate(request, tmp_path / "out", executor=InlineExecutor())
    dataset = Dataset.open(tmp_path / "out")
    assert len(dataset) == 6
    assert sorted(one.reason for one in dataset.failed) == [
        "EpisodeError: normal/tails: the coin landed on its edge",
        "EpisodeError: toss/heads: the coin landed on its edge",
    ]
    assert caught.value.dataset.logical_hash == dataset.logical_hash


def test_failures_may_be_allowed(request_coin, tmp_path):
    request = request_coin(options={"fail": [1]})
    dataset = generate(request, tmp_path / "out", executor=InlineExecutor(), allow_failures=True)
    assert len(dataset) == 7
    assert len(dataset.failed) == 1


def test_a_finished_dataset_is_not_made_again(request_coin, inline, tmp_path):
    reporter = Reporter(lambda standing: None)
    again = generate(request_coin(), tmp_path / "inline", executor=InlineExecutor(), progress=reporter)
    assert not reporter.standings
    assert again.logical_hash == inline.logical_hash


def test_a_folder_with_another_dataset_is_refused(request_coin, inline, tmp_path):
    with pytest.raises(ConfigError, match=r"holds another dataset .*seed"):
        generate(request_coin(seed=9), tmp_path / "inline", executor=InlineExecutor())


def test_an_unknown_twin_is_refused(request_coin, tmp_path):
    with pytest.raises(UnknownNameError, match="did you mean 'coin'"):
        generate(request_coin(twin="coim"), tmp_path / "out")


def test_a_target_that_cannot_be_written_is_said_in_one_line(request_coin, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises((ConfigError, StorageError), match="file") as caught:
        generate(request_coin(), tmp_path / "file" / "out", executor=InlineExecutor())
    assert "\n" not in str(caught.value)


def test_a_simulated_episode_reads_like_a_stored_one(request_coin, tmp_path):
    request = request_coin(episodes=1, n_groups=1, scenarios="normal/tails")
    dataset = generate(request, tmp_path / "out", executor=InlineExecutor())
    episode = simulate("coin", "normal/tails", seed=5, duration_s=120.0)
    (stored,) = dataset
    assert episode.spec == stored.spec
    assert episode.table("readings").equals(stored.table("readings"))


def test_a_script_without_main_guard_can_generate(tmp_path):
    script = tmp_path / "plain.py"
    script.write_text(
        textwrap.dedent(f"""
        from envirosense.factory import TWINS, GenerationRequest, generate
        from envirosense.testing.twins import CoinTwin
        TWINS.register("coin")(CoinTwin)
        request = GenerationRequest(twin="coin", episodes=2, duration_s=60.0)
        print(len(generate(request, {str(tmp_path / "out")!r}, workers=1)))
    """)
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60)
    assert done.stdout == "2\n", done.stderr


@pytest.mark.parametrize("workers", [0, -1])
def test_fewer_than_one_worker_is_refused(request_coin, tmp_path, workers):
    with pytest.raises(ConfigError, match=f"workers={workers}: must be at least 1"):
        generate(request_coin(), tmp_path / "out", workers=workers)


def test_progress_that_cannot_be_noted_fails_no_episode(request_coin, tmp_path, monkeypatch):
    place = tmp_path / "a folder, which no byte can be written to"
    place.mkdir()
    monkeypatch.setattr("envirosense.factory.shards.tick_file", lambda folder, shard: place)
    assert len(generate(request_coin(), tmp_path / "out", executor=InlineExecutor())) == 8


def test_a_broken_run_leaves_nothing_running_on_an_executor_of_the_caller(request_coin, tmp_path):
    def stop(standing):
        if standing.done:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(2) as pool:
        with pytest.raises(GenerationInterrupted):
            generate(
                request_coin(episodes=24, duration_s=3000.0),
                tmp_path / "out",
                workers=2,
                executor=pool,
                progress=Reporter(stop),
            )
        assert not list((tmp_path / "out" / ".staging" / "tmp").glob("*.parquet"))
        assert pool._work_queue.qsize() == 0


def test_options_may_be_tuples_and_paths(request_coin):
    request = request_coin(options={"without": ("a", "b"), "weather": Path("a.epw")})
    assert request.options == {"without": ["a", "b"], "weather": "a.epw"}
