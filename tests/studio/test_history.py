"""What a server remembers."""

from envirosense.studio.history import History


def test_the_past_is_bounded_and_in_order(make_twin) -> None:
    history = History(kept=20)
    assert history.status is None
    assert history.latest() == history.telemetry(None, 5) == history.alerts(5) == []
    history.add(make_twin(100).advance(100))
    assert [record.value for record in history.latest()] == [99.0]
    assert [record.value for record in history.telemetry("ENV_TEMP", 100)] == [
        float(i) for i in range(80, 100)
    ]
    assert [record.value for record in history.telemetry(None, 2)] == [98.0, 99.0]
    assert history.telemetry("ENV_HUM", 5) == []
    assert history.status.time_utc == make_twin.start_utc.replace(minute=1, second=30)


def test_what_is_asked_for_is_what_was_sent(make_twin) -> None:
    history, sent = History(), [r for r in make_twin(50).advance(50) if r.type == "telemetry"]
    history.add(sent)
    assert history.telemetry(None, 100) == history.telemetry("ENV_TEMP", 100) == sent
    assert history.telemetry(None, 7) == sent[-7:]
    assert history.latest()[0].model_dump_json() == sent[-1].model_dump_json()
