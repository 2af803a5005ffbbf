"""The fields of Query for administrators: keys, logins at a broker, and the audit trail."""

from datetime import datetime
from typing import Annotated

import strawberry

from adapters.audit.port import Action, EntryQuery, Outcome
from api.arguments import After, AtLeast, Before, First, Last
from api.auditing import entries, last_used
from api.context import Info
from api.cursors import AuditPlace, decode_place
from api.fields import argument, guarded
from api.mqtt_logins import logins_of
from api.roles import Role
from api.types.audit_entry import AuditAction, AuditEntryConnection, AuditOutcome, audit_page
from api.types.key import ApiKey, api_key
from api.types.mqtt_login import MqttLogin, mqtt_login
from api.types.paging import page_of
from api.visibility import ACCOUNTS
from schema.times import to_micros


@strawberry.type
class AdminQuery:
    @guarded(Role.ADMIN, "Who read and changed what in this process, and who was refused, newest first, page by page.")
    async def audit_trail(
        self,
        info: Info,
        *,
        actor: Annotated[
            str | None, argument("Only this actor: `key:` and the id of a key, or `user:` and the subject of a token.")
        ] = None,
        action: Annotated[AuditAction | None, argument("Only this.")] = None,
        outcome: Annotated[AuditOutcome | None, argument("Only what came to this.")] = None,
        start: Annotated[datetime | None, argument("Only what was done at or after this.", "from")] = None,
        end: Annotated[datetime | None, argument("Only what was done before this.", "to")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> AuditEntryConnection:
        page = page_of(info.context.services.limits, first=first, after=after, last=last, before=before)
        wanted = EntryQuery(
            actor=actor,
            action=None if action is None else Action[action.name],
            outcome=None if outcome is None else Outcome[outcome.name],
            start_us=None if start is None else to_micros(start),
            end_us=None if end is None else to_micros(end),
            before=None if after is None else decode_place(after, AuditPlace).entry,
            since=None if before is None else decode_place(before, AuditPlace).entry,
            oldest=page.backwards,
            limit=page.size + 1,
        )
        return audit_page(await entries(info.context.services, wanted), page)

    @guarded(
        Role.ADMIN, "Who may connect to a broker of yours with a key that delivers: what `glasshouse keys mosquitto` writes."
    )
    async def mqtt_logins(self, info: Info, *, at_least: AtLeast = None) -> list[MqttLogin]:
        await info.context.visibility.at_least(ACCOUNTS, at_least)
        services = info.context.services
        return [mqtt_login(login) for login in logins_of(services.accounts.keys(), services.clock())]

    @guarded(Role.ADMIN, "All API keys, without their secrets.")
    async def keys(self, info: Info, *, at_least: AtLeast = None) -> list[ApiKey]:
        await info.context.visibility.at_least(ACCOUNTS, at_least)
        used = await last_used(info.context.services)
        return [api_key(view, used) for view in info.context.services.accounts.keys()]  # noqa: SIM118 - no mapping
