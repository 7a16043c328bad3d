"""A sink that leaves streams out: those kept are the same bits, the others are not worked out."""

import pytest

from envirosense.core.protocols import SelectiveSink, wanted
from envirosense.datasets.memory import MemorySink
from envirosense.pole.run import EpisodeRun
from envirosense.pole.twin import PoleTwin

LEFT_OUT = (
    "truth", "fields", "components", "regimes", "status", "strikes", "response", "states", "sensor_faults",
    "bands", "masks", "observability",
)  # fmt: skip


def test_streams_that_are_kept_do_not_depend_on_those_left_out(draw, run) -> None:
    spec = draw("fire/lignin_decomposition")
    whole, part = run(spec), MemorySink(spec, LEFT_OUT)
    PoleTwin().simulate(spec, part)
    assert set(part.streams) == set(whole.streams) - set(LEFT_OUT)
    assert {"events", "labels", "thermal"} < set(part.streams)
    for stream in part.streams:
        assert part.table(stream).equals(whole.table(stream)), stream


def test_what_is_left_out_is_not_worked_out(draw) -> None:
    spec = draw("fire/lignin_decomposition")
    episode = EpisodeRun(spec)
    assert episode.labels.events
    episode.write_causes(MemorySink(spec, LEFT_OUT))
    assert not episode._sights


def test_stages_that_are_left_out_are_not_worked_out(draw, monkeypatch) -> None:
    episode = EpisodeRun(draw("normal/diurnal_cycle"))
    monkeypatch.setattr(episode, "_stages", lambda: pytest.fail("worked out"))
    episode.write_causes(MemorySink(unwanted=(*LEFT_OUT, "stages")))


def test_a_sink_that_does_not_say_keeps_all() -> None:
    class Plain:
        def write(self, stream: str, batch: object) -> None:
            """Nothing is asked of it."""

    assert wanted(Plain(), "truth")
    sink = MemorySink(unwanted=("truth",))
    assert isinstance(sink, SelectiveSink)
    assert [wanted(sink, name) for name in ("truth", "events")] == [False, True]
