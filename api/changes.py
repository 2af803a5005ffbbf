"""What mutations of sites and keys do: a decision over one stream, appended, and an answer from what the stream then says."""

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
from api.types.inputs import IssueKeyInput, RevokeKeyInput, RotateKeyInput, SiteInput
from api.types.key import api_key
from api.types.results import DefineSiteSuccess, IssueKeySuccess, RevokeKeySuccess, RotateKeySuccess
from api.types.site import Site
from api.visibility import ACCOUNTS, DECISIONS, LATEST
from api.writes import Change
from domain.decisions import Decision, define_site, fold_site
from schema.events import Event, SiteDefined

_OF_THE_MACHINE: Final = frozenset({"localtime", "posixrules", "Factory"})
_WITH_LEAP_SECONDS: Final = "right/"
"""Which not every machine has."""


async def change_site(context: Context, wanted: SiteInput) -> DefineSiteSuccess:
    if isinstance(wanted.time_zone, str):
        _check_zone(wanted.time_zone)
    site = SiteDefined(site_id=wanted.site_id)

    def decide(events: Sequence[Event]) -> Decision:
        nonlocal site
        current = fold_site(events)
        name = (current and current.name) if wanted.name is UNSET else wanted.name
        stays = "UTC" if current is None else current.time_zone
        site = replace(site, name=name, time_zone=stays if wanted.time_zone is UNSET else wanted.time_zone or "UTC")
        return define_site(current, site)

    change = await context.writer.change(f"site-{wanted.site_id}", context.principal.actor, decide)
    answer = Site(id=strawberry.ID(site.site_id), name=site.name, time_zone=site.time_zone)
    return DefineSiteSuccess(site=answer, cursor=await settled(context, change, LATEST, DECISIONS))


async def issue_key(context: Context, wanted: IssueKeyInput) -> IssueKeySuccess:
    issued = await _keyring(context).issue(
        name=wanted.name,
        role=wanted.role.word,
        account_id=wanted.account_id,
        expires_at=wanted.expires_at or None,
        sites=wanted.sites,
        devices=wanted.devices,
        actor=context.principal.actor,
    )
    cursor = await settled(context, issued.change, ACCOUNTS)
    view = context.services.accounts.key(issued.view.key_id) or issued.view
    return IssueKeySuccess(key=api_key(view), secret=issued.text, cursor=cursor)


async def rotate_key(context: Context, wanted: RotateKeyInput) -> RotateKeySuccess:
    rotated = await _keyring(context).rotate(
        account_id=wanted.account_id, key_id=wanted.key_id, grace=wanted.grace, actor=context.principal.actor
    )
    cursor = await settled(context, rotated.change, ACCOUNTS)
    view = context.services.accounts.key(wanted.key_id) or rotated.view
    return RotateKeySuccess(key=api_key(view), secret=rotated.text, cursor=cursor)


async def revoke_key(context: Context, wanted: RevokeKeyInput) -> RevokeKeySuccess:
    view, change = await _keyring(context).revoke(
        account_id=wanted.account_id, key_id=wanted.key_id, actor=context.principal.actor
    )
    cursor = await settled(context, change, ACCOUNTS)
    known = context.services.accounts.key(wanted.key_id) or view
    return RevokeKeySuccess(key=api_key(replace(known, revoked=True)), cursor=cursor)


def _keyring(context: Context) -> Keyring:
    return Keyring(context.writer, context.services.clock)


async def settled(context: Context, change: Change, *models: str) -> CursorText:
    """The cursor of a change, given that these read models had their time to show it."""
    if change.position is not None:
        for model in models:
            await context.visibility.settle(model, change.position)
    return CursorText(change.cursor)


def _check_zone(name: str) -> None:
    """ApiError where the zone is not one of the time zone database, the same on every machine: its days could not be told."""
    if not _is_zone(name):
        raise ApiError(ErrorCode.INVALID_INPUT, f"timeZone {name[:80]!r} is not a zone such as 'Europe/Rome'")


def _is_zone(name: str) -> bool:
    if name in _OF_THE_MACHINE or name.startswith(_WITH_LEAP_SECONDS):
        return False
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return False
    return True
