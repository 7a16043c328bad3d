"""The one place where an error becomes a line on stderr and an exit code."""

import errno
import shlex
import sys
from collections.abc import Sequence
from typing import Any, Final

import typer
from typer.core import TyperGroup

from envirosense.core.errors import EnviroSenseError, UnknownNameError

STOPPED: Final = 130  # 128 + SIGINT, as shells count
RESUMED: Final = (  # commands that keep what they have done
    ("generate",),
    ("dataset", "extend"),
    ("dataset", "merge"),
    ("dataset", "reshard"),
)
_FULL: Final = {errno.ENOSPC, errno.EDQUOT}
_FIXES: Final = {
    **dict.fromkeys(
        _FULL, "free disk space or choose another folder; what is stored stays, run again to resume"
    ),
    errno.EROFS: "the file system is read-only; choose another folder",
    errno.EACCES: "no permission; choose another folder or change its owner",
    errno.ENOENT: "check the path",
}


class Failure(typer.TyperException):
    """A message for stderr and the exit code that goes with it."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class CommandLine(TyperGroup):
    """Group whose commands end in one line for every error a user can act on."""

    def invoke(self, ctx: Any) -> Any:
        """Result of the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            hint = f"\nresume: {_command()}" if _resumes(sys.argv[1:]) else ""
            raise Failure(f"{str(stop) or 'stopped'}{hint}", STOPPED) from None
        except UnknownNameError as error:
            more = "; see envirosense scenarios list" if error.field in ("scenario", "scenarios") else ""
            raise Failure(f"error: {error}{more}", 1) from None
        except EnviroSenseError as error:
            raise Failure(f"error: {error}", 1) from None
        except BrokenPipeError:
            raise
        except OSError as error:
            raise Failure(f"error: {storage_text(error)}", 1) from None


def storage_text(error: OSError) -> str:
    """One line of an error of the operating system: which file, what, and what to do."""
    place = f"{error.filename}: " if error.filename else ""
    fix = _FIXES.get(error.errno or 0)
    return f"{place}{error.strerror or error}" + (f"; {fix}" if fix else "")


def _resumes(words: Sequence[str]) -> bool:
    """Whether the same command goes on with what a stopped one has stored."""
    is_trial = "--dry-run" in words
    return not is_trial and any(tuple(words[: len(one)]) == one for one in RESUMED)


def _command() -> str:
    return shlex.join(["envirosense", *sys.argv[1:]])
