"""Generation run in its own process that kills itself in mid-shard; started by test_crash."""

import os
import resource
import signal
import sys
from pathlib import Path

import tiny_twin

from envirosense.core.episode import EpisodeSpec, EpisodeSummary
from envirosense.core.errors import StorageError
from envirosense.core.protocols import Sink
from envirosense.datasets import prepare_output, write_shard


def die_in(index: int, folder: Path):
    """Simulation that kills its process once rows of episode `index` are in a temporary file."""

    def simulate(spec: EpisodeSpec, out: Sink) -> EpisodeSummary:
        summary = tiny_twin.simulate(spec, out)
        if spec.params["index"] == index:
            assert any((folder / ".staging" / "tmp").iterdir())
            os.kill(os.getpid(), signal.SIGKILL)
        return summary

    return simulate


def main() -> None:
    mode, folder = sys.argv[1], Path(sys.argv[2])
    with prepare_output(tiny_twin.make_plan(n=400), folder) as output:
        if mode == "full":
            resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, 6_000))  # the disk "fills" inside a file
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        for shard in output.pending:
            try:
                write_shard(folder, shard, die_in(4, folder) if mode == "kill" else tiny_twin.simulate)
            except StorageError as error:
                sys.exit(str(error))


if __name__ == "__main__":
    main()
