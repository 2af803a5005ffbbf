"""A device under the rules about silence. While it speaks there is nothing to remember but when it spoke last."""

from collections.abc import Iterable, Iterator

import msgspec

from domain.alerting.books import Silences
from domain.alerting.episodes import Limits, Progress
from domain.alerting.limiting import IS_SILENT, SPEAKS
from domain.alerting.watch import Said, Watch
from schema.times import LATEST_US


class Quiet(msgspec.Struct):
    """`watches` are those of rules by which it is silent, or was until it spoke last; `later` begin with what it says next."""

    heard_us: int
    watches: dict[str, Watch] = {}
    later: set[str] = set()

    def heard(self, now_us: int) -> Iterable[tuple[str, Said]]:
        """It speaks."""
        self.heard_us = now_us
        if self.later:
            self.later = set()
        return self._spoke(now_us) if self.watches else ()

    def passed(self, now_us: int, rules: Silences, until_us: int = LATEST_US) -> Iterator[tuple[str, Said]]:
        """Time passed. From `until_us` on its silence means nothing, and what was said of it is withdrawn."""
        for rule, length_us in rules.items():
            if self.heard_us + length_us > now_us or self.heard_us + length_us >= until_us:
                break
            if rule not in self.later:
                watch = self._watch(rule, length_us)
                due_us = watch.due_us()
                if due_us is not None and due_us <= now_us:
                    self.watches[rule] = watch
                    for said in watch.passed(due_us):
                        yield rule, said
        if until_us <= now_us:
            for rule in list(self.watches):
                yield from self.withdraw(rule)
            self.later |= rules.keys()

    def due_us(self, rules: Silences, until_us: int = LATEST_US) -> int | None:
        """When time alone says that it is silent under another rule, or under none any more; None where it does not."""
        last_us = until_us if self.watches and until_us < LATEST_US else None
        for rule, length_us in rules.items():
            if rule not in self.later and self._watch(rule, length_us).due_us() is not None:
                due_us = self.heard_us + length_us
                return due_us if due_us < until_us else last_us
        return last_us

    def withdraw(self, rule: str) -> Iterator[tuple[str, Said]]:
        """The rule is about the device no more."""
        self.later.discard(rule)
        watch = self.watches.pop(rule, None)
        if watch is not None:
            for said in watch.withdraw():
                yield rule, said

    def _watch(self, rule: str, length_us: int) -> Watch:
        known = self.watches.get(rule)
        if known is not None:
            return known
        return Watch(Limits(above=SPEAKS, for_us=length_us), again_us=0, progress=Progress(True, self.heard_us))

    def _spoke(self, now_us: int) -> Iterator[tuple[str, Said]]:
        for rule, watch in self.watches.items():
            for said in (*watch.value(now_us, SPEAKS), *watch.value(now_us, IS_SILENT)):
                yield rule, said
        self.watches = {rule: watch for rule, watch in self.watches.items() if _ended_at(watch) in {None, now_us}}


def _ended_at(watch: Watch) -> int | None:
    """When its last alert was over; a new one that begins right then is the same."""
    return watch.told[-1].episode.cleared_us
