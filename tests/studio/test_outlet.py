"""Outlets: JSON lines to a stream, and what an outlet's own fault does."""

import io
import json

from envirosense.studio.outlet import JsonLines, Outlet


class Broken(Outlet):
    """An outlet whose other end is gone."""

    def send(self, records) -> None:
        raise BrokenPipeError("nobody reads")


def test_records_become_json_lines_in_order(make_session) -> None:
    session, stream = make_session(n_ticks=500), io.StringIO()
    outlet = JsonLines(session.subscribe(), stream)
    outlet.start()
    session.start()
    assert session.wait(5.0)
    assert outlet.finish(5.0)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["sequence"] for line in lines] == list(range(550))
    assert lines[0] == {
        "device": "counter", "sequence": 0, "time_utc": "2018-07-10T17:00:00Z", "type": "telemetry",
        "parameter": "ENV_TEMP", "value": 0.0, "unit": "degC", "reading": None,
        "sensor": "air", "channel": "temperature_c",
        "status": [], "quality": None, "confidence": None, "sources": [],
    }  # fmt: skip


def test_a_broken_outlet_ends_alone_and_keeps_its_error(make_session) -> None:
    session, stream = make_session(n_ticks=500), io.StringIO()
    broken = Broken(session.subscribe("broken", limit=5))
    whole = JsonLines(session.subscribe("whole"), stream)
    for outlet in (broken, whole):
        outlet.start()
    session.start()
    assert session.wait(5.0)
    assert not broken.finish(5.0)
    assert isinstance(broken.error, BrokenPipeError)
    assert whole.finish(5.0)
    assert stream.getvalue().count("\n") == 550
