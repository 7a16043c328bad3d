from pathlib import Path

import pytest

from envirosense.core.errors import ConfigError
from envirosense.core.settings import Settings, settings


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ENVIROSENSE_{name.upper()}", raising=False)
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_defaults():
    chosen = settings()
    assert (chosen.home, chosen.workers, chosen.log_level, chosen.log_json) == (None, None, "WARNING", None)


def test_the_environment_sets_them(monkeypatch):
    monkeypatch.setenv("ENVIROSENSE_WORKERS", "3")
    monkeypatch.setenv("ENVIROSENSE_HOME", "/tmp/x")
    monkeypatch.setenv("ENVIROSENSE_LOG_JSON", "true")
    monkeypatch.setenv("ENVIROSENSE_CATALOG_URL", "sqlite://")
    chosen = settings()
    assert (chosen.workers, chosen.home, chosen.log_json) == (3, Path("/tmp/x"), True)
    assert chosen.catalog_url == "sqlite://"


def test_an_empty_variable_is_not_set(monkeypatch):
    monkeypatch.setenv("ENVIROSENSE_WORKERS", "")
    assert settings().workers is None


def test_other_variables_are_left_alone(monkeypatch):
    monkeypatch.setenv("ENVIROSENSE_NO_SUCH_SETTING", "1")
    monkeypatch.setenv("WORKERS", "7")
    assert settings().workers is None


def test_they_are_read_once_until_the_cache_is_cleared(monkeypatch):
    first = settings()
    monkeypatch.setenv("ENVIROSENSE_WORKERS", "2")
    assert settings() is first
    settings.cache_clear()
    assert settings().workers == 2


@pytest.mark.parametrize(
    ("name", "value"), [("WORKERS", "0"), ("WORKERS", "many"), ("LOG_LEVEL", "LOUD"), ("LOG_JSON", "perhaps")]
)
def test_a_bad_variable_is_named_in_one_line(monkeypatch, name, value):
    monkeypatch.setenv(f"ENVIROSENSE_{name}", value)
    with pytest.raises(ConfigError, match=f"ENVIROSENSE_{name}='{value}': ") as caught:
        settings()
    assert "\n" not in str(caught.value)


def test_settings_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        settings().workers = 4
