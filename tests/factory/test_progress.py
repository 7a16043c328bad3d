"""What a run says while it runs."""

import io

from rich.console import Console

from envirosense.factory.progress import BarProgress, LineProgress, Standing, console_progress, rate_text


def test_the_rate_leaves_out_what_an_earlier_run_stored():
    text = rate_text(Standing(total=40, resumed=10, done=30, failed=0, episode_hours=2.0), elapsed_s=10.0)
    assert text == "2.00 episodes/s, 4.00 simulated h/s"


def test_there_is_no_rate_before_the_first():
    assert rate_text(Standing(4, 1, 1, 0, 1.0), 9.0) == "waiting for the first"


def test_failures_are_counted():
    assert rate_text(Standing(4, 0, 2, 1, 1.0), 1.0).endswith(", 1 failed")


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
    assert said[-1].startswith("4/4 episodes, ")


def test_the_bar_shows_the_count():
    out = io.StringIO()
    bar = BarProgress(Console(file=out, force_terminal=True, width=120))
    bar.start(Standing(4, 0, 0, 0, 1.0))
    bar.update(Standing(4, 0, 4, 0, 1.0))
    bar.stop()
    assert "4/4" in out.getvalue()


def test_without_a_terminal_there_are_lines():
    assert isinstance(console_progress(), LineProgress)
