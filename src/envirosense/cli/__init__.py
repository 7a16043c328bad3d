"""The `envirosense` command: prints what the library does; holds no logic of its own."""

import sys


def main() -> None:
    """Run the command line of this process and exit with its code."""
    from envirosense.cli.app import run

    sys.exit(run(sys.argv[1:]))


__all__ = ["main"]
