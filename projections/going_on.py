"""Where a read model that keeps an index file goes on."""

from collections.abc import Callable
from typing import Protocol, TypeVar

import structlog

from adapters.snapshot import usable_checkpoint
from projections.own_thread import DamagedError, OwnThread
from schema.envelope import Cursor, Position

T = TypeVar("T")


class Index(Protocol):
    """A file that says up to where it has read. Its calls block."""

    def checkpoint(self) -> Cursor | None: ...

    def reset(self) -> None:
        """Forget all."""
        ...

    def make_anew(self) -> None:
        """Forget all, with the file."""
        ...


async def going_on(
    name: str, index: Index, thread: OwnThread, head: Cursor, recall: Callable[[], T]
) -> tuple[Position | None, T]:
    """The position after which it reads on, and what is recalled of the index; None is the start of the log.

    The index has forgotten then what does not fit the log; one that cannot be read was made anew.
    """
    try:
        thread.require_sound()
        return await _going_on(name, index, thread, head, recall)
    except DamagedError as error:
        structlog.get_logger().warning("index_made_anew", projection=name, reason=str(error))
        await thread.run(index.make_anew)
        thread.damage = None
        return await _going_on(name, index, thread, head, recall)


async def _going_on(
    name: str, index: Index, thread: OwnThread, head: Cursor, recall: Callable[[], T]
) -> tuple[Position | None, T]:
    checkpoint = await thread.run(index.checkpoint)
    position = usable_checkpoint(name, checkpoint, head)
    if position is None and checkpoint is not None:
        await thread.run(index.reset)
    return position, await thread.run(recall)
