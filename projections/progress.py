"""How far behind a read model is, and how fast it goes."""

from collections.abc import Callable

from projections.feed_queries import FeedPage

_WINDOW_SECONDS = 5.0


class Progress:
    """Counts what one read model reads. `clock` gives seconds since the epoch."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.events = 0
        self._unread_us: int | None = None
        self._marks = [(clock(), 0), (clock(), 0)]

    def begins(self, page: FeedPage) -> None:
        """The page is about to be taken in: its first event is the oldest unread one."""
        if page.events:
            self._unread_us = page.events[0].recorded.recorded_us

    def ends(self, page: FeedPage, *, caught_up: bool) -> None:
        """The page was taken in. What comes next is not known yet, only that it is not older than this page's end."""
        if caught_up:
            self._unread_us = None
        elif page.events:
            self._unread_us = page.events[-1].recorded.recorded_us
        self.events += len(page.events)
        now = self._clock()
        if now - self._marks[1][0] >= _WINDOW_SECONDS:
            self._marks = [self._marks[1], (now, self.events)]

    def lag(self) -> float:
        """Now minus the recorded time of the oldest unread event, in seconds; 0 when caught up."""
        return 0.0 if self._unread_us is None else max(0.0, self._clock() - self._unread_us / 1e6)

    def rate(self) -> float:
        """Events a second over the last five to ten seconds in which there was something to read."""
        since, events = self._marks[0]
        elapsed = self._clock() - since
        return (self.events - events) / elapsed if elapsed > 0 else 0.0
