"""One episode of the pole: world, scenario and device, written to a sink block by block."""

from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.errors import ConfigError
from envirosense.core.protocols import EpisodeReader, Sink
from envirosense.instruments.configuration import SensorConfiguration
from envirosense.pole import streams as s
from envirosense.pole import world_streams as w
from envirosense.pole.columns import batch
from envirosense.pole.guardian import VirtualGridGuardian
from envirosense.pole.observability import excess_snr, observe_event
from envirosense.pole.picture.view import shown_component
from envirosense.pole.regimes import regimes_batch
from envirosense.pole.site import Site
from envirosense.pole.weather_ref import WeatherRef, weather_year
from envirosense.pole.world import EnvironmentOrchestrator
from envirosense.scenarios import SCENARIOS, EventLabels, Labels, Response

MASK_SHARE = 0.1  # share of a pixel from which it counts as the event's


class EpisodeRun:
    """A spec being simulated; write the blocks in order, then the causes."""

    def __init__(self, spec: EpisodeSpec) -> None:
        """Set the world up with the scenario's cause in it."""
        self.spec = spec
        self.site = Site.parse(spec.site, "site")
        year = weather_year(WeatherRef.parse(spec.weather, "weather"))
        self.world = EnvironmentOrchestrator(self.site, year, spec.grid, spec.world_seed)
        self.scenario = SCENARIOS[spec.scenario](spec.params)
        self.forcing = self.scenario.forcing(
            self.world.conditions, self.world.scenario_rng(self.scenario.scenario_id)
        )
        self.forcing_id = self.world.add(self.forcing)
        self.configuration = SensorConfiguration.parse(spec.sensing, "sensing")
        require_one_camera(self.configuration)
        self.device = VirtualGridGuardian(self.configuration, spec.sensing_seed)
        self._described = self._describe()
        self._readings_schema = s.readings_schema(self.device, "reading")
        self._ideal_schema = s.readings_schema(self.device, "ideal")

    @cached_property
    def response(self) -> Response | None:
        """The world's answer to the cause; None without one."""
        return self.world.response(self.forcing_id) if self.forcing.component else None

    @cached_property
    def labels(self) -> Labels:
        """Events of the episode."""
        return self.scenario.labels(self.forcing, self.response, self.spec.grid)

    def write_block(self, first: int, stop: int, out: Sink) -> None:
        """Sense the ticks `first` to before `stop` and write what is known of them."""
        state = self.world.state(first, stop)
        ticks = np.arange(first, stop)
        block = self.device.observe(state)
        if self.device.scalar_sensors:
            reading = {name: b.reading for name, b in block.readings.items()}
            out.write("readings", s.readings_batch(self._readings_schema, ticks, reading, self.device))
            if self.configuration.ideal_stream:
                ideal = {name: b.ideal for name, b in block.readings.items()}
                out.write("ideal", s.readings_batch(self._ideal_schema, ticks, ideal, self.device))
        for frames in block.frames.values():
            out.write("thermal", s.frames_batch(frames))
        at = self.site.device_position_m
        out.write("truth", w.truth_batch(ticks, state, at))
        out.write("fields", w.fields_batch(ticks, state, at))
        out.write("components", self._components(first, stop))
        out.write("regimes", regimes_batch(self.world, first, stop))

    def write_causes(self, out: Sink) -> None:
        """Write response, events, labels, observability, masks and the state of the stages."""
        out.write("strikes", w.strikes_batch(self.world.state(0, self.spec.grid.n).strikes()))
        responses = [] if self.response is None else [s.response_batch(0, self.response)]
        _write(out, "response", s.RESPONSE, responses)
        events = list(enumerate(self.labels.events))
        _write(out, "events", s.EVENTS, [self._event(i, event) for i, event in events])
        _write(out, "labels", s.LABELS, [s.labels_batch(i, e, self.spec.grid) for i, e in events])
        _write(out, "observability", s.OBSERVABILITY, [self._observability(i, e) for i, e in events])
        _write(out, "masks", s.MASKS, [self._masks(i, e) for i, e in events if self.device.cameras])
        if self.configuration.stages_stream:
            _write(out, "stages", s.STAGES, [self._stages()])

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
        at = self.site.component_positions[event.component]
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
            "parent_event_id": None,
        }
        return batch(s.EVENTS, {name: [value] for name, value in row.items()})

    def _observability(self, event_id: int, event: EventLabels) -> pa.RecordBatch:
        seen = observe_event(excess_snr(self.device, self.world), event.active, self.spec.grid)
        return s.observability_batch(event_id, seen)

    def _masks(self, event_id: int, event: EventLabels) -> pa.RecordBatch:
        shown = {event.component, f"{event.component}_wood"}
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


def require_one_camera(configuration: SensorConfiguration) -> None:
    """Refuse a device whose frames could not be told apart.

    Raises:
        ConfigError: if it has more than one camera.
    """
    cameras = [c.sensor_id for c in configuration.sensors if c.sensor_type == "thermal_camera"]
    if len(cameras) > 1:
        raise ConfigError("sensors", cameras, "keep one thermal camera: its stream does not name it")


def stored_response(episode: EpisodeReader) -> Response | None:
    """The world's answer as an episode stored it; None for an episode without a cause."""
    table = episode.table("response")
    if table.num_rows == 0:
        return None
    return Response(*(table[name].to_numpy() for name in s.RESPONSE.names[2:]))


def _write(out: Sink, stream: str, schema: pa.Schema, batches: list[pa.RecordBatch]) -> None:
    for rows in batches or [pa.RecordBatch.from_pylist([], schema=schema)]:
        out.write(stream, rows)
