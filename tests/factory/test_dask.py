"""A real Dask cluster on loopback: the same dataset, whatever happens to its workers."""

import os
import signal
import sys
import time
from dataclasses import replace
from importlib.metadata import version

import pytest
from distributed import Client, LocalCluster

from envirosense.core.errors import ConfigError, DatasetError, MissingExtraError
from envirosense.datasets import verify
from envirosense.datasets.output import prepare_output
from envirosense.factory import GenerationInterrupted, generate
from envirosense.factory.dask_executor import cluster_threads, dask_cluster, is_gone
from envirosense.factory.executors import InlineExecutor, worker_count
from envirosense.factory.generator import make_plan
from envirosense.factory.progress import SilentProgress
from envirosense.factory.shards import ShardRun, Ticket, WorkerDied, run_shard
from envirosense.testing.twins import CoinTwin


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1"
    ) as started:
        yield started


@pytest.fixture
def client(cluster):
    with Client(cluster, set_as_default=False) as connected:
        connected.wait_for_workers(2, timeout=30)
        yield connected


class Act(SilentProgress):
    """Does something once, when some episodes are stored."""

    def __init__(self, act):
        self._act = act
        self.acted = False

    def update(self, standing):
        if standing.done and not self.acted:
            self.acted = True
            self._act()


@pytest.fixture
def long_request(request_coin):
    """Enough to simulate that a worker can be killed in the middle."""
    return request_coin(episodes=12, duration_s=600.0)


@pytest.mark.slow
def test_one_worker_two_workers_and_dask_write_the_same_dataset(client, long_request, tmp_path):
    hashes = {
        generate(long_request, tmp_path / "one", workers=1).logical_hash,
        generate(long_request, tmp_path / "two", workers=2).logical_hash,
        generate(long_request, tmp_path / "dask", executor=client.get_executor()).logical_hash,
    }
    assert len(hashes) == 1
    assert verify(tmp_path / "dask").is_ok


@pytest.mark.parametrize(
    "allowed_failures",
    [pytest.param(0, id="dask_gives_up"), pytest.param(3, id="dask_tries_again", marks=pytest.mark.slow)],
)
def test_killed_workers_cost_nothing_but_time(client, cluster, long_request, tmp_path, allowed_failures):
    cluster.scheduler.allowed_failures = allowed_failures
    workers = client.run(os.getpid)

    def kill():
        for process in workers.values():
            os.kill(process, signal.SIGKILL)

    act = Act(kill)
    dataset = generate(long_request, tmp_path / "killed", executor=client.get_executor(), progress=act)
    assert act.acted
    assert not set(workers.values()) & set(client.run(os.getpid).values())
    whole = generate(long_request, tmp_path / "whole", executor=InlineExecutor())
    assert dataset.logical_hash == whole.logical_hash
    assert dataset.manifest.files == whole.manifest.files
    assert verify(dataset.folder).is_ok
    assert not list(dataset.folder.glob(".*"))


def test_a_run_that_broke_off_leaves_no_worker_writing(client, long_request, tmp_path):
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(GenerationInterrupted):
        generate(long_request, tmp_path / "out", executor=client.get_executor(), progress=Act(stop))
    began_s = time.monotonic()
    while list((tmp_path / "out" / ".staging" / "tmp").glob("*.parquet")):
        assert time.monotonic() - began_s < 60.0, "a worker goes on writing"
        time.sleep(0.05)
    resumed = generate(long_request, tmp_path / "out", executor=client.get_executor())
    whole = generate(long_request, tmp_path / "whole", executor=InlineExecutor())
    assert resumed.manifest.files == whole.manifest.files


def test_a_cluster_that_is_gone_ends_the_run(cluster, request_coin, tmp_path):
    client = Client(cluster, set_as_default=False)
    plan = make_plan(request_coin(), CoinTwin())
    with prepare_output(plan, tmp_path) as output:
        run = ShardRun(output.folder, CoinTwin, client.get_executor(), 1, output.ticket)
        with pytest.raises(WorkerDied, match="scheduler of the executor is gone"):
            list(run.results(output.pending, lambda n: client.close()))
        run.abandon()
        with pytest.raises(WorkerDied, match="start it again and resume"):
            run._submit(output.pending[0])


def test_a_cluster_is_found_by_its_address(cluster):
    with dask_cluster(cluster.scheduler_address) as executor:
        assert executor.submit(sum, (1, 2)).result() == 3
        assert worker_count(None, executor) == 2
        assert worker_count(5, executor) == 5
    assert is_gone(executor)


def test_an_address_without_a_scheduler_is_one_line(monkeypatch):
    monkeypatch.setattr("envirosense.factory.dask_executor._ANSWER_S", 0.2)
    with pytest.raises(ConfigError, match="no scheduler answers there"), dask_cluster("tcp://127.0.0.1:9"):
        pass


def test_without_distributed_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match=r"envirosense\[dist\]"), dask_cluster("tcp://x:1"):
        pass


def test_an_executor_that_is_no_cluster_has_no_threads_of_one():
    assert cluster_threads(InlineExecutor()) is None
    assert not is_gone(InlineExecutor())


def test_a_worker_left_over_from_a_run_that_is_over_writes_nothing(request_coin, tmp_path):
    with prepare_output(make_plan(request_coin(), CoinTwin()), tmp_path / "out") as output:
        ticket = Ticket(output.ticket, version("envirosense"))
        shard = output.pending[0]
        with pytest.raises(DatasetError, match=r"the run 0\.1\.2\.3; install the same version"):
            run_shard(output.folder, shard, CoinTwin, replace(ticket, code_version="0.1.2.3"))

        class Late(CoinTwin):
            """Is still simulating when the run ends."""

            def simulate(self, spec, out):
                summary = super().simulate(spec, out)
                output.close()
                return summary

        with pytest.raises(DatasetError, match="does not find the run that sent it"):
            run_shard(output.folder, shard, Late, ticket)
    with pytest.raises(DatasetError, match="all workers must see the folder of the run"):
        run_shard(tmp_path / "elsewhere", shard, CoinTwin, ticket)
    assert not list((tmp_path / "out").rglob("*.parquet"))
    assert not (tmp_path / "elsewhere").exists()
