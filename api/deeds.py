"""What is noted in the audit trail: who was refused, and which operations ran."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

import structlog
from graphql import OperationType

from adapters.audit.port import Action, Deed, Outcome
from api.auth import Principal
from api.errors import ApiError, ErrorCode
from api.execution.documents import Prepared

Complaint: TypeAlias = tuple[str, str]
"""A code and a sentence."""
_LONGEST_VARIABLES: Final = 2_000
_ACTIONS: Final = {
    OperationType.QUERY: Action.READ,
    OperationType.MUTATION: Action.CHANGE,
    OperationType.SUBSCRIPTION: Action.WATCH,
}
_REFUSALS: Final = frozenset(code.name for code in (ErrorCode.FORBIDDEN, ErrorCode.UNAUTHENTICATED, ErrorCode.LIMIT_EXCEEDED))


class Notes(Protocol):
    """Where deeds are noted."""

    def note(self, deed: Deed) -> None: ...


class LogNotes:
    """Those of a process that has no audit store: refusals go to its own log."""

    def note(self, deed: Deed) -> None:
        if deed.outcome is Outcome.REFUSED:
            structlog.get_logger().warning("refused", actor=deed.actor, address=deed.address, reason=deed.message)


def refusal_of(actor: str | None, address: str | None, action: Action, error: ApiError) -> Deed:
    """Somebody was refused something."""
    return Deed(
        actor=actor,
        address=address,
        action=action,
        outcome=_outcome(error.code.name),
        code=error.code.name,
        message=error.message,
    )


def changes_of(
    prepared: Prepared,
    said: bytes,
    principal: Principal,
    made: Sequence[tuple[str, ApiError | None]],
    complaint: Complaint | None,
) -> Iterator[Deed]:
    """An operation ran for somebody: of a mutation each change that was made or refused, and the rest of it.

    `said` are its variables as they were sent, and `complaint` is what went wrong in the rest.
    """
    for field, refused in made:
        why = None if refused is None else (refused.code.name, refused.message)
        yield operation_of(prepared, said, principal, why, fields=(field,))
    rest = tuple(field for field in prepared.fields if field not in dict(made))
    if rest:
        yield operation_of(prepared, said, principal, complaint, fields=rest)


def operation_of(
    prepared: Prepared, said: bytes, principal: Principal, complaint: Complaint | None, *, fields: tuple[str, ...]
) -> Deed:
    """What became of some root fields of an operation."""
    code, message = complaint or (None, None)
    return Deed(
        actor=principal.actor,
        address=principal.address,
        action=_ACTIONS[prepared.kind],
        outcome=_outcome_of(prepared.kind, code),
        operation=None if prepared.operation.name is None else prepared.operation.name.value,
        fields=fields,
        document=prepared.text,
        variables=None if said in {b"", b"null"} else said[:_LONGEST_VARIABLES].decode(errors="replace"),
        code=code,
        message=message,
    )


def export_of(query: str, principal: Principal, complaint: Complaint | None = None) -> Deed:
    """Somebody exported; `query` is what of."""
    code, message = complaint or (None, None)
    return Deed(
        actor=principal.actor,
        address=principal.address,
        action=Action.EXPORT,
        outcome=_outcome(code),
        variables=query[:_LONGEST_VARIABLES],
        code=code,
        message=message,
    )


def delivery_of(principal: Principal, complaint: Complaint | None = None) -> Deed:
    """Somebody delivered readings; where some were refused, the complaint is about the first of them."""
    code, message = complaint or (None, None)
    return Deed(
        actor=principal.actor,
        address=principal.address,
        action=Action.DELIVER,
        outcome=_outcome(code),
        code=code,
        message=message,
    )


def complaint_of(answer: Mapping[str, Any]) -> Complaint | None:
    """What went wrong first in an operation, if anything did."""
    if "errors" not in answer:
        return None
    first = answer["errors"][0]
    return first["extensions"]["code"], first["message"]


def _outcome_of(kind: OperationType, code: str | None) -> Outcome:
    """A change that met a limit on its way may have been made in part, so it was not refused."""
    is_halfway = kind is OperationType.MUTATION and code == ErrorCode.LIMIT_EXCEEDED.name
    return Outcome.FAILED if is_halfway else _outcome(code)


def _outcome(code: str | None) -> Outcome:
    if code is None:
        return Outcome.ALLOWED
    return Outcome.REFUSED if code in _REFUSALS else Outcome.FAILED
