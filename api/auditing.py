"""Questions to the audit trail."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from adapters.audit.port import AuditError, Entry, EntryQuery
from api.audit_trail import AuditTrail
from api.errors import ApiError, ErrorCode
from api.services import Services
from schema.times import from_micros


async def entries(services: Services, query: EntryQuery) -> list[Entry]:
    """Those of this process, up to now; ApiError UNAVAILABLE where they cannot be read."""
    with _trail_of(services) as trail:
        await trail.write()
        return await trail.store.find(query)


async def last_used(services: Services) -> dict[str, datetime]:
    """When each actor was let in last; ApiError UNAVAILABLE where that cannot be read."""
    with _trail_of(services) as trail:
        await trail.write()
        return {actor: from_micros(at_us) for actor, at_us in (await trail.store.last_used()).items()}


@contextmanager
def _trail_of(services: Services) -> Iterator[AuditTrail]:
    if services.audit is None:
        raise ApiError(ErrorCode.UNAVAILABLE, "this process keeps no audit trail; ask the one that answers people")
    try:
        yield services.audit
    except AuditError as error:
        raise ApiError(ErrorCode.UNAVAILABLE, str(error)) from error
