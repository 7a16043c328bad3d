"""What a run says while it runs."""

import io

from rich.console import Console

from envirosense.factory.pace import Pace
from envirosense.factory.progress import BarProgress, LineProgress, Standing, console_progress, pace_text


def paced(*seen: tuple[float, int]) -> Pace:
    """Pace after so many were done at such times [s]."""
    clock = [0.0]
    pace = Pace(clock=lambda: clock[0])
    for clock[0], n in seen:
        pace.note(n)
    return pace


def test_the_pace_leaves_out_start_up_and_what_an_earlier_run_stored():
    standing = Standing(total=40, resumed=10, done=31, failed=0, episode_hours=2.0)
    assert pace_text(standing, paced((60.0, 1), (70.0, 21))) == "2.00 episodes/s, 4.00 simulated h/s"


def test_there_is_no_pace_before_the_first():
    assert pace_text(Standing(4, 1, 1, 0, 1.0), paced((9.0, 0))) == "waiting for the first"


def test_failures_are_told():
    assert pace_text(Standing(4, 0, 2, 1, 1.0), paced((1.0, 1), (2.0, 2))).endswith(", 1 failed")


def test_lines_say_where_it_begins_and_ends():
    out = io.StringIO()
    lines = LineProgress(out, every_s=0.0)
    lines.start(Standing(4, 1, 1, 0, 1.0))
    lines.update(Standing(4, 1, 2, 0, 1.0))
    lines.update(Standing(4, 1, 4, 0, 1.0))
    lines.stop()
    said = out.getvalue().splitlines()
    assert said[0] == "generating 4 episodes, 1 stored by an earlier run"
    assert "s left" in said[1]
    assert said[1].startswith("2/4 episodes, ")
    assert said[-1].startswith("4/4 episodes, ")


def test_lines_do_not_count_start_up_into_the_time_left(monkeypatch):
    clock, out = [0.0], io.StringIO()
    monkeypatch.setattr("envirosense.factory.progress.time.monotonic", lambda: clock[0])
    lines = LineProgress(out)
    lines.start(Standing(20, 0, 0, 0, 1.0, workers=2))
    for clock[0], done in ((30.0, 1), (30.2, 2), (33.0, 3), (33.2, 4)):  # 30 s to start, 3 s an episode
        lines.update(Standing(20, 0, done, 0, 1.0, workers=2))
    lines.stop()
    assert out.getvalue().splitlines()[1:] == [
        "1/20 episodes, 0.03 episodes/s, 0.03 simulated h/s, at most 5 min left",
        "4/20 episodes, 0.67 episodes/s, 0.67 simulated h/s, about 24 s left",
    ]


def test_the_bar_shows_count_and_time_left(monkeypatch):
    clock, out = [0.0], io.StringIO()
    monkeypatch.setattr("envirosense.factory.progress.time.monotonic", lambda: clock[0])
    bar = BarProgress(Console(file=out, force_terminal=True, width=120))
    bar.start(Standing(4, 0, 0, 0, 1.0))
    for clock[0], done in ((50.0, 1), (60.0, 2)):
        bar.update(Standing(4, 0, done, 0, 1.0))
    bar.stop()
    assert "2/4" in out.getvalue()
    assert "about 20 s left" in out.getvalue()


def test_without_a_terminal_there_are_lines():
    assert isinstance(console_progress(), LineProgress)
