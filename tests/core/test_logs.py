import io
import json
import sys

import pytest
import structlog

from envirosense.core.logs import configure_logging, get_logger
from envirosense.core.settings import Settings, settings


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ENVIROSENSE_{name.upper()}", raising=False)
    settings.cache_clear()
    yield
    structlog.reset_defaults()
    settings.cache_clear()


def logged(monkeypatch, stream, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(f"ENVIROSENSE_{name}", value)
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logging()
    log = structlog.get_logger()
    log.info("quiet")
    log.warning("loud", shard=3)
    try:
        raise ValueError("broken")
    except ValueError:
        log.exception("failed")
    return stream.getvalue()


def test_json_lines_where_there_is_no_terminal(monkeypatch):
    records = [json.loads(line) for line in logged(monkeypatch, io.StringIO()).splitlines()]
    assert [record["event"] for record in records] == ["loud", "failed"]
    assert records[0].items() >= {"level": "warning", "shard": 3}.items()
    assert records[0]["timestamp"].endswith("Z")
    assert "ValueError: broken" in records[1]["exception"]


def test_readable_text_in_a_terminal(monkeypatch):
    text = logged(monkeypatch, Terminal())
    assert "loud" in text
    assert "broken" in text
    assert not text.startswith("{")


def test_settings_choose_the_form_and_the_level(monkeypatch):
    text = logged(monkeypatch, Terminal(), LOG_JSON="1", LOG_LEVEL="INFO")
    assert [json.loads(line)["event"] for line in text.splitlines()] == ["quiet", "loud", "failed"]


def test_a_module_logger_sets_structlog_up_unless_the_program_did(capsys):
    structlog.reset_defaults()
    get_logger("a").info("quiet by default")
    assert structlog.is_configured()
    assert capsys.readouterr() == ("", "")
    structlog.configure(wrapper_class=structlog.BoundLogger)
    get_logger("b")
    assert structlog.get_config()["wrapper_class"] is structlog.BoundLogger
    structlog.reset_defaults()
