"""Every scenario keeps the contract, and the checks of the contract find what breaks it."""

from dataclasses import replace

import numpy as np
import pytest

from envirosense.scenarios import (
    SCENARIOS,
    BaseRate,
    BaseScenario,
    Category,
    Choice,
    Conditional,
    Discharge,
    Emission,
    EventSubtype,
    EventType,
    Follows,
    Forcing,
    Grading,
    Heating,
    Impact,
    Labels,
    LogUniform,
    Parameter,
    ParameterSpace,
    Uniform,
    WeatherChange,
    WoodFuel,
    active_only,
    graded_event,
    latched,
)
from envirosense.testing.scenarios import check_scenario

BOND = Grading(5.0, 300.0, (("warm", 0.0), ("hot", 30.0), ("charring", 250.0), ("glowing", 320.0)))


class Good(BaseScenario):
    """A loose bond heats a bracket and the wood behind it."""

    name = "good"
    description = "A loose bond"
    category = Category.FIRE
    difficulty_level = "unmeasured"
    expected_duration = 3600.0
    phases = BOND.stage_names
    limits = "none"
    rate = BaseRate(0.01, 3600.0, "assumed")
    space = ParameterSpace(
        {
            "power_w": Parameter(LogUniform(10.0, 100.0), "W", "heat", "assumed"),
            "fuel_g": Parameter(LogUniform(20.0, 150.0), "g", "wood", "assumed"),
            "onset": Parameter(Uniform(0.05, 0.4), "1", "start", "assumed"),
        }
    )

    def forcing(self, conditions, rng):
        grid = conditions.grid
        grown = np.clip((grid.t_s / grid.duration_s - self.number("onset")) / 0.2, 0.0, 1.0)
        power_w = self.number("power_w") * grown * rng.uniform(0.8, 1.2)
        wood = WoodFuel("neutral_bracket_wood", self.number("fuel_g"), 1.0)
        return Forcing(heatings=(Heating("neutral_bracket", power_w),), fuels=(wood,))

    def labels(self, forcing, response, grid):
        excess_k = response.component_k - response.healthy_k
        event = graded_event(
            excess_k, BOND, EventType.FIRE_PRECURSOR, EventSubtype.PYROLYSIS, "neutral_bracket",
            self.number("power_w"), "W", ignited=latched(excess_k >= 320.0), progress=response.converted,
        )  # fmt: skip
        return Labels(active_only([event]))


BUZZ = Grading(1.0, 100.0, (("buzzing", 0.0),))


class Buzz(BaseScenario):
    """Bursts of a gap discharge at a fence, and a blow when each begins."""

    name = "buzz"
    description = "A fence buzzes"
    category = Category.LOOKALIKE
    difficulty_level = "unmeasured"
    expected_duration = 3600.0
    phases = BUZZ.stage_names
    limits = "none"
    rate = BaseRate(1.0, 600.0, "assumed")
    tags = ("fence",)
    space = ParameterSpace(
        {
            "weather": Parameter(Choice(("wet", "dry"), (1.0, 3.0)), "1", "state", "assumed"),
            "gap_w": Parameter(
                Conditional("weather", {"wet": Uniform(20.0, 90.0), "dry": Uniform(0.1, 2.0)}),
                "W",
                "power of a burst",
                "assumed",
            ),
            "bursts": Parameter(Follows(Uniform(1.0, 6.0), "wind_m_s", 0.5), "1/h", "rate", "assumed"),
        }
    )

    def forcing(self, conditions, rng):
        grid = conditions.grid
        begins_s = np.sort(rng.uniform(0.0, grid.duration_s, rng.poisson(self.number("bursts"))))
        since_s = grid.t_s[:, None] - begins_s
        power_w = self.number("gap_w") * np.any((since_s >= 0.0) & (since_s < 300.0), axis=1)
        gap = Discharge("buzz_gap", (30.0, 5.0, 1.0), "gap", power_w, 100.0 * (power_w > 0.0), 1e-9)
        blows = tuple(Impact(float(t), 5.0, 0.01, 1.0, 90.0) for t in begins_s)
        return Forcing(discharges=(gap,), impacts=blows, states={"buzz_w": power_w})

    def labels(self, forcing, response, grid):
        event = graded_event(
            response.states["buzz_w"], BUZZ, EventType.BENIGN_SOURCE, EventSubtype.INSECTS, "fence",
            self.number("gap_w"), "W", at=(30.0, 5.0, 1.0),
        )  # fmt: skip
        return Labels(active_only([event]))


class Both(Good):
    """A composed scenario: two causes, whose events stand one after the other."""

    name = "both"
    space = ParameterSpace({**Good.space.parameters, **Buzz.space.parameters})
    phases = (*Good.phases, *Buzz.phases)
    n_causes = 2

    def parts(self):
        return [
            part({name: self.params.get(name) for name in part.space.parameters}) for part in (Good, Buzz)
        ]

    def causes(self, conditions, rng_of):
        return tuple(part.forcing(conditions, rng_of(part.name)) for part in self.parts())

    def all_labels(self, forcings, responses, grid):
        every = zip(self.parts(), forcings, responses, strict=True)
        return Labels(tuple(event for part, f, r in every for event in part.labels(f, r, grid).events))


class Steady(Buzz):
    """A fence that buzzes all the time: no order in time could change its event."""

    name = "steady"

    def forcing(self, conditions, rng):
        return Forcing(states={"buzz_w": np.full(conditions.grid.n, self.number("gap_w"))})


class Warmed(Good):
    """A component that answers to the weather, which the cause does not heat itself."""

    name = "warmed"

    def forcing(self, conditions, rng):
        warmer_k = np.full(conditions.grid.n, 20.0)
        return Forcing(weather=(WeatherChange(air_k=warmer_k),), acts_on="neutral_bracket")


class Calm(Buzz):
    """Nothing happens."""

    name = "calm"
    category = Category.NORMAL
    space = ParameterSpace({})

    def forcing(self, conditions, rng):
        return Forcing()

    def labels(self, forcing, response, grid):
        return Labels()


@pytest.mark.parametrize("scenario_id", list(SCENARIOS))
def test_every_registered_scenario_keeps_the_contract(scenario_id):
    check_scenario(SCENARIOS[scenario_id], scenario_id=scenario_id)


@pytest.mark.parametrize("scenario_class", [Good, Buzz, Both, Steady, Warmed, Calm])
def test_scenarios_of_every_kind_pass(scenario_class):
    check_scenario(scenario_class)


def test_a_wrong_id_is_found():
    with pytest.raises(AssertionError, match="register it as 'fire/good'"):
        check_scenario(Good, scenario_id="fire/better")


class Lopsided(Uniform):
    def __init__(self):
        super().__init__(20.0, 150.0)

    def quantile(self, share, given):
        return 200.0 if share == 1.0 else super().quantile(share, given)


class Weightless(Uniform):
    def __init__(self):
        super().__init__(20.0, 150.0)

    def log_density(self, value, given):
        return -np.inf


def parameter(**changes):
    spread = replace(Good.space.parameters["fuel_g"], **changes)
    return {"space": ParameterSpace({**Good.space.parameters, "fuel_g": spread})}


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"description": ""}, "description: write something"),
        ({"limits": None}, "set the class attribute 'limits'"),
        ({"category": "fire"}, "category: 'fire' is not of type"),
        ({"name": "Bad Name"}, "must be lower case letters"),
        ({"expected_duration": 0.0}, "longer than 0 s"),
        ({"phases": ("a", "a")}, "must be different names"),
        (parameter(unit=""), r"space\['fuel_g'\].unit: write it"),
        (parameter(source=" "), r"space\['fuel_g'\].source: write it"),
        (parameter(distribution=Conditional("onset", {"a": Uniform(0.0, 1.0)})), "must stand before it"),
        (parameter(distribution=Follows(Uniform(0.0, 1.0), "moon", 0.5)), "follows 'moon'; one of air_k"),
        (parameter(distribution=Lopsided()), "does not allow its own quantiles"),
        (parameter(distribution=Weightless()), "log_density of the drawn .* is -inf"),
        ({"rate": None}, "set the class attribute 'rate'"),
        ({"rate": BaseRate(0.0, 60.0, "assumed")}, "rate.per_pole_year: 0.0 must be above 0"),
        ({"rate": BaseRate(1.0, np.inf, "assumed")}, "rate.duration_s: inf must be above 0"),
        ({"rate": BaseRate(1.0, 60.0, " ")}, "rate.source: write it"),
        ({"version": 0}, "version: 0 must be 1 or more"),
        ({"tags": ("",)}, "tags: .* must be words"),
    ],
)
def test_a_bad_definition_is_found(attributes, words):
    with pytest.raises(AssertionError, match=words):
        check_scenario(type("Bad", (Good,), attributes))


class Careless(Good):
    def __init__(self, params):
        known = {name: value for name, value in params.items() if name in self.space.parameters}
        super().__init__({**self.space.draw(lambda name: np.random.default_rng(0)), **known})


class OwnWorstEnemy(Good):
    def __init__(self, params):
        if params["fuel_g"] < 60.0:
            self.space.check({})
        super().__init__(params)


class Global(Good):
    """Draws from a generator of the module."""

    own = np.random.default_rng(0)

    def forcing(self, conditions, rng):
        return super().forcing(conditions, self.own)


class Unrepeatable(Good):
    count = 0

    def forcing(self, conditions, rng):
        type(self).count += 1
        return super().forcing(conditions, np.random.default_rng(type(self).count))


def forcing_changed(change):
    class Changed(Good):
        def forcing(self, conditions, rng):
            forcing = super().forcing(conditions, rng)
            return replace(
                forcing, heatings=tuple(replace(h, power_w=change(h.power_w)) for h in forcing.heatings)
            )

    return Changed


def per_tick(power_w):
    return np.minimum(np.cumsum(power_w > 0), 300) * 1.0


class BlowPerTick(Buzz):
    def forcing(self, conditions, rng):
        grid = conditions.grid
        blows = tuple(Impact(float(t), 5.0, 0.01, 1.0, 90.0) for t in grid.t_s[rng.random(grid.n) < 0.1])
        return replace(super().forcing(conditions, rng), impacts=blows)


def emitting(**changes):
    class Emitting(Good):
        def forcing(self, conditions, rng):
            forcing = super().forcing(conditions, rng)
            power_w = forcing.heatings[0].power_w
            values = {"gas_g_s": {"carbon_monoxide": 1e-5 * power_w}, "at": (1.0, 0.0, 8.0)} | {
                name: change(power_w) if callable(change) else change for name, change in changes.items()
            }
            return replace(forcing, emissions=(Emission("good_gas", **values),))

    return Emitting


class Misplaced(Buzz):
    """An event somewhere, and nobody says where."""

    def labels(self, forcing, response, grid):
        found = super().labels(forcing, response, grid)
        return Labels(tuple(replace(event, at=None) for event in found.events))


class FarAway(Buzz):
    """An event beyond the world."""

    def labels(self, forcing, response, grid):
        found = super().labels(forcing, response, grid)
        return Labels(tuple(replace(event, at=(9e4, 0.0, 1.0)) for event in found.events))


class Loud(Buzz):
    """A look-alike that is labelled as badly as trouble."""

    def labels(self, forcing, response, grid):
        found = super().labels(forcing, response, grid)
        return Labels(tuple(replace(event, severity=0.9 * event.active) for event in found.events))


class Copying(Good):
    """Labels that copy the cause."""

    def labels(self, forcing, response, grid):
        excess_k = 4.0 * forcing.heatings[0].power_w
        return super().labels(forcing, replace(response, component_k=response.healthy_k + excess_k), grid)


class Remembering(Buzz):
    """Labels that need what `forcing` left behind."""

    def forcing(self, conditions, rng):
        forcing = super().forcing(conditions, rng)
        self.kept = forcing.states["buzz_w"]
        return forcing

    def labels(self, forcing, response, grid):
        kept = getattr(self, "kept", np.zeros(grid.n))
        return super().labels(forcing, replace(response, states={"buzz_w": kept}), grid)


class Guessing(Buzz):
    """Labels that are drawn."""

    def labels(self, forcing, response, grid):
        heard = response.states["buzz_w"] * np.random.default_rng().uniform(0.9, 1.1)
        return super().labels(forcing, replace(response, states={"buzz_w": heard}), grid)


class Reordering(Buzz):
    """Labels at the wrong ticks: sorted by size."""

    def labels(self, forcing, response, grid):
        ordered = np.sort(response.states["buzz_w"])
        return super().labels(forcing, replace(response, states={"buzz_w": ordered}), grid)


class HalfDeaf(Both):
    """The second of its events follows the parameters alone."""

    def all_labels(self, forcings, responses, grid):
        planted = replace(responses[1], states={"buzz_w": np.linspace(0.0, 50.0, grid.n)})
        return super().all_labels(forcings, (responses[0], planted), grid)


class Miscounting(Both):
    n_causes = 1


class Breathing(Buzz):
    """Labels that read the air, which is not stored for a cause without a component."""

    def labels(self, forcing, response, grid):
        if np.isnan(response.air_k).any():
            return Labels()
        return super().labels(forcing, response, grid)


class Orphaned(Good):
    def labels(self, forcing, response, grid):
        found = super().labels(forcing, response, grid)
        return Labels(tuple(event.with_parent(1) for event in found.events))


def labels_changed(**changes):
    class Changed(Good):
        def labels(self, forcing, response, grid):
            found = super().labels(forcing, response, grid)
            made = {name: change(grid.n) if callable(change) else change for name, change in changes.items()}
            return Labels(tuple(replace(event, **made) for event in found.events))

    return Changed


class Deaf(Good):
    """Labels that follow the parameters alone."""

    def labels(self, forcing, response, grid):
        full = np.ones(grid.n)
        flat = replace(response, component_k=700 * full, healthy_k=300 * full, converted=full)
        return super().labels(forcing, flat, grid)


class Summarising(Good):
    """Labels that follow a mean of the response, so its order in time is lost."""

    def labels(self, forcing, response, grid):
        mean = {
            name: np.full(grid.n, getattr(response, name).mean()) for name in ("component_k", "converted")
        }
        return super().labels(forcing, replace(response, **mean), grid)


class Silent(Good):
    def labels(self, forcing, response, grid):
        return Labels()


class Sensing(Good):
    def labels(self, forcing, response, grid, reading=None):
        return super().labels(forcing, response, grid)


class Peeking(Good):
    def get_ground_truth_labels(self, current_time_step, environment_3d_state):
        assert environment_3d_state.readings
        return super().get_ground_truth_labels(current_time_step, environment_3d_state)


class Terse(Good):
    def get_ground_truth_labels(self, current_time_step, environment_3d_state):
        return {"severity": 0.0}


class Hasty(Good):
    def is_completed(self, current_time_step, environment_3d_state):
        return current_time_step >= 100


class Endless(Good):
    def is_completed(self, current_time_step, environment_3d_state):
        return False


class Stepwise(Good):
    """Event that ends at the 150th tick whatever a tick is."""

    def labels(self, forcing, response, grid):
        found = super().labels(forcing, response, grid)
        early = np.arange(grid.n) < 150
        cut = [replace(event, active=event.active & early) for event in found.events]
        return Labels(active_only(cut))


@pytest.mark.parametrize(
    ("scenario_class", "words"),
    [
        (Careless, "accepts an unknown parameter"),
        (OwnWorstEnemy, "refuses parameters drawn from its own space"),
        (Unrepeatable, "differs for the same seed"),
        (Global, "differs for the same seed"),
        (BlowPerTick, "number of impacts changes by .* when the time step halves"),
        (emitting(at=(0.0, 0.0, -1.0)), "does not take the cause: good_gas.at=.*height must lie within"),
        (emitting(at=(9e3, 0.0, 1.0)), "does not take the cause: .*east and north of the pole"),
        (emitting(gas_g_s={}), "does not take the cause: .*name at least one gas"),
        (emitting(gas_g_s=lambda p: {"phlogiston": p}), "does not take the cause: .*phlogiston"),
        (emitting(heat_w=lambda p: p[::2]), r"heat_w has shape \(180,\); needs \(360, ...\)"),
        (emitting(heat_w=lambda p: p + np.inf), "heat_w is not finite"),
        (emitting(heat_w=lambda p: -p), "heat_w=.*must not fall below 0"),
        (Misplaced, "'fence' is no component of the pole; give its place `at`"),
        (FarAway, "the event's place: at=.*must lie within 3000 m"),
        (Loud, "a benign source reaches level 5"),
        (Copying, "reads forcing.heatings; it is empty when labels are made again"),
        (Remembering, "no event in 30 draws|made again from the stored response are others"),
        (Guessing, "differ for the same response"),
        (Reordering, "shuffled in time"),
        (HalfDeaf, "insects at fence is the same with and without a response"),
        (Miscounting, r"n_causes is 1, causes\(\) gives 2"),
        (Breathing, "made again from the stored response are others"),
        (Orphaned, "has the parent 1; use `active_only`"),
        (labels_changed(time_scale=0.0), "time_scale 0.0 must be above 0"),
        (forcing_changed(lambda power_w: power_w[:-1]), r"has shape \(359,\); needs \(360, ...\)"),
        (forcing_changed(lambda power_w: power_w * np.nan), "is not finite"),
        (forcing_changed(lambda power_w: power_w - 1.0), "power_w=.*must not fall below 0"),
        (forcing_changed(per_tick), "when the time step halves; write rates per second"),
        (labels_changed(severity=lambda n: np.full(n, 1.5)), "severity leaves 0..1"),
        (labels_changed(progress=lambda n: np.full(n, np.nan)), "progress leaves 0..1"),
        (labels_changed(severity=lambda n: np.zeros(n - 1)), "severity has shape"),
        (labels_changed(active=lambda n: np.ones(n)), "active must be an array of bool"),
        (labels_changed(active=lambda n: np.zeros(n, dtype=bool)), "must be left out of Labels"),
        (
            labels_changed(stage=lambda n: np.full(n, 5, dtype=np.int8)),
            r"stage must index stage_names, 0\.\.3",
        ),
        (labels_changed(stage=lambda n: np.zeros(n)), "stage must be an array of integers"),
        (labels_changed(stage_names=("glow",)), "not among the scenario's phases"),
        (labels_changed(ignited=lambda n: np.arange(n) >= 0), "before its onset"),
        (labels_changed(ignited=lambda n: np.arange(n) == 200), "goes back to False"),
        (labels_changed(component=""), "name the component"),
        (labels_changed(source_strength=-1.0), "source_strength"),
        (labels_changed(source_strength_unit=""), "write the unit"),
        (Silent, "no event in 30 draws, although"),
        (Deaf, "the same with and without a response"),
        (Summarising, "shuffled in time"),
        (Sensing, "may read only forcing, response and grid"),
        (Peeking, r"reads environment_3d_state\.readings"),
        (Terse, "needs event_type, is_anomaly and severity"),
        (Endless, "must turn true at expected_duration"),
        (Hasty, "here tick 60 of 60 s"),
        (Stepwise, "events start or end elsewhere"),
    ],
)
def test_a_broken_scenario_is_found(scenario_class, words):
    with pytest.raises(AssertionError, match=words):
        check_scenario(scenario_class)


def test_a_scenario_that_writes_into_its_input_is_found():
    class Greedy(Good):
        def labels(self, forcing, response, grid):
            np.maximum(response.component_k, 0.0, out=response.component_k)
            return super().labels(forcing, response, grid)

    with pytest.raises(ValueError, match="read-only"):
        check_scenario(Greedy)


def test_the_contract_needs_a_scenario():
    assert issubclass(Good, BaseScenario)
    check_scenario(Good, n_draws=1)
