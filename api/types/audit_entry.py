"""The audit trail as administrators see it."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum

import strawberry

from adapters.audit.port import Action, Entry, Outcome
from api.cursors import AuditPlace, encode_place
from api.fields import described
from api.scalars import CursorText
from api.types.paging import Page, PageInfo
from schema.times import from_micros


@strawberry.enum(description="What somebody did, or wanted to do.")
class AuditAction(Enum):
    ENTER = strawberry.enum_value(Action.ENTER.value, description="Come in, by key or session; noted where refused.")
    LOG_IN = strawberry.enum_value(Action.LOG_IN.value, description="Begin a session of the page.")
    READ = strawberry.enum_value(Action.READ.value, description="Run a query.")
    WATCH = strawberry.enum_value(Action.WATCH.value, description="Begin a subscription.")
    EXPORT = strawberry.enum_value(Action.EXPORT.value, description="Export readings or windows.")
    DELIVER = strawberry.enum_value(Action.DELIVER.value, description="Deliver readings over HTTP.")
    CHANGE = strawberry.enum_value(Action.CHANGE.value, description="Run a mutation.")


@strawberry.enum(description="What became of it.")
class AuditOutcome(Enum):
    ALLOWED = strawberry.enum_value(Outcome.ALLOWED.value, description="It was done.")
    REFUSED = strawberry.enum_value(Outcome.REFUSED.value, description="It was refused: by a key, a role or a limit.")
    FAILED = strawberry.enum_value(Outcome.FAILED.value, description="It was allowed, and something in it went wrong.")


@strawberry.type(description="Who did what, from when to when. The same deeds of one minute are one entry.")
class AuditEntry:
    id: strawberry.ID = described("The entry.")
    actor: str | None = described(
        "Who: `key:` and the id of a key, or `user:` and the subject of a token. Who was not let in: who it claimed to be."
    )
    address: str | None = described("The network address that it came from.")
    action: AuditAction = described("What was done, or wanted.")
    outcome: AuditOutcome = described("What became of it.")
    code: str | None = described("Why it was refused or failed: the code of the first error.")
    message: str | None = described("The sentence to it.")
    count: int = described("How often.")
    first_at: datetime = described("When first.")
    last_at: datetime = described("When last.")
    operation_name: str | None = described("The name of the operation.")
    fields: list[str] = described("The root fields of the operation, such as `readings`.")
    document: str | None = described("The GraphQL document, its first 16,384 characters.")
    variables: str | None = described("The variables as JSON, or what was exported; their first 2,000 bytes.")


@strawberry.type(description="An entry and its place in the trail.")
class AuditEntryEdge:
    cursor: CursorText = described("The place of this entry: give it as `after` to go on from here.")
    node: AuditEntry = described("The entry.")


@strawberry.type(description="A page of the audit trail, newest first.")
class AuditEntryConnection:
    edges: list[AuditEntryEdge] = described("The entries with their places.")
    nodes: list[AuditEntry] = described("The entries alone.")
    page_info: PageInfo = described("Where the page stands.")


def audit_entry(entry: Entry) -> AuditEntry:
    deed = entry.deed
    return AuditEntry(
        id=strawberry.ID(str(entry.id)),
        actor=deed.actor,
        address=deed.address,
        action=AuditAction(deed.action.value),
        outcome=AuditOutcome(deed.outcome.value),
        code=deed.code,
        message=deed.message,
        count=entry.count,
        first_at=from_micros(entry.first_us),
        last_at=from_micros(entry.last_us),
        operation_name=deed.operation,
        fields=list(deed.fields),
        document=deed.document,
        variables=deed.variables,
    )


def audit_page(found: Sequence[Entry], page: Page) -> AuditEntryConnection:
    """`found` may hold one beyond the page."""
    entries, more = page.cut(found)
    nodes = [audit_entry(entry) for entry in entries]
    cursors = [CursorText(encode_place(AuditPlace(entry.id))) for entry in entries]
    return AuditEntryConnection(
        edges=[AuditEntryEdge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=page.info(cursors, more=more),
    )
