"""Where a read model that keeps an index file goes on."""

from typing import Protocol

from adapters.snapshot import usable_checkpoint
from projections.own_thread import OwnThread
from schema.envelope import Cursor, Position


class Index(Protocol):
    """A file that says up to where it has read. Its calls block."""

    def checkpoint(self) -> Cursor | None: ...

    def reset(self) -> None:
        """Forget all."""
        ...


async def goes_on_after(name: str, index: Index, thread: OwnThread, head: Cursor) -> Position | None:
    """The position after which it reads on; None is the start, with an index that has forgotten what does not fit the log."""
    checkpoint = await thread.run(index.checkpoint)
    position = usable_checkpoint(name, checkpoint, head)
    if position is None and checkpoint is not None:
        await thread.run(index.reset)
    return position
