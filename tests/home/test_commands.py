"""Commands before planted deeds: as often as before everything else that comes through Home Assistant."""

from functools import cache

import numpy as np

from envirosense.factory.request import EpisodeRequest
from envirosense.home.behaviour.commands import COMMANDS, with_commands
from envirosense.home.history import HomeHistory
from envirosense.home.log import EventKind, EventLog, Origin
from envirosense.home.model import Home
from envirosense.home.streams.contexts import contexts
from envirosense.home.twin import HomeTwin, history_of

KINDS = tuple(int(kind) for kind in COMMANDS)
DAYS = 40


@cache
def history() -> HomeHistory:
    spec = HomeTwin().draw("home/easy", EpisodeRequest(3, 4, 10, DAYS * 86_400.0, 900.0))
    return history_of(spec)


def asked(log: EventLog, planted: np.ndarray) -> tuple[int, int]:
    """Changes through Home Assistant, and those with a command before them."""
    rows = np.flatnonzero((log.kind == EventKind.STATE_CHANGED) & (log.origin == Origin.APP) & planted)
    cause = log.cause[rows]
    return rows.size, int(np.isin(log.kind[cause[cause >= 0]], KINDS).sum())


def test_planted_deeds_are_asked_for_as_often_as_all_others() -> None:
    made = history()
    is_planted = np.isin(made.log.entity, sorted(made.planted.reserved))
    share = sum(COMMANDS.values())
    for which in (is_planted, ~is_planted):
        n, n_asked = asked(made.log, which)
        assert n > 30
        assert abs(n_asked / n - share) < 5 * np.sqrt(share * (1 - share) / n)


def test_a_command_stands_just_before_its_deed_and_shares_its_context() -> None:
    made = history()
    log = made.log
    deeds = np.flatnonzero(
        np.isin(log.entity, sorted(made.planted.reserved)) & (log.kind == 0) & (log.cause >= 0)
    )
    deeds = deeds[np.isin(log.kind[log.cause[deeds]], KINDS)]
    commands = log.cause[deeds]
    assert deeds.size
    assert (log.t_us[deeds] - log.t_us[commands] == 1).all()
    assert (log.entity[deeds] == log.entity[commands]).all()
    assert (log.person[deeds] == log.person[commands]).all()
    context, _ = contexts(log)
    assert (context[deeds] == context[commands]).all()


def test_occurrences_still_name_their_trigger_and_their_deed() -> None:
    made = history()
    n_planted = len(made.planted.rules)
    found = made.occurrences
    done = np.flatnonzero((found.rule < n_planted) & (found.action >= 0))
    assert done.size > 50
    for at in done:
        rule, row = made.rules[found.rule[at]], found.action[at]
        assert made.log.entity[row] == rule.action_entity
        assert made.log.kind[row] == EventKind.STATE_CHANGED
        if found.trigger[at] >= 0 and rule.trigger_entity >= 0:
            assert made.log.entity[found.trigger[at]] == rule.trigger_entity


def test_nothing_is_asked_for_where_nothing_is_reserved(small_home: Home) -> None:
    log = history().log
    same, place = with_commands(log, small_home, frozenset(), 1)
    assert same.t_us is not None
    assert (place == np.arange(len(log))).all()
    assert (same.cause == log.cause).all()
