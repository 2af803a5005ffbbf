"""The setting `openid`: the provider whose tokens are taken in the place of keys, and how their claims are read."""

from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from adapters.openid.provider import OpenId
from glasshouse.errors import SettingsError
from schema.complaints import reason_and_place

_OURSELVES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def openid(given: Any) -> OpenId:
    """Of the table of the settings file, or the same as JSON; SettingsError says what of it is wrong."""
    try:
        provider = msgspec.json.decode(given, type=OpenId) if isinstance(given, str) else msgspec.convert(given, OpenId)
    except msgspec.ValidationError as error:
        reason, place = reason_and_place(error)
        raise SettingsError(f"{'.'.join(filter(None, ('openid', place)))} is not right: {reason}") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise SettingsError(f"openid is no JSON: {error}") from error
    for name, url in (("issuer", provider.issuer), ("jwks_url", provider.jwks_url)):
        if url is not None:
            _check(name, url)
    for name in ("audience", "algorithms", "role_claim"):
        if not getattr(provider, name):
            raise SettingsError(f"openid.{name} must not be empty")
    return provider


def _check(name: str, url: str) -> None:
    """SettingsError where somebody on the way could put keys of his own into the place of the provider's."""
    try:
        parts = urlsplit(url)
        place = parts.hostname or ""
    except ValueError as error:
        raise SettingsError(f"openid.{name} is not right: {error}") from error
    if not place or not (parts.scheme == "https" or (parts.scheme == "http" and place in _OURSELVES)):
        raise SettingsError(f"openid.{name} must be an https address, as in https://login.example/realms/farm")
    if parts.username is not None or parts.fragment or (name == "issuer" and parts.query):
        raise SettingsError(f"openid.{name} holds scheme, host and path alone")
