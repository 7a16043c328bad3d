"""One episode of the pole: world, scenario and device, written to a sink block by block."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.errors import ConfigError
from envirosense.core.protocols import Sink, wanted
from envirosense.instruments.configuration import SensorConfiguration
from envirosense.pole import device_streams as d
from envirosense.pole import streams as s
from envirosense.pole import world_streams as w
from envirosense.pole.bands import BANDS, Bands
from envirosense.pole.columns import batch
from envirosense.pole.device_causes import with_planted_faults
from envirosense.pole.fault_observability import Sight, sight_of_cause
from envirosense.pole.guardian import GuardianBlock, VirtualGridGuardian
from envirosense.pole.observability import observe_event
from envirosense.pole.picture.view import shown_component
from envirosense.pole.regimes import regimes_batch
from envirosense.pole.site import Site
from envirosense.pole.weather_ref import WeatherRef, weather_year
from envirosense.pole.world import EnvironmentOrchestrator
from envirosense.scenarios import Category, EventLabels, Labels, Response
from envirosense.scenarios.definition import scenario_of

MASK_SHARE = 0.1  # share of a pixel from which it counts as the event's


class EpisodeRun:
    """A spec being simulated; write the blocks in order, then the causes."""

    def __init__(self, spec: EpisodeSpec) -> None:
        """Set the world up with the scenario's cause in it."""
        self.spec = spec
        self.site = Site.parse(spec.site, "site")
        year = weather_year(WeatherRef.parse(spec.weather, "weather"))
        self.world = EnvironmentOrchestrator(self.site, year, spec.grid, spec.world_seed)
        self.scenario = scenario_of(spec)
        self.forcings = self.scenario.causes(self.world.conditions, self.world.scenario_rng)
        self._forcing_ids = [self.world.add(forcing) for forcing in self.forcings]
        self.configuration = SensorConfiguration.parse(spec.sensing, "sensing")
        require_one_camera(self.configuration)
        planted = with_planted_faults(self.configuration, self.forcings)
        self.device = VirtualGridGuardian(planted, spec.sensing_seed)
        self._described = self._describe()
        self.device.couple(self.world)
        self._schemas = {
            (role, stream): d.readings_schema(self.device, stream, role)
            for role in ("reading", *(("ideal",) if self.configuration.ideal_stream else ()))
            for stream in self.device.streams
        }
        self._status_schema = d.status_schema(self.device)
        self._sights: dict[int, Sight] = {}
        is_normal = self.scenario.category is Category.NORMAL
        self._bands = Bands.of(self.device, spec.grid.dt_s) if is_normal else None

    @cached_property
    def responses(self) -> tuple[Response, ...]:
        """The world's answer to each cause."""
        return tuple(self.world.response(forcing_id) for forcing_id in self._forcing_ids)

    @cached_property
    def labels(self) -> Labels:
        """Events of the episode."""
        return self.scenario.all_labels(self.forcings, self.responses, self.spec.grid)

    def write_block(self, first: int, stop: int, out: Sink) -> None:
        """Sense the ticks `first` to before `stop` and write what is known of them."""
        state = self.world.state(first, stop)
        ticks = np.arange(first, stop)
        block = self.device.observe(state)
        self._write_readings(ticks, block, out)
        for name, frames in block.frames.items():
            out.write("thermal", d.frames_batch(d.frames_schema(self.device.cameras[name].camera), frames))
        at = self.site.device_position_m
        _write_one(out, "truth", lambda: w.truth_batch(ticks, state, at))
        _write_one(out, "fields", lambda: w.fields_batch(ticks, state, at))
        _write_one(out, "components", lambda: self._components(first, stop))
        _write_one(out, "regimes", lambda: regimes_batch(self.world, first, stop))
        if self._bands is not None and wanted(out, "bands"):
            self._bands.add(ticks, block)

    def _write_readings(self, ticks: npt.NDArray[np.int64], block: GuardianBlock, out: Sink) -> None:
        """Readings, ideal ones, status and waveforms of one block."""
        for stream, names in self.device.streams.items():
            found = [(self.device.sensors[name], block.readings[name]) for name in names]
            schema = self._schemas["reading", stream]
            out.write(stream, d.readings_batch(schema, ticks, ((x, b.reading) for x, b in found)))
            if self.configuration.ideal_stream:
                schema, name = self._schemas["ideal", stream], ideal_name(stream)
                out.write(name, d.readings_batch(schema, ticks, ((x, b.ideal) for x, b in found)))
        if self.configuration.status_stream and self.device.sensors:
            _write_one(out, "status", lambda: d.status_batch(self._status_schema, ticks, block, self.device))
        if block.windows:
            out.write("waveforms", d.waveforms_batch(block))

    def write_causes(self, out: Sink) -> None:
        """Write response, events, labels, observability, masks and the state of the stages."""
        _write_one(out, "strikes", lambda: w.strikes_batch(self.world.state(0, self.spec.grid.n).strikes()))
        answered = [(i, r) for i, r in enumerate(self.responses) if np.isfinite(r.component_k[0])]
        _write(out, "response", s.RESPONSE, (s.response_batch(i, r) for i, r in answered))
        stated = [(i, r.states) for i, r in enumerate(self.responses) if r.states]
        _write(out, "states", s.STATES, (s.states_batch(i, states) for i, states in stated))
        _write_one(out, "sensor_faults", lambda: d.faults_batch(self.device))
        _write(out, "bands", BANDS, (bands.rows() for bands in (self._bands,) if bands is not None))
        events = list(enumerate(self.labels.events))
        _write(out, "events", s.EVENTS, (self._event(i, event) for i, event in events))
        _write(out, "labels", s.LABELS, (s.labels_batch(i, e, self.spec.grid) for i, e in events))
        _write(out, "observability", s.OBSERVABILITY, (self.observed(i, e) for i, e in events))
        _write(out, "masks", s.MASKS, (self._masks(i, e) for i, e in events if self.device.cameras))
        if self.configuration.stages_stream:
            _write_one(out, "stages", self._stages)

    def summary(self) -> EpisodeSummary:
        """What the episode reports about itself."""
        n_events, hottest_k = len(self.labels.events), self._hottest_k()
        facts: dict[str, Any] = {"n_events": n_events, "hottest_component_k": hottest_k}
        if self.world.clamps:
            facts["clamped"] = self.world.clamps
        return EpisodeSummary(episode_id=self.spec.episode_id, facts=facts)

    def _hottest_k(self) -> float:
        """Greatest temperature at any tick [K]; linear between steps, so at a step or at the last tick."""
        n = self.spec.grid.n
        steps = np.arange(1 + (n - 1) // self.world.component_step_ticks)
        last_k = self.world.state(n - 1, n).component_k()
        return float(max(self.world.step_component_k(steps).max(), last_k.max()))

    def _components(self, first: int, stop: int) -> pa.RecordBatch:
        every = self.world.component_step_ticks
        ticks = np.arange(-(-first // every) * every, stop, every)
        table_k = self.world.step_component_k(ticks // every)
        names = self.world.component_names
        columns = {f"{name}_k": table_k[:, i].astype(np.float32) for i, name in enumerate(names)}
        return batch(w.components_schema(names), {"tick": ticks} | columns)

    def _event(self, event_id: int, event: EventLabels) -> pa.RecordBatch:
        grid = self.spec.grid
        at = event.at or self.site.component_positions[event.component]
        distance_m = float(np.linalg.norm(np.subtract(at, self.site.device_position_m)))
        ignition_s = event.ignition_s(grid)
        row = {
            "event_id": event_id,
            "event_type": event.event_type.value,
            "event_subtype": event.event_subtype.value,
            "category": self.scenario.category.value,
            "component": event.component,
            "level": int(event.level[event.active].max()),
            "onset_s": event.onset_s(grid),
            "peak_s": event.peak_s(grid),
            "clearance_s": event.clearance_s(grid),
            "ignition_s": ignition_s,
            "ignition_observed": ignition_s is not None,
            "x_m": at[0],
            "y_m": at[1],
            "z_m": at[2],
            "distance_m": distance_m,
            "source_strength": event.source_strength,
            "source_strength_unit": event.source_strength_unit,
            "parent_event_id": event.parent,
            "time_scale": event.time_scale,
        }
        return batch(s.EVENTS, {name: [value] for name, value in row.items()})

    def observed(self, event_id: int, event: EventLabels) -> pa.RecordBatch:
        """What each sensor could see of one event, a row per sensor."""
        sight = self._sight(event)
        seen = observe_event(sight.snr, sight.limit_snr, event.active, self.spec.grid, sight.is_told)
        return s.observability_batch(event_id, seen)

    def seen_ticks(self, event: EventLabels) -> dict[str, npt.NDArray[np.bool_]]:
        """Ticks of one event at which each sensor could see it, (time,) by sensor."""
        ticks = self._sight(event).detectable_ticks(self.spec.grid.dt_s)
        return {name: event.active & seen for name, seen in ticks.items()}

    def _sight(self, event: EventLabels) -> Sight:
        if event.cause not in self._sights:
            self._sights[event.cause] = sight_of_cause(self.device, self.world, event.cause)
            self.world.forget_without(event.cause)
        return self._sights[event.cause]

    def _masks(self, event_id: int, event: EventLabels) -> pa.RecordBatch:
        """Pixels of the component it happens to; none where it happens away from what the picture shows."""
        shown = {event.component, f"{event.component}_wood"} if event.at is None else set()
        masks = []
        for camera in self.device.cameras.values():
            seen, _ = self.world.state(0, 1).view(camera.camera)
            bodies = [i for i, name in enumerate(seen.components) if shown_component(name) in shown]
            masks.append(seen.weights[:, bodies].sum(axis=1) >= MASK_SHARE)
        columns = {
            "event_id": [event_id] * len(masks),
            "sensor_id": list(self.device.cameras),
            "n_pixels": [int(mask.sum()) for mask in masks],
            "mask": [np.packbits(mask).tobytes() for mask in masks],
        }
        return batch(s.MASKS, columns)

    def _describe(self) -> dict[str, dict[str, Any]]:
        scalars = self.device.scalar_sensors
        described = {name: dict(x.describe(self.device.memories[name])) for name, x in scalars.items()}
        return described | {name: self.device.describe_camera(name) for name in self.device.cameras}

    def _stages(self) -> pa.RecordBatch:
        after = self._describe()
        return s.stages_batch((name, self._described[name], after[name]) for name in self.device.sensors)


def ideal_name(stream: str) -> str:
    """Stream of the ideal readings that belong to a stream of readings."""
    return "ideal" if stream == "readings" else f"ideal_{stream}"


def require_one_camera(configuration: SensorConfiguration) -> None:
    """Refuse a device whose frames could not be told apart.

    Raises:
        ConfigError: if it has more than one camera.
    """
    cameras = [c.sensor_id for c in configuration.sensors if c.sensor_type == "thermal_camera"]
    if len(cameras) > 1:
        raise ConfigError("sensors", cameras, "keep one thermal camera: its stream does not name it")


def _write_one(out: Sink, stream: str, make: Callable[[], pa.RecordBatch]) -> None:
    if wanted(out, stream):
        out.write(stream, make())


def _write(out: Sink, stream: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    """Write batches, each made when it is its turn; an empty one where there is none."""
    if not wanted(out, stream):
        return
    for rows in tuple(batches) or (pa.RecordBatch.from_pylist([], schema=schema),):
        out.write(stream, rows)
