"""Dead letters sent again, as they were or repaired: each counts once, and shows what became of it."""

from collections.abc import Sequence

from msgspec.structs import replace
from strawberry.types.unset import UNSET

from api.context import Context
from api.errors import ApiError, ErrorCode, limit_error
from api.ingestion import Ingest, Letter
from api.scalars import CursorText
from api.scope import require_whole
from api.types.dead_letter import dead_letter
from api.types.inputs import RepairDeadLetterInput
from api.types.results import RepairDeadLetterSuccess, ReplayDeadLettersSuccess
from api.visibility import LINEAGE
from projections.lineage_queries import DeadLetterView
from schema.envelope import Cursor, Position
from schema.ids import parse_event_id

_ELSEWHERE = (
    "this process takes nothing in, so it cannot send dead letters again: ask an `up`; or post what they should have said "
    "to /ingest of the process of the role `ingest` that owns the site"
)


async def replay_all(context: Context, ids: Sequence[str]) -> ReplayDeadLettersSuccess:
    """Send these again as they were. All are looked up before the first is sent."""
    ingest = _ingest_of(context)
    letters = [Letter(view) for view in await _find(context, ids)]
    for letter in letters:
        _require_whole_payload(letter)
    sent = [await _send(context, ingest, letter) for letter in letters]
    cursor = await _settled(context, [position for _, position in sent])
    return ReplayDeadLettersSuccess(letters=[dead_letter(view) for view, _ in sent], cursor=cursor)


async def repair(context: Context, wanted: RepairDeadLetterInput) -> RepairDeadLetterSuccess:
    """Send one again with another topic or payload."""
    ingest = _ingest_of(context)
    [view] = await _find(context, [wanted.id])
    topic = None if wanted.topic in {UNSET, None, view.topic} else wanted.topic
    payload = None if wanted.payload in {UNSET, None} else wanted.payload.encode()
    letter = Letter(view, topic, None if payload == view.payload else payload)
    _require_whole_payload(letter)
    if view.replay is not None and (topic, payload) != (None, None):
        raise ApiError(ErrorCode.CONFLICT, "it was sent again before, and is no longer open; `replay` says what became of it")
    shown, position = await _send(context, ingest, letter)
    return RepairDeadLetterSuccess(letter=dead_letter(shown), cursor=await _settled(context, [position]))


def _ingest_of(context: Context) -> Ingest:
    require_whole(context.principal.scope, "a dead letter")
    if context.services.ingest is None:
        raise ApiError(ErrorCode.UNAVAILABLE, _ELSEWHERE)
    return context.services.ingest


async def _find(context: Context, ids: Sequence[str]) -> list[DeadLetterView]:
    """Each once; ApiError NOT_FOUND where one is no dead letter."""
    if len(ids) > context.services.limits.nodes:
        raise limit_error("node ids", context.services.limits.nodes, len(ids))
    try:
        wanted = list(dict.fromkeys(parse_event_id(each) for each in ids))
    except ValueError as error:
        raise ApiError(ErrorCode.INVALID_INPUT, f"{error}: give the id of a dead letter") from None
    found = await context.services.lineage.letters(wanted)
    views = [view for view in found if view is not None]
    if len(views) < len(wanted):
        raise ApiError(ErrorCode.NOT_FOUND, f"{len(wanted) - len(views)} of these ids are of no dead letter")
    context.letter_bytes.spend(sum(len(view.payload) for view in views), "ask for fewer at once")
    return views


def _require_whole_payload(letter: Letter) -> None:
    view = letter.view
    if letter.payload is None and view.size > len(view.payload):
        kept = f"only the first {len(view.payload)} of its {view.size} bytes are kept"
        raise ApiError(ErrorCode.INVALID_INPUT, f"{kept}: give a payload with repairDeadLetter")


async def _send(context: Context, ingest: Ingest, letter: Letter) -> tuple[DeadLetterView, int | None]:
    """What it is afterwards. One that is no longer open stays what it became."""
    if letter.view.replay is not None:
        return letter.view, None
    replayed = await ingest.replay(letter, context.principal.actor)
    return replace(letter.view, replay=replayed.replay), replayed.position


async def _settled(context: Context, positions: Sequence[int | None]) -> CursorText:
    """The cursor of all of it, once the list of dead letters shows it, or has had its time to."""
    known = [Position(position) for position in positions if position is not None]
    last = max(known) if known else await context.services.log.head()
    if last is not None:
        await context.visibility.settle(LINEAGE, last)
    return CursorText(Cursor(context.services.log.log_id, last).encode())
