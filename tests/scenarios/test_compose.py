"""Composed scenarios: spaces, windows, causes and labels of several acts."""

from collections.abc import Mapping
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any, ClassVar, get_args, get_type_hints

import numpy as np
import pytest

from envirosense.core.errors import ConfigError
from envirosense.core.grid import TimeGrid
from envirosense.core.rng import stream
from envirosense.pole.scenarios.electrical.equipment_overheat import EquipmentOverheatScenario
from envirosense.pole.scenarios.fire.cellulose_pyrolysis import CellulosePyrolysisScenario
from envirosense.scenarios import (
    SCENARIOS,
    BaseRate,
    BaseScenario,
    Category,
    Choice,
    Conditional,
    Constraint,
    Emission,
    EventLabels,
    EventSubtype,
    EventType,
    Follows,
    Forcing,
    Grading,
    Heating,
    Impact,
    Labels,
    LineChange,
    Noise,
    Parameter,
    ParameterSpace,
    Response,
    Uniform,
    WeatherChange,
    graded_event,
)
from envirosense.scenarios import forcing as causes_module
from envirosense.scenarios.act_windows import OUTSIDE, SILENT_DB, Course, Window, placed
from envirosense.scenarios.compose import (
    ActOf,
    CompositeScenario,
    coincidence,
    in_sequence,
    merged,
)
from envirosense.testing.planted_world import (
    planted_conditions,
    planted_grid,
    planted_response,
    planted_responses,
)


class LeakScenario(BaseScenario):
    """A small source with a state, for tests."""

    name: ClassVar[str] = "leak"
    description: ClassVar[str] = "Something leaks"
    category: ClassVar[Category] = Category.FIRE
    difficulty_level: ClassVar[str] = "unmeasured"
    expected_duration: ClassVar[float] = 600.0
    phases: ClassVar[tuple[str, ...]] = ("weak", "strong")
    limits: ClassVar[str] = "Everything."
    rate: ClassVar[BaseRate] = BaseRate(0.5, 7200.0, "assumed")
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            "kind": Parameter(Choice(("slow", "fast")), "1", "how it leaks", "assumed"),
            "rate_g_s": Parameter(
                Conditional("kind", {"slow": Uniform(0.1, 0.2), "fast": Uniform(1.0, 2.0)}),
                "g/s",
                "flow",
                "assumed",
            ),
            "spare_g_s": Parameter(Follows(Uniform(0.0, 2.0), "wind_m_s", 0.5), "g/s", "spare", "assumed"),
        },
        (Constraint({"rate_g_s": 1.0, "spare_g_s": -1.0}, at_least=0.0),),
    )

    def forcing(self, conditions, rng):
        course = self.number("rate_g_s") * (np.arange(conditions.grid.n) >= conditions.grid.n // 2)
        course = course + 1e-3 * rng.random()
        at = conditions.place.towards(0.0, 10.0, 2.0)
        return Forcing(emissions=(Emission("plume", at, {"methane": course}),), states={"flow_g_s": course})

    def labels(self, forcing, response, grid):
        flow = response.states["flow_g_s"]
        grading = Grading(0.05, 2.0, (("weak", 0.0), ("strong", 1.0)))
        event = graded_event(
            flow, grading, EventType.FIRE_PRECURSOR, EventSubtype.SMOKE, "neutral_bracket", 1.0, "g/s"
        )
        return Labels((event,) if event.active.any() else ())


class WindyLeakScenario(LeakScenario):
    """A leak whose flow goes with the wind, in another range for each kind."""

    name: ClassVar[str] = "windy_leak"
    space: ClassVar[ParameterSpace] = ParameterSpace(
        {
            name: replace(found, distribution=Follows(found.distribution, "wind_m_s", 0.5))
            if name == "rate_g_s"
            else found
            for name, found in LeakScenario.space.parameters.items()
        }
    )


ID = "multi_factor/both"


def composed(acts: tuple[ActOf, ...], **more: Any) -> type[CompositeScenario]:
    attributes = {
        "name": "both",
        "description": "Two things",
        "category": Category.MULTI_FACTOR,
        "limits": "Everything.",
        "acts": acts,
    }
    return type("BothScenario", (CompositeScenario,), attributes | more)


def drawn(scenario: type[BaseScenario], seed: int = 0) -> BaseScenario:
    return scenario(scenario.space.draw(lambda name: stream(seed, "test", name)))


def streams(seed: int = 0) -> Any:
    return lambda name: stream(seed, "world", name)


LEAKS = (ActOf("first", LeakScenario), ActOf("second", LeakScenario, parent="first"))


def test_a_composed_space_has_every_parameter_under_its_act() -> None:
    space = composed(LEAKS).space
    assert set(space.parameters) == {
        f"{a}.{p}" for a in ("first", "second") for p in LeakScenario.space.parameters
    }
    assert [dict(c.weights) for c in space.constraints] == [
        {"first.rate_g_s": 1.0, "first.spare_g_s": -1.0},
        {"second.rate_g_s": 1.0, "second.spare_g_s": -1.0},
    ]


@pytest.mark.parametrize("seed", range(10))
def test_what_is_drawn_can_be_used(seed: int) -> None:
    scenario = drawn(composed(LEAKS), seed)
    for act in ("first", "second"):
        rate = scenario.number(f"{act}.rate_g_s")
        assert (rate > 0.5) == (scenario.text(f"{act}.kind") == "fast")
        assert rate >= scenario.number(f"{act}.spare_g_s")


def test_held_parameters_are_not_drawn_and_move_into_bounds() -> None:
    scenario = composed((ActOf("a", LeakScenario, fixed={"kind": "fast", "spare_g_s": 1.5}),))
    assert set(scenario.space.parameters) == {"a.rate_g_s"}
    assert all(1.5 <= drawn(scenario, seed).number("a.rate_g_s") <= 2.0 for seed in range(10))
    assert drawn(scenario).scenes["a"].text("kind") == "fast"


def test_tied_parameters_take_another_acts_value() -> None:
    tied = {"kind": "a.kind", "rate_g_s": "a.rate_g_s"}
    scenario = drawn(composed((ActOf("a", LeakScenario), ActOf("b", LeakScenario, tied=tied))))
    assert set(scenario.params) == {"a.kind", "a.rate_g_s", "a.spare_g_s", "b.spare_g_s"}
    assert scenario.scenes["b"].params["rate_g_s"] == scenario.params["a.rate_g_s"]


@pytest.mark.parametrize(
    ("acts", "says"),
    [
        ((ActOf("a", LeakScenario), ActOf("a", LeakScenario)), "two acts have this name"),
        ((ActOf("a", LeakScenario, parent="b"), ActOf("b", LeakScenario)), "parent of act a"),
        ((ActOf("a", LeakScenario, fixed={"kin": "fast"}),), "did you mean 'kind'"),
        ((ActOf("a", LeakScenario, fixed={"kind": "quick"}),), "one of slow, fast"),
        ((ActOf("a", LeakScenario, tied={"kind": "b.kind"}),), "tied to by act a"),
        (
            (ActOf("a", LeakScenario, tied={"kind": "b.kind"}), ActOf("b", LeakScenario)),
            "put that act first",
        ),
        (
            (ActOf("a", WindyLeakScenario, tied={"kind": "b.kind"}), ActOf("b", LeakScenario)),
            "put that act first",
        ),
        (
            (ActOf("a", LeakScenario, fixed={"kind": "slow", "rate_g_s": 0.1, "spare_g_s": 1.0}),),
            "must keep",
        ),
        (
            tuple(ActOf(n, EquipmentOverheatScenario, fixed={"component": "clamp_a"}) for n in ("x", "y")),
            "hold different components",
        ),
    ],
)
def test_acts_that_cannot_be_together_are_refused_with_the_class(acts: tuple[ActOf, ...], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        composed(acts)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"begin": 0.5, "end": 0.5}, "must rise"),
        ({"end": 1.5}, "must rise"),
        ({"name": "weather"}, "not weather"),
    ],
)
def test_an_act_needs_a_window_and_a_name(arguments: Mapping[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        ActOf(**({"name": "a", "scenario": LeakScenario} | dict(arguments)))


def test_two_faults_of_one_class_never_sit_on_one_component() -> None:
    faults = composed((ActOf("x", EquipmentOverheatScenario), ActOf("y", EquipmentOverheatScenario)))
    pairs = {(s.text("x.component"), s.text("y.component")) for s in (drawn(faults, i) for i in range(40))}
    assert len(pairs) == 6
    params = drawn(faults).params
    with pytest.raises(ConfigError, match="different"):
        faults(params | {"y.component": params["x.component"]})


def test_a_held_component_is_left_to_the_act_that_holds_it() -> None:
    held = ActOf("x", EquipmentOverheatScenario, fixed={"component": "clamp_a"})
    faults = composed((held, ActOf("y", EquipmentOverheatScenario)))
    assert {drawn(faults, i).text("y.component") for i in range(20)} == {"clamp_b", "clamp_c"}


def test_two_acts_that_burn_the_same_wood_are_refused() -> None:
    class OtherWoodScenario(CellulosePyrolysisScenario):
        name = "other_wood"

    fixed = {"component": "crossarm_bolt"}
    scenario = drawn(
        composed(
            tuple(ActOf(c.name, c, fixed=fixed) for c in (CellulosePyrolysisScenario, OtherWoodScenario))
        )
    )
    with pytest.raises(ConfigError, match=r"cellulose_pyrolysis and other_wood both use this wood"):
        scenario.causes(planted_conditions(planted_grid()), streams())


def test_parameters_kept_apart_differ() -> None:
    scenario = composed(LEAKS, apart=(("first.kind", "second.kind"),))
    assert all(
        drawn(scenario, i).text("first.kind") != drawn(scenario, i).text("second.kind") for i in range(10)
    )


def test_every_act_draws_from_streams_of_its_own() -> None:
    asked: list[str] = []

    def rng_of(name: str) -> np.random.Generator:
        asked.append(name)
        return stream(0, name)

    drawn(composed(LEAKS)).causes(planted_conditions(planted_grid()), rng_of)
    assert asked == [f"{ID}/first", f"{ID}/second"]


def test_an_act_may_be_composed_itself() -> None:
    inner = composed(LEAKS, name="inner")
    outer = composed((ActOf("pair", inner, begin=0.5), ActOf("last", LeakScenario)))
    asked: list[str] = []

    def rng_of(name: str) -> np.random.Generator:
        asked.append(name)
        return stream(0, name)

    scenario = drawn(outer)
    grid = planted_grid()
    forcings = scenario.causes(planted_conditions(grid), rng_of)
    assert asked == [f"{ID}/pair/first", f"{ID}/pair/second", f"{ID}/last"]
    assert [f.emissions[0].name for f in forcings] == ["pair.first.plume", "pair.second.plume", "last.plume"]
    assert scenario.n_causes == 3
    assert len(all_labels(scenario, forcings).events) == 3


def all_labels(scenario: BaseScenario, forcings: tuple[Forcing, ...]) -> Labels:
    grid = planted_grid()
    responses = [replace(Response.quiet(grid), states=forcing.states) for forcing in forcings]
    return scenario.all_labels((Forcing(),) * len(forcings), responses, grid)


def test_events_are_shifted_to_the_whole_episode_and_name_their_cause() -> None:
    grid = planted_grid()
    acts = (ActOf("first", LeakScenario, end=0.5), ActOf("second", LeakScenario, begin=0.5, parent="first"))
    scenario = drawn(composed(acts))
    forcings = scenario.causes(planted_conditions(grid), streams())
    events = all_labels(scenario, forcings).events
    assert [event.onset_s(grid) for event in events] == [0.25 * grid.duration_s, 0.75 * grid.duration_s]
    assert [event.clearance_s(grid) for event in events] == [0.5 * grid.duration_s, None]
    assert [event.parent for event in events] == [None, 0]
    assert [event.cause for event in events] == [0, 1]
    assert all(event.active.size == event.stage.size == event.severity.size == grid.n for event in events)


def test_what_began_earlier_has_no_later_cause() -> None:
    acts = (ActOf("late", LeakScenario, begin=0.5), ActOf("early", LeakScenario, parent="late"))
    scenario = drawn(composed(acts))
    late, early = all_labels(scenario, scenario.causes(planted_conditions(planted_grid()), streams())).events
    assert np.argmax(early.active) < np.argmax(late.active)
    assert early.parent is None


def test_a_parent_without_events_is_nobodys_cause() -> None:
    grid = planted_grid()
    acts = (ActOf("hot", EquipmentOverheatScenario), ActOf("leak", LeakScenario, parent="hot"))
    scenario = drawn(composed(acts))
    forcings = scenario.causes(planted_conditions(grid), streams())
    responses = [planted_response(grid, 0.0), replace(Response.quiet(grid), states=forcings[1].states)]
    (event,) = scenario.all_labels(forcings, responses, grid).events
    assert event.parent is None


def test_a_component_that_stays_hot_after_its_act_stays_labelled() -> None:
    grid = planted_grid()
    scenario = drawn(composed((ActOf("hot", EquipmentOverheatScenario, end=0.4),)))
    (event,) = scenario.all_labels((Forcing(),), [planted_response(grid, 100.0)], grid).events
    assert event.clearance_s(grid) > 0.9 * grid.duration_s


def test_an_act_meets_the_weather_of_its_window() -> None:
    grid = planted_grid()
    whole = planted_conditions(grid)
    own = Window.of(grid, 0.25, 0.5).conditions(replace(whole, hour_local=np.arange(grid.n, dtype=float)))
    assert own.grid.n == grid.n // 4
    assert own.grid.start_utc == grid.start_utc + (grid.end_utc - grid.start_utc) / 4
    assert own.hour_local[0] == grid.n // 4
    series = {f.name: getattr(own, f.name) for f in fields(own) if f.name not in ("grid", "place")}
    for name, values in series.items():
        arrays = (
            [values] if isinstance(values, np.ndarray) else [getattr(values, f.name) for f in fields(values)]
        )
        assert all(array.shape == (own.grid.n,) for array in arrays), name


def test_an_author_may_let_an_act_feel_those_before() -> None:
    class FeltScenario(CompositeScenario):
        name, description, category, limits = "felt", "Felt", Category.MULTI_FACTOR, "All."
        acts = LEAKS

        def act_conditions(self, act, conditions, earlier):
            seen[act.name] = len(earlier)
            return conditions

    seen: dict[str, int] = {}
    drawn(FeltScenario).causes(planted_conditions(planted_grid()), streams())
    assert seen == {"first": 0, "second": 1}


def test_what_flows_ends_with_its_act_and_damage_stays() -> None:
    window = Window(planted_grid(), 60, 120)
    ramp = np.linspace(2.0, 3.0, 60)
    forcing = Forcing(
        heatings=(Heating("clamp_a", ramp),),
        joints=(causes_module.JointResistance("clamp_a", ramp),),
        structures=(causes_module.Structure(stiffness_factor=ramp),),
        weather=(WeatherChange(air_k=ramp, wind_factor=ramp),),
        line=(LineChange(fault_current_a={1: np.ones((60, 3), complex)}),),
        noises=(Noise("hum", (0.0, 1.0, 1.0), np.zeros((60, 12))),),
        impacts=(Impact(5.0, 1.0, 0.01, 1.0, 0.0),),
        states={"arc_power_w": ramp, "contact_ohm": ramp},
    )
    out = placed(forcing, window, "act")

    def ends(values: Any) -> tuple[Any, Any]:
        assert values.shape[0] == window.grid.n
        return values[0], values[-1]

    assert ends(out.heatings[0].power_w) == (0.0, 0.0)
    assert ends(out.joints[0].resistance_ohm) == (2.0, 3.0)
    assert ends(out.structures[0].stiffness_factor) == (2.0, 3.0)
    assert out.structures[0].tilt_north_rad is None
    assert ends(out.weather[0].air_k) == (0.0, 0.0)
    assert ends(out.weather[0].wind_factor) == (1.0, 1.0)
    assert np.all(out.line[0].fault_current_a[1][[0, -1]] == 0.0)
    assert np.all(out.noises[0].power_level_db[[0, -1]] == SILENT_DB)
    assert out.noises[0].name == "act.hum"
    assert out.impacts[0].at_s == 5.0 + 600.0
    assert ends(out.states["arc_power_w"]) == (2.0, 2.0)
    assert ends(out.states["contact_ohm"]) == (2.0, 3.0)
    assert np.array_equal(out.heatings[0].power_w[60:120], ramp)


@pytest.mark.parametrize("scenario_id", list(SCENARIOS))
def test_labels_of_a_scenario_do_not_change_when_time_goes_on(scenario_id: str) -> None:
    """The contract that lets an act be labelled to the episode's end: a later tick changes no earlier one."""
    own, whole = planted_grid(dt_s=60.0), planted_grid(5400.0, 60.0)
    window = Window(whole, 0, own.n)
    for seed in range(2):
        scenario = drawn(SCENARIOS[scenario_id], seed)
        forcings = scenario.causes(planted_conditions(own), streams(seed))
        answers = planted_responses(forcings, own, 500.0)
        longer = [
            continued(answer, placed(forcing, window, "act"), whole)
            for forcing, answer in zip(forcings, answers, strict=True)
        ]
        nothing = (Forcing(),) * len(forcings)
        before = scenario.all_labels(nothing, answers, own).events
        after = scenario.all_labels(nothing, longer, whole).events
        for event in before:
            assert any(goes_on(event, other, own.n) for other in after), event.event_subtype


def continued(answer: Response, forcing: Forcing, grid: TimeGrid) -> Response:
    """An answer that goes on as it ended, with the states that the act leaves."""
    held = {
        f.name: np.concatenate([values, np.full(grid.n - values.size, values[-1])])
        for f in fields(answer)
        if isinstance(values := getattr(answer, f.name), np.ndarray)
    }
    return replace(answer, **held, states={k: np.asarray(v, np.float64) for k, v in forcing.states.items()})


def goes_on(event: EventLabels, other: EventLabels, n: int) -> bool:
    """Whether two events are the same in the first ticks."""
    same = (event.event_type, event.event_subtype, event.component) == (
        other.event_type,
        other.event_subtype,
        other.component,
    )
    courses = ("active", "stage", "severity", "progress", "ignited")
    pairs = ((getattr(event, name), getattr(other, name)[:n]) for name in courses)
    on = event.active
    return same and all(np.allclose(a[on], b[on]) for a, b in pairs) and np.array_equal(on, other.active[:n])


def cause_types() -> dict[str, type[Any]]:
    hints = get_type_hints(Forcing, vars(causes_module))
    return {
        f.name: get_args(hints[f.name])[0] for f in fields(Forcing) if f.name not in ("acts_on", "states")
    }


@pytest.mark.parametrize("cause", [pytest.param(c, id=c.__name__) for c in cause_types().values()])
def test_every_field_of_every_cause_has_a_rule_for_outside_its_window(cause: type[Any]) -> None:
    rules = OUTSIDE[cause]
    assert set(rules) == {f.name for f in fields(cause)}
    for f in fields(cause):
        over_time = any(kind in str(f.type) for kind in ("Array", "Flags", "Phasors"))
        assert isinstance(rules[f.name], Course) == over_time


def test_a_placed_cause_in_the_whole_episode_is_the_same() -> None:
    grid = planted_grid()
    forcing = drawn(LeakScenario).forcing(planted_conditions(grid), stream(0, "x"))
    out = placed(forcing, Window.of(grid, 0.0, 1.0), "act")
    assert np.array_equal(out.emissions[0].gas_g_s["methane"], forcing.emissions[0].gas_g_s["methane"])


@pytest.mark.parametrize("gap", [0.0, 0.1])
def test_acts_in_sequence_fill_the_episode(gap: float) -> None:
    acts = in_sequence(*(ActOf(n, LeakScenario) for n in "abc"), gap=gap)
    assert acts[0].begin == 0.0
    assert acts[-1].end == pytest.approx(1.0)
    assert [b.begin - a.end for a, b in pairwise(acts)] == pytest.approx([gap, gap])
    assert len({round(act.end - act.begin, 12) for act in acts}) == 1


def test_gaps_must_leave_time() -> None:
    with pytest.raises(ConfigError, match="gap"):
        in_sequence(*LEAKS, gap=1.0)


def test_independent_happenings_meet_as_often_as_chance_says() -> None:
    one, other = BaseRate(20.0, 8 * 3600.0, "x"), BaseRate(50.0, 3 * 3600.0, "x")
    rng, year_s, years = np.random.default_rng(1), 365.25 * 86_400.0, 20_000
    starts_s = [
        np.sort(rng.uniform(0.0, years * year_s, rng.poisson(rate.per_pole_year * years)))
        for rate in (one, other)
    ]
    meetings = 0
    for mine_s, his_s, rate in ((*starts_s, other), (*starts_s[::-1], one)):
        since_s = mine_s - his_s[np.maximum(np.searchsorted(his_s, mine_s) - 1, 0)]
        meetings += int(np.sum((since_s >= 0.0) & (since_s < rate.duration_s)))
    rate = coincidence([one, other])
    expected = rate.per_pole_year * years
    # 2 %: in the simulation one process may also be under way twice at once
    assert meetings == pytest.approx(expected, abs=5.0 * np.sqrt(expected) + 0.02 * expected)
    assert rate.duration_s == pytest.approx(1.0 / (1.0 / (8 * 3600) + 1.0 / (3 * 3600)))


def test_a_look_at_all_causes_is_one_forcing() -> None:
    scenario = drawn(composed(LEAKS))
    looks = [scenario.forcing(planted_conditions(planted_grid()), stream(3, "look")) for _ in range(2)]
    assert [e.name for e in looks[0].emissions] == ["first.plume", "second.plume"]
    assert set(looks[0].states) == {"0.flow_g_s", "1.flow_g_s"}
    first, second = (look.emissions[1].gas_g_s["methane"] for look in looks)
    assert np.array_equal(first, second)
    assert merged(()).is_empty


def test_labels_of_one_answer_are_refused() -> None:
    scenario = drawn(composed(LEAKS))
    grid = planted_grid()
    with pytest.raises(TypeError, match="call all_labels"):
        scenario.labels(Forcing(), Response.quiet(grid), grid)


def test_what_an_author_does_not_write_comes_from_the_acts() -> None:
    scenario = composed(LEAKS)
    assert scenario.phases == ("weak", "strong")
    assert scenario.expected_duration == 600.0
    assert not scenario.needs_transformer
    assert scenario.rate.per_pole_year < LeakScenario.rate.per_pole_year
    assert composed(LEAKS, expected_duration=60.0).expected_duration == 60.0
