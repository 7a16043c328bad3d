"""Shards that kill their workers, again and again."""

import pickle
from concurrent.futures import BrokenExecutor, Executor, Future

import pytest

from envirosense.datasets.output import prepare_output
from envirosense.factory.augmented import AugmentedTwins
from envirosense.factory.edge_cases import EdgeNote
from envirosense.factory.executors import WorkerPool
from envirosense.factory.generator import make_plan
from envirosense.factory.noted import Noting
from envirosense.factory.shards import ShardRun, WorkerDied
from envirosense.factory.twins import twin_for
from envirosense.testing.twins import CoinTwin


class BreakingPool(WorkerPool):
    """Runs a shard in the caller, and breaks like a process pool on the shards named."""

    def __init__(self, fatal, times):
        self.fatal = fatal
        self.left = times
        self.rebuilt = 0
        self.broken = False

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        shard = args[1]
        self.broken |= shard.name == self.fatal and self.left > 0
        if self.broken:
            self.left -= shard.name == self.fatal
            future.set_exception(BrokenExecutor("a process died"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future

    def rebuild(self):
        self.rebuilt += 1
        self.broken = False


@pytest.fixture
def plan(request_coin):
    plan = make_plan(request_coin(episodes=6, duration_s=20.0), CoinTwin())
    return plan.model_copy(update={"episodes_per_shard": 1})


def run(pool, plan, folder):
    with prepare_output(plan, folder) as output:
        results = ShardRun(output.folder, CoinTwin, pool, 3).results(output.pending, lambda n: None)
        return [one.name for one in results]


def test_a_worker_that_dies_twice_is_replaced_twice(plan, tmp_path):
    fatal = plan.shards()[2].name
    pool = BreakingPool(fatal, times=2)
    assert sorted(run(pool, plan, tmp_path)) == sorted(shard.name for shard in plan.shards())
    assert pool.rebuilt == 2


def test_only_the_deadly_shard_is_blamed(plan, tmp_path):
    fatal = plan.shards()[2].name
    with pytest.raises(WorkerDied, match=f"shard {fatal}: its worker was killed 3 times"):
        run(BreakingPool(fatal, times=99), plan, tmp_path)


class WaitingExecutor(Executor):
    """Runs the oldest call when asked to."""

    def __init__(self):
        self.calls = []
        self.most = 0

    def submit(self, fn, /, *args, **kwargs):
        self.calls.append((Future(), fn, args, kwargs))
        self.most = max(self.most, len(self.calls))
        return self.calls[-1][0]

    def run_one(self, _heard):
        if self.calls:
            future, fn, args, kwargs = self.calls.pop(0)
            future.set_result(fn(*args, **kwargs))


def test_no_more_shards_are_in_flight_than_the_window(plan, tmp_path):
    waiting = WaitingExecutor()
    with prepare_output(plan, tmp_path) as output:
        shards = ShardRun(output.folder, CoinTwin, waiting, window=2)
        found = [one.name for one in shards.results(output.pending, waiting.run_one)]
    assert found == [shard.name for shard in plan.shards()]
    assert waiting.most == 2


class DeadExecutor(Executor):
    """Somebody else's pool, already broken."""

    def submit(self, fn, /, *args, **kwargs):
        raise BrokenExecutor("gone")


def test_an_executor_of_the_caller_is_not_rebuilt(plan, tmp_path):
    with pytest.raises(WorkerDied, match="start it again and resume"):
        run(DeadExecutor(), plan, tmp_path)


def test_a_worker_gets_the_notes_of_its_own_episodes_only():
    notes = {f"{n:016x}": {"augmentation": {"steps": ["x" * 100]}} for n in range(1000)}
    ids = list(notes)[:2]
    noting = Noting(AugmentedTwins("coin", notes), EdgeNote(notes))
    sent = pickle.dumps(twin_for(noting, ids))
    assert len(sent) < 2000
    again = pickle.loads(sent)
    assert list(again.make_twin.notes) == list(again.note.origins) == ids
    assert twin_for(CoinTwin, ids) is CoinTwin
