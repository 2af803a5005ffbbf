"""What the oracle found, as it is printed."""

from collections.abc import Sequence

import msgspec


class Latency(msgspec.Struct):
    """From sent to receipted, in milliseconds; null where nothing was receipted."""

    p50: float | None = None
    p99: float | None = None

    @classmethod
    def of(cls, milliseconds: Sequence[int]) -> "Latency":
        """Nearest-rank percentiles."""
        ordered = sorted(milliseconds)
        return cls(_rank(ordered, 50), _rank(ordered, 99)) if ordered else cls()


def _rank(ordered: Sequence[int], percent: int) -> float:
    return float(ordered[-(-len(ordered) * percent // 100) - 1])


class AuditReport(msgspec.Struct, kw_only=True):
    """Messages of the ledger, unless said otherwise; sent = stored + dead_letters + lost + unknown.

    `lost`: receipted, or acknowledged by a broker that lived on, and not in the log. `unknown`: sent, not acknowledged, and
    not in the log, or nothing by which it could be recognised; no failure. `double_counted`: readings that a read model shows
    or adds up more than once. `invented`: events of the ledger's devices that nobody sent, or readings that only a read model
    has. `missing`: readings of the log that a read model does not have. `misjudged`: malformed and stored, or well formed and
    a dead letter. `stored_twice`: events that the log holds again under the same id; read models have to bear it. `diverged`:
    read models that are not what a rebuild makes. `read_models_checked` false: nobody looked. `examples` names a few failures.
    """

    sent: int = 0
    pubacked: int = 0
    receipted: int = 0
    stored: int = 0
    dead_letters: int = 0
    duplicates_received: int = 0
    lost: int = 0
    double_counted: int = 0
    latency_ms: Latency
    unknown: int = 0
    dropped: int = 0
    invented: int = 0
    missing: int = 0
    misjudged: int = 0
    stored_twice: int = 0
    diverged: list[str] = []
    read_models_checked: bool = False
    examples: list[str] = []

    @property
    def ok(self) -> bool:
        """Whether every promise that was checked holds."""
        return not (self.lost or self.double_counted or self.invented or self.missing or self.misjudged or self.diverged)
