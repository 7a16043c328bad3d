import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from envirosense.core.errors import ConfigError, DatasetError, StorageError
from envirosense.core.rng import stream
from envirosense.datasets.catalog import Catalog
from envirosense.datasets.catalog_tables import deployments
from envirosense.learning.deployment.deployment import ModelDeployment
from envirosense.learning.deployment.log import DeploymentLog, state_of
from envirosense.learning.deployment.verdict import Verdict
from tests.learning.deployment.conftest import bundle

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def live(registry, three):
    return ModelDeployment(registry, "pump-window")


def serve(live, *labels, start=NOON):
    for hours, label in enumerate(labels):
        live.promote(label, reason="test", who="ann", now=start + hours * HOUR)


def damage(registry, label):
    (registry.version(label).path / "model.skops").write_bytes(b"rubbish")


def test_before_the_first_promotion_nothing_serves(live):
    assert live.serving() is None
    assert live.canary() is None
    assert live.history() == ()
    with pytest.raises(ConfigError, match="nothing serves"):
        live.route(["a"])
    with pytest.raises(ConfigError, match="nothing serves on production; promote"):
        live.rollback(reason="r", who="ann")


def test_promotion_and_rollback_add_rows_and_keep_all_others(live, three):
    seen = []
    steps = [
        lambda: live.promote(three[0], reason="first", who="ann", now=NOON),
        lambda: live.promote(three[1], reason="better", who="ann", now=NOON + HOUR),
        lambda: live.promote(three[2], reason="try", who="ben", share=0.2, now=NOON + 2 * HOUR),
        lambda: live.promote(three[2], reason="all", who="ben", now=NOON + 3 * HOUR),
        lambda: live.rollback(reason="fog", who="ann", now=NOON + 4 * HOUR),
    ]
    for n, step in enumerate(steps, 1):
        row = step()
        rows = live.history()
        assert rows[:-1] == tuple(seen)
        assert rows[-1] == row
        assert [one.step for one in rows] == list(range(1, n + 1))
        seen = list(rows)
    told = [(one.kind, one.from_version, one.to_version, one.who, one.share) for one in seen]
    a, b, c = three
    assert told == [
        ("promote", None, a, "ann", 1.0),
        ("promote", a, b, "ann", 1.0),
        ("canary", b, c, "ben", 0.2),
        ("promote", b, c, "ben", 1.0),
        ("rollback", c, b, "ann", 1.0),
    ]
    assert str(seen[2]).endswith(f"canary {b} -> {c} for 20% of groups by ben: try")


def test_the_log_can_be_neither_changed_nor_shortened(live, three, registry, tmp_path):
    serve(live, *three[:2])
    before = live.history()
    with sqlite3.connect(tmp_path / "home" / "catalog.sqlite") as opened:
        for statement in ("DELETE FROM deployments", "UPDATE deployments SET reason = 'other'"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                opened.execute(statement)
    opened.close()
    with Catalog(registry.url) as catalog:
        for change in (sa.delete(deployments), sa.update(deployments).values(who="eve")):
            with pytest.raises(StorageError, match="append-only"):
                catalog.change(change)
    assert live.history() == before


def test_as_of_says_what_served_then(live, three):
    serve(live, *three)
    live.rollback(reason="fog", who="ann", now=NOON + 5 * HOUR)
    served = [live.as_of(NOON + hours * HOUR) for hours in (-1, 0, 0.5, 1, 2, 4.9, 5, 99)]
    assert [one and one.label for one in served] == [
        None, three[0], three[0], three[1], three[2], three[2], three[1], three[1],
    ]  # fmt: skip
    with pytest.raises(ConfigError, match="no time zone"):
        live.as_of(datetime(2026, 11, 20))


def test_a_clock_set_back_does_not_reorder_history(live, three):
    serve(live, three[0])
    row = live.promote(three[1], reason="r", who="ann", now=NOON - HOUR)
    assert row.at_utc == live.history()[0].at_utc
    assert live.as_of(NOON).label == three[1]


def test_rolling_back_twice_goes_back_two_versions(live, three):
    serve(live, *three)
    for expected in (three[1], three[0]):
        live.rollback(reason="r", who="ann")
        assert live.serving().label == expected
    with pytest.raises(ConfigError, match="no version before it"):
        live.rollback(reason="r", who="ann")
    live.rollback(reason="r", who="ann", to=three[2])
    assert live.serving().label == three[2]
    with pytest.raises(ConfigError, match="serves already"):
        live.rollback(reason="r", who="ann", to=three[2])


def test_a_target_that_does_not_load_is_refused_and_what_runs_goes_on(live, three, registry):
    serve(live, three[0])
    damage(registry, three[1])
    with pytest.raises(DatasetError, match="damaged"):
        live.promote(three[1], reason="better", who="ann")
    assert live.serving().label == three[0]
    assert live.history()[-1].kind == "refused"
    assert "damaged" in live.history()[-1].reason
    live.promote(three[2], reason="better", who="ann")
    assert live.serving().label == three[2]


def test_a_target_that_loads_and_says_something_else_is_refused(live, three, registry):
    serve(live, *three[:2])
    path = registry.version(three[0]).path / "probe.json"
    told = json.loads(path.read_text())
    told["score"][0] = told["score"][0][::-1]
    told["score"][1] = [0.123, 0.877]
    path.write_text(json.dumps(told))
    with pytest.raises(DatasetError, match="probe rows differ"):
        live.rollback(reason="fog", who="ann")
    assert live.serving().label == three[1]


def test_a_rollback_to_what_does_not_load_leaves_the_running_one(live, three, registry):
    serve(live, *three)
    damage(registry, three[1])
    with pytest.raises(DatasetError, match="damaged"):
        live.rollback(reason="fog", who="ann")
    assert live.serving().label == three[2]
    live.rollback(reason="fog", who="ann", to=three[0])
    assert live.serving().label == three[0]


def test_a_canary_serves_its_share_and_a_growing_one_keeps_its_groups(live, three):
    serve(live, three[0])
    groups = [f"home{n}" for n in range(2000)]
    held = set()
    for share in (0.1, 0.3):
        live.promote(three[1], reason="try", who="ann", share=share)
        assert live.serving().label == three[0]
        assert (live.canary().version.label, live.canary().share) == (three[1], share)
        trial = {group for group, version in live.route(groups).items() if version.label == three[1]}
        five_errors = 5 * np.sqrt(share * (1 - share) / len(groups))
        assert abs(len(trial) / len(groups) - share) < five_errors
        assert held <= trial
        held = trial
    live.promote(three[2], reason="try", who="ann", share=0.3)
    other = {group for group, version in live.route(groups).items() if version.label == three[2]}
    assert len(held & other) < 0.5 * len(held)  # another trial asks other groups
    live.rollback(reason="no", who="ann")
    assert {one.label for one in live.route(groups).values()} == {three[0]}
    assert live.canary() is None


def test_a_canary_withdrawn_leaves_the_way_back_as_it_was(live, three):
    serve(live, *three[:2])
    live.promote(three[2], reason="try", who="ann", share=0.5)
    row = live.rollback(reason="no", who="ann")
    assert (row.from_version, row.to_version) == (three[2], three[1])
    live.rollback(reason="r", who="ann")
    assert live.serving().label == three[0]


def test_what_makes_no_sense_is_refused(live, three, registry):
    for share in (0.0, -0.1, 1.5):
        with pytest.raises(ConfigError, match="share"):
            live.promote(three[0], reason="r", who="ann", share=share)
    with pytest.raises(ConfigError, match="promote with share 1"):
        live.promote(three[0], reason="r", who="ann", share=0.5)
    serve(live, three[0])
    with pytest.raises(ConfigError, match="serves production already"):
        live.promote(three[0], reason="r", who="ann")
    other = registry.add(bundle(task="gate-window"))
    with pytest.raises(ConfigError, match="is no model of pump-window"):
        live.promote(other, reason="r", who="ann")
    with pytest.raises(ConfigError, match="must be canary or ab"):
        live.promote(three[1], reason="r", who="ann", share=0.5, kind="promote")
    assert len(live.history()) == 1


def verdict(registry, champion, challenger, *, promote=True):
    ids = [registry.version(label).model_id if label else None for label in (champion, challenger)]
    return Verdict("pump-window", *ids, promote, ("It says so.",))


def test_a_verdict_is_obeyed_and_kept(live, three, registry):
    first = verdict(registry, None, three[0])
    assert live.promote(three[0], reason="r", who="loop", verdict=first).verdict["promote"] is True
    with pytest.raises(ConfigError, match="stays challenger: It says so"):
        live.promote(three[1], reason="r", who="loop", verdict=verdict(registry, *three[:2], promote=False))
    assert live.history()[0].verdict["reasons"] == ["It says so."]
    assert len(live.history()) == 1


def test_a_verdict_about_other_models_is_refused(live, three, registry):
    serve(live, three[0])
    for stale in (verdict(registry, None, three[1]), verdict(registry, three[0], three[2])):
        with pytest.raises(ConfigError, match="judge again"):
            live.promote(three[1], reason="r", who="loop", verdict=stale)
    assert live.serving().label == three[0]


def test_of_two_that_deploy_at_once_one_wins(live, three, registry):
    serve(live, three[0])
    log = DeploymentLog(registry.url, "pump-window", "production")
    seen = log.rows()
    log.append("promote", registry.version(three[1]), seen=seen, who="ann", reason="r")
    with pytest.raises(StorageError, match="somebody else deployed"):
        log.append("promote", registry.version(three[2]), seen=seen, who="ben", reason="r")
    assert live.serving().label == three[1]


def test_targets_and_tasks_are_apart(live, three, registry):
    serve(live, three[0])
    other = ModelDeployment(registry, "pump-window", "staging")
    assert other.serving() is None
    other.promote(three[1], reason="r", who="ann")
    assert live.serving().label == three[0]


def outcomes(n, right, seed):
    return stream(seed, "deployment tests", "outcomes").random(n) < right


def test_a_worse_version_is_rolled_back_unasked(live, three):
    serve(live, *three[:2])
    row = live.auto_rollback(outcomes(400, 0.6, 1), outcomes(400, 0.8, 2))
    assert live.serving().label == three[0]
    assert row.who == "auto-rollback"
    assert row.verdict["promote"] is True
    assert "the version before is better" in row.reason


def test_a_worse_canary_is_withdrawn_and_a_good_one_left(live, three):
    serve(live, *three[:2])
    live.promote(three[2], reason="try", who="ann", share=0.1)
    assert live.auto_rollback(outcomes(400, 0.8, 1), outcomes(400, 0.6, 2)) is None
    assert live.canary().version.label == three[2]
    live.auto_rollback(outcomes(400, 0.6, 1), outcomes(400, 0.8, 2))
    assert live.canary() is None
    assert live.serving().label == three[1]


def test_equal_versions_are_rarely_rolled_back(live, three):
    """200 streams of 20 looks: the bound is alpha; 5 standard errors above it are 0.05 + 0.077."""
    from envirosense.learning.deployment.duel import looks

    fired = 0
    for seed in range(200):
        pair = outcomes(300, 0.8, 1000 + seed), outcomes(300, 0.8, 5000 + seed)
        fired += looks(*pair, at=range(15, 301, 15))[-1].promote
    assert fired / 200 <= 0.05


def test_a_rollback_is_fast(live, three):
    serve(live, *three)
    began_s = time.process_time()  # wall time is that of whatever else runs here
    live.rollback(reason="fog", who="ann")
    assert time.process_time() - began_s < 2.0


def test_state_ignores_a_refusal(live, three, registry):
    serve(live, three[0])
    rows = live.history()
    assert state_of([*rows, replace(rows[0], kind="refused", to_version=three[2])]) == state_of(rows)


def flip_for_ever(live, labels):
    try:
        while True:
            live.promote(labels[1], reason="r", who="x")
            live.rollback(reason="r", who="x")
    finally:
        os._exit(1)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_killed_anywhere_the_last_deployment_serves(live, three, registry):
    serve(live, three[0])
    for delay_s in stream(5, "deployment tests", "kill").uniform(0.0, 0.1, size=6):
        before = live.history()
        child = os.fork()
        if not child:
            flip_for_ever(live, three)
        until_s = time.monotonic() + 60
        while len(live.history()) == len(before) and time.monotonic() < until_s:
            time.sleep(0.01)
        time.sleep(delay_s)
        os.kill(child, signal.SIGKILL)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
        rows = live.history()
        assert rows[: len(before)] == before
        assert [one.step for one in rows] == list(range(1, len(rows) + 1))
        registry.tested(live.serving())
        if live.serving().label == three[1]:
            live.rollback(reason="clean", who="ann")
    assert len(live.history()) > 6


def test_a_rollback_loads_nothing_that_it_does_without():
    asked = "import sys, envirosense.learning.deployment.deployment; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert not {"numba", "scipy", "sklearn", "pandas"} & set(loaded.split())
