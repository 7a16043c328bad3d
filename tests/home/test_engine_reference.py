"""The engine against one in plain Python, on small random cases."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from envirosense.home.behaviour.stimuli import Stimuli
from envirosense.home.engine.rules import Condition, Rule
from envirosense.home.engine.run import Outages, run_rules
from tests.home.engine_cases import (
    AUTOMATION,
    SCRIPT,
    SECOND_US,
    A,
    B,
    C,
    D,
    Plain,
    events_of,
    found_of,
    plain_days,
    switches,
)

ON, OFF = 1, 0
ENTITIES = st.sampled_from([A, B, C, D])
RULES = st.builds(
    Rule,
    name=st.just(""),
    is_habit=st.booleans(),
    trigger_entity=st.sampled_from([A, B, C, D, SCRIPT]),
    trigger_code=st.just(ON) | st.sampled_from([ON, OFF]),
    action_entity=st.sampled_from([A, B, C, D, SCRIPT]),
    action_code=st.just(ON) | st.sampled_from([ON, OFF]),
    conditions=st.lists(st.builds(Condition, ENTITIES, st.sampled_from([ON, OFF])), max_size=1).map(tuple),
    delay_s=st.sampled_from([0.0, 1.0, 7.0, 30.0]),
    revert_s=st.sampled_from([float("nan"), 10.0, 45.0]),
)
WISHES = st.lists(
    st.tuples(st.integers(0, 200), ENTITIES, st.sampled_from([ON, OFF]), st.sampled_from([0, 1, 2])),
    max_size=30,
)
OUTAGES = st.lists(st.tuples(ENTITIES, st.integers(0, 100), st.integers(1, 60)), max_size=2)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(RULES, st.booleans()), max_size=6), WISHES, OUTAGES)
def test_plain_python_says_the_same(
    drawn: list[tuple[Rule, bool]],
    wishes: list[tuple[int, int, int, int]],
    silent: list[tuple[int, int, int]],
) -> None:
    rules = [
        replace(rule, name=str(at), automation_entity=AUTOMATION if is_named and not rule.is_habit else -1)
        for at, (rule, is_named) in enumerate(drawn)
    ]
    wishes = sorted(wishes, key=lambda one: one[0])
    outages = [(one, start * SECOND_US, (start + long) * SECOND_US) for one, start, long in silent]
    plain = Plain(rules, 5, outages, dict.fromkeys(range(9), 0))
    plain.run([(t * SECOND_US, *rest) for t, *rest in wishes])  # type: ignore[misc]
    columns = np.array(wishes, dtype=np.int64).reshape(-1, 4)
    stimuli = Stimuli.of(columns[:, 0] * SECOND_US, columns[:, 1], columns[:, 2], columns[:, 3])
    log, occurrences = run_rules(
        switches(),
        rules,
        stimuli,
        plain_days(),
        1,
        1,
        outages=Outages(*np.array(outages, dtype=np.int64).reshape(-1, 3).T),
        commands={},
        max_chain=5,
    )
    assert events_of(log) == plain.events
    assert found_of(occurrences) == [tuple(one) for one in plain.found]
