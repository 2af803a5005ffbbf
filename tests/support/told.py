"""A tracer of tests, and what it told."""

from collections.abc import Sequence

from adapters.tracing.identity import Share
from adapters.tracing.recorder import Recorder
from adapters.tracing.spans import Finished


class Told:
    """A recorder, and what it told."""

    def __init__(self, ratio: float = 1.0) -> None:
        self.spans: list[Finished] = []
        self.left_out = 0
        self.tracer = Recorder(Share(ratio), self._take)

    def _take(self, spans: Sequence[Finished], left_out: int) -> None:
        self.spans += spans
        self.left_out += left_out

    def __getitem__(self, name: str) -> Finished:
        [span] = [one for one in self.spans if one.name == name]
        return span
