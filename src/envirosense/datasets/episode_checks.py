"""Checks of whole episodes that only the twin which made them can do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from envirosense.core.protocols import EpisodeReader
from envirosense.datasets.rules import Severity
from envirosense.datasets.tally import Failure, Tally


@dataclass(frozen=True, slots=True)
class EpisodeCheck:
    """One check.

    Attributes:
        judge: Of an episode: how many things were checked, and a sentence about each that is wrong.
    """

    name: str
    severity: Severity
    note: str
    judge: Callable[[EpisodeReader], tuple[int, tuple[str, ...]]]

    def tally(self) -> Tally:
        """An empty count of it."""
        return Tally(self.name, self.severity, self.note)

    def count(self, tally: Tally, episode: EpisodeReader) -> None:
        """Add an episode; one that the check cannot make anything of has failed it."""
        one = episode.spec.episode_id
        try:
            n_checked, wrong = self.judge(episode)
        except Exception as error:  # damaged truth is a finding, whatever it makes the twin raise
            tally.count(1, [Failure(f"{one} {error}", f"raised_{type(error).__name__}", one)])
            return
        tally.count(n_checked, _failures(one, self.name, wrong))


def _failures(episode_id: str, name: str, wrong: tuple[str, ...]) -> Iterator[Failure]:
    for sentence in wrong:
        yield Failure(f"{episode_id} {sentence}", name, episode_id)
