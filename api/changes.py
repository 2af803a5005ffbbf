"""What mutations do: a decision over one stream, appended, and an answer made from what the stream then says."""

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import strawberry
from msgspec.structs import replace
from strawberry.types.unset import UNSET

from api.context import Context
from api.errors import ApiError, ErrorCode
from api.keyring import Keyring
from api.scalars import CursorText
from api.types.device import Device, device
from api.types.inputs import IssueKeyInput, RegisterDeviceInput, RevokeKeyInput, SiteInput
from api.types.key import api_key
from api.types.results import DefineSiteSuccess, IssueKeySuccess, RegisterDeviceSuccess, RevokeKeySuccess
from api.types.site import Site
from api.visibility import ACCOUNTS, LATEST
from api.writes import Change
from domain.decisions import Decision, define_site, fold_device, fold_site, register_device
from projections.queries import DeviceView
from schema.events import DeviceMetadata, Event, SiteDefined

_DEVICE_FIELDS: Final = ("device_type", "name", "location", "model", "firmware_version")


async def change_site(context: Context, wanted: SiteInput) -> DefineSiteSuccess:
    _check_zone(wanted.time_zone)
    site = SiteDefined(site_id=wanted.site_id, time_zone=wanted.time_zone)

    def decide(events: Sequence[Event]) -> Decision:
        nonlocal site
        current = fold_site(events)
        name = (current and current.name) if wanted.name is UNSET else wanted.name
        site = replace(site, name=name)
        return define_site(current, site)

    change = await context.writer.change(f"site-{wanted.site_id}", context.principal.actor, decide)
    answer = Site(id=strawberry.ID(site.site_id), name=site.name, time_zone=site.time_zone)
    return DefineSiteSuccess(site=answer, cursor=await _shown(context, LATEST, change))


async def change_device(context: Context, wanted: RegisterDeviceInput) -> RegisterDeviceSuccess:
    given = {name: getattr(wanted, name) for name in _DEVICE_FIELDS}
    changes = {name: text for name, text in given.items() if text is not UNSET}

    def decide(events: Sequence[Event]) -> Decision:
        return register_device(fold_device(events), wanted.device_id, changes)

    change = await context.writer.change(f"control-{wanted.device_id}", context.principal.actor, decide)
    cursor = await _shown(context, LATEST, change)
    decided = fold_device(change.events) or DeviceMetadata(device_id=wanted.device_id)
    return RegisterDeviceSuccess(device=_as_decided(context, decided), cursor=cursor)


async def issue_key(context: Context, wanted: IssueKeyInput) -> IssueKeySuccess:
    issued = await _keyring(context).issue(
        name=wanted.name,
        role=wanted.role.word,
        account_id=wanted.account_id,
        expires_at=wanted.expires_at or None,
        actor=context.principal.actor,
    )
    cursor = await _shown(context, ACCOUNTS, issued.change)
    view = context.services.accounts.key(issued.view.key_id) or issued.view
    return IssueKeySuccess(key=api_key(view), secret=issued.text, cursor=cursor)


async def revoke_key(context: Context, wanted: RevokeKeyInput) -> RevokeKeySuccess:
    view, change = await _keyring(context).revoke(
        account_id=wanted.account_id, key_id=wanted.key_id, actor=context.principal.actor
    )
    cursor = await _shown(context, ACCOUNTS, change)
    known = context.services.accounts.key(wanted.key_id) or view
    return RevokeKeySuccess(key=api_key(replace(known, revoked=True)), cursor=cursor)


def _keyring(context: Context) -> Keyring:
    return Keyring(context.writer, context.services.clock)


def _as_decided(context: Context, decided: DeviceMetadata) -> Device:
    """The device as the read model knows it, and with what was decided: that is certain before the read model shows it."""
    fields = {name: getattr(decided, name) for name in _DEVICE_FIELDS}
    known = context.services.latest.device(decided.device_id)
    if known is not None:
        return device(replace(known, **{name: text for name, text in fields.items() if text is not None}))
    blank = dict.fromkeys(("site", "status", "status_at", "last_seen"))
    return device(DeviceView(device_id=decided.device_id, readings=(), actuators=(), **fields, **blank))


async def _shown(context: Context, model: str, change: Change) -> CursorText:
    if change.position is not None:
        await context.visibility.settle(model, change.position)
    return CursorText(change.cursor)


def _check_zone(name: str) -> None:
    """ApiError where the zone is not one of the time zone database: its days could not be told."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ApiError(ErrorCode.INVALID_INPUT, f"timeZone {name[:80]!r} is not a zone such as 'Europe/Rome'") from None
