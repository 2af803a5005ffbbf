"""The fields of Query for the log itself: where an event came from, and what could not be understood."""

from typing import Annotated

import strawberry

from api.arguments import After, AtLeast, Before, First, Last
from api.context import Info
from api.fields import argument, guarded
from api.letters import read_letters
from api.nodes import find_events
from api.roles import Role
from api.types.audit import EventAudit
from api.types.dead_letter import DeadLetterConnection, DeadLetterState, dead_letter_page
from api.types.paging import page_of
from api.visibility import LINEAGE


@strawberry.type
class LogQuery:
    @guarded(Role.VIEWER, "Where an event came from, and what the checks made of it; null where it is not known.")
    async def audit(
        self, info: Info, *, event_id: Annotated[strawberry.ID, argument("The event.")], at_least: AtLeast = None
    ) -> EventAudit | None:
        [found] = await find_events(info.context, [event_id], at_least)
        return found

    @guarded(
        Role.VIEWER,
        "Messages that could not be understood, newest first, page by page; a page ends early where they are large.",
    )
    async def dead_letters(
        self,
        info: Info,
        *,
        state: Annotated[DeadLetterState | None, argument("Only those of which this became.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> DeadLetterConnection:
        services = info.context.services
        page = page_of(services.limits, first=first, after=after, last=last, before=before)
        await info.context.visibility.at_least(LINEAGE, at_least)
        wanted = None if state is None else state.letter_state
        views, more = await read_letters(services.lineage, page, services.log.log_id, info.context.letter_bytes, wanted)
        total = await services.lineage.count_dead_letters(wanted)
        return dead_letter_page(views, total, services.log.log_id, page, more=more)
