"""The audit store of a process that answers people, in its data folder."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from prometheus_client import CollectorRegistry

from adapters.audit.port import AuditError
from adapters.audit.sqlite import SqliteAudit
from api.audit_trail import AuditTrail
from api.services import utc_now
from glasshouse.data_folder import DataFolder
from glasshouse.errors import DataFolderError
from glasshouse.settings import Settings


@asynccontextmanager
async def open_audit_trail(settings: Settings, folder: DataFolder, registry: CollectorRegistry) -> AsyncIterator[AuditTrail]:
    """The trail, whose store is closed in the end, with all in it; DataFolderError where that cannot be opened."""
    try:
        store = await SqliteAudit.open(folder.audit)
    except AuditError as error:
        raise DataFolderError(str(error)) from error
    trail = AuditTrail(store, utc_now, registry, keep=timedelta(days=settings.keep_audit_days))
    try:
        yield trail
    finally:
        await trail.write()
        await store.close()
