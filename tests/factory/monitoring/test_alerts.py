"""Alerts: told once, again when they come back, and never lost when a sink is away."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier

import pytest

from envirosense.factory.monitoring import AlertBook
from envirosense.factory.monitoring.rules import Finding
from envirosense.factory.monitoring.sinks import FileSink, NotDelivered, WebhookSink


class Hook:
    """A web server on loopback that answers with the given statuses, then 200, and keeps what it got."""

    def __init__(self, *statuses, delay_s=0.0):
        self.statuses, self.got, self.headers = list(statuses), [], []
        self.gone = threading.Event()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                hook.gone.wait(delay_s)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.got.append(json.loads(body))
                hook.headers.append(dict(self.headers))
                self.send_response(hook.statuses.pop(0) if hook.statuses else 200)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self):
        self.gone.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def hook():
    hooks = []

    def start(*statuses, **facts):
        hooks.append(Hook(*statuses, **facts))
        return hooks[-1]

    yield start
    for one in hooks:
        one.close()


def finding(is_broken=True, subject="poles", value=0.5):
    return Finding("failures", subject, is_broken, value, 0.1, "half of them failed")


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'c.sqlite'}"


@pytest.fixture
def file(tmp_path):
    return FileSink(path=tmp_path / "alerts" / "alerts.jsonl")


def lines(file):
    return [json.loads(line) for line in file.path.read_text().splitlines()] if file.path.exists() else []


def test_an_alert_is_told_once_until_it_clears_and_again_when_it_is_back(url, file):
    book = AlertBook(url, [file])
    assert book.update([finding()], lambda rule: "critical") == 1
    assert book.update([finding(value=0.6)]) == 0
    assert AlertBook(url, [file]).update([finding()]) == 0  # another process
    assert [one["subject"] for one in book.open_alerts()] == ["poles"]
    assert book.update([]) == 0  # nothing known is no reason to clear
    assert book.update([finding(False)]) == 1
    assert book.update([finding(False)]) == 0
    assert book.open_alerts() == ()
    assert book.update([finding()]) == 1
    told = [(one["state"], one["rule"], one["subject"]) for one in lines(file)]
    assert told == [(state, "failures", "poles") for state in ("firing", "resolved", "firing")]
    assert lines(file)[0]["severity"] == "critical"
    assert lines(file)[0]["text"] == "half of them failed"


def test_subjects_are_alerts_of_their_own(url, file):
    book = AlertBook(url, [file])
    assert book.update([finding(), finding(subject="homes"), finding(False, "never")]) == 2
    assert book.update([finding(False), finding(subject="homes")]) == 1
    assert [one["subject"] for one in book.open_alerts()] == ["homes"]


def test_of_many_processes_one_tells(url, file):
    AlertBook(url).update([finding(False, "nothing")])
    start = Barrier(4, timeout=30)

    def see(_):
        start.wait()
        return AlertBook(url, [file]).update([finding()])

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(see, range(4))) == [0, 0, 0, 1]
    assert {one["state"] for one in lines(file)} == {"firing"}


def test_a_sink_that_was_away_is_told_later_and_the_others_once(url, file, hook):
    away = WebhookSink(url="http://127.0.0.1:9/hook", retries=0, timeout_s=0.5)
    assert AlertBook(url, [file, away]).update([finding()]) == 1
    there = hook()
    back = away.model_copy(update={"url": there.url})
    AlertBook(url, [file, back]).update([])  # the sink that is missing is another one
    assert there.got == []
    busy = hook(500)
    patient = WebhookSink(url=busy.url, retries=0)
    book = AlertBook(url, [file, patient])
    book.update([finding(False)])
    assert [one["state"] for one in busy.got] == ["resolved"]  # refused with 500
    book.update([])
    assert [one["state"] for one in busy.got] == ["resolved"] * 2
    book.update([])
    assert len(busy.got) == 2
    assert [one["state"] for one in lines(file)] == ["firing", "resolved"]


def test_a_webhook_is_tried_again_a_bounded_number_of_times(hook):
    twice = hook(503, 429)
    WebhookSink(url=twice.url, retries=2, wait_s=0.01, headers={"X-Key": "k"}).send({"state": "firing"})
    assert len(twice.got) == 3
    assert twice.headers[0]["X-Key"] == "k"
    assert twice.headers[0]["Content-Type"] == "application/json"
    always = hook(*[500] * 9)
    with pytest.raises(NotDelivered, match="status 500"):
        WebhookSink(url=always.url, retries=2, wait_s=0.01).send({})
    assert len(always.got) == 3


@pytest.mark.parametrize("status", [404, 401, 302])
def test_a_refusal_or_a_redirect_is_final(hook, status):
    refusing = hook(status)
    with pytest.raises(NotDelivered, match=f"status {status}"):
        WebhookSink(url=refusing.url + "?token=secret", retries=3, wait_s=0.01).send({})
    assert len(refusing.got) == 1


def test_a_server_that_does_not_answer_is_left_after_the_timeout(hook):
    slow = hook(delay_s=5.0)
    with pytest.raises(NotDelivered) as caught:
        WebhookSink(url=slow.url + "?token=secret", retries=1, timeout_s=0.1, wait_s=0.01).send({})
    assert "secret" not in str(caught.value)
    assert "timed out" in str(caught.value)


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotDelivered, match="make it writable"):
        FileSink(path=tmp_path / "file" / "alerts.jsonl").send({})
