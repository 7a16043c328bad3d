"""Occurrences of planted patterns: by event id, at their planted share."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from envirosense.home.engine.rules import Outcome
from envirosense.home.patterns.occurrences_of import pattern_occurrences, realised


def test_every_done_occurrence_names_its_trigger_and_its_action(lived_in: Callable[..., Any]) -> None:
    lived = lived_in()
    found = pattern_occurrences(lived.planted, lived.log, lived.occurrences)
    done = found.outcome == Outcome.DONE
    assert done.sum() > 100
    for one in lived.planted.patterns:
        for place, link in enumerate(one.links):
            mine = done & (found.pattern == one.number) & (found.link == place)
            assert (lived.log.entity[found.action[mine]] == link.action_entity).all()
            assert (lived.log.code[found.action[mine]] == link.action_code).all()
            if link.trigger_entity >= 0:
                assert (lived.log.entity[found.trigger[mine]] == link.trigger_entity).all()
    assert (found.delay_s[done] >= 0.0).all()
    assert np.isnan(found.delay_s[found.outcome == Outcome.LEFT]).all()


def test_planted_shares_are_reproduced(lived_in: Callable[..., Any]) -> None:
    # All patterns of eight homes together: n > 5,000 draws, so .03 is more than five standard errors.
    followed = expected = n = 0.0
    for seed in range(8):
        lived = lived_in(seed=seed)
        found = pattern_occurrences(lived.planted, lived.log, lived.occurrences)
        for one, counted in zip(lived.planted.patterns, realised(lived.planted, found), strict=True):
            n += counted.n_triggers
            followed += counted.n_followed
            expected += counted.n_triggers * one.links[0].probability
            if counted.n_triggers:
                error = np.sqrt(0.25 / counted.n_triggers)
                assert abs(counted.share - one.links[0].probability) < 5.0 * error
    assert n > 5000
    assert abs(followed - expected) / n < 0.03


def test_rules_before_the_planted_ones_are_counted_past(lived_in: Callable[..., Any]) -> None:
    lived = lived_in()
    moved = replace(lived.occurrences, rule=lived.occurrences.rule + 5)
    first = pattern_occurrences(lived.planted, lived.log, lived.occurrences)
    again = pattern_occurrences(lived.planted, lived.log, moved, first_rule=5)
    np.testing.assert_array_equal(first.pattern, again.pattern)
    np.testing.assert_array_equal(first.action, again.action)


def test_what_was_meant_but_no_longer_allowed_counts_as_followed(lived_in: Callable[..., Any]) -> None:
    # Who opens the front door and is gone before the delay is over meant to all the same.
    lived = lived_in()
    one = next(n for n, rule in enumerate(lived.planted.rules) if rule.pattern >= 0 and rule.delay_s > 0.0)
    found = lived.occurrences
    row = np.flatnonzero((found.rule == one) & (found.outcome == Outcome.DONE))[0]
    outcome, due_us = found.outcome.copy(), found.due_us.copy()
    outcome[row] = Outcome.NOT_ALLOWED
    late = replace(found, outcome=outcome)
    due_us[row] = found.trigger_us[row]
    at_once = replace(late, due_us=due_us)
    n = [
        pattern_occurrences(lived.planted, lived.log, each).is_followed.sum()
        for each in (found, late, at_once)
    ]
    assert n == [n[0], n[0], n[0] - 1]
