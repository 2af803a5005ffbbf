"""What part of the house a key is good for: some sites, some devices, or all. All else is not there for it."""

from collections.abc import Collection
from typing import Final, TypeVar

import msgspec

from api.errors import ApiError, ErrorCode
from projections.latest_queries import DeviceView, LatestQueries


class Scope(msgspec.Struct, frozen=True):
    """The devices of these sites that are among these devices; empty is any."""

    sites: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()

    @classmethod
    def of(cls, sites: Collection[str], devices: Collection[str]) -> "Scope":
        return cls(frozenset(sites), frozenset(devices))

    def holds(self, device: str, site: str | None) -> bool:
        """Whether a device that belongs to that site, or to none that is known, is in it."""
        return (not self.sites or site in self.sites) and (not self.devices or device in self.devices)


EVERYTHING: Final = Scope()
_UNTOLD: Final = "it failed; why is told to a key that is good for the whole house"


def require_whole(scope: Scope, what: str) -> None:
    """ApiError FORBIDDEN where the scope is a part of the house alone."""
    if scope != EVERYTHING:
        raise ApiError(ErrorCode.FORBIDDEN, f"{what} is of the whole house, and this key is good for a part of it")


_ErrorT = TypeVar("_ErrorT", str, str | None)


def without_words(error: _ErrorT) -> _ErrorT:
    """What somebody with a scope is told of a failure of the house, whose words may name anything: that there is one."""
    return error if error is None else _UNTOLD


class Sight:
    """What somebody with a scope can see, as far as the latest state knows where devices belong."""

    def __init__(self, scope: Scope, latest: LatestQueries) -> None:
        self.scope = scope
        self._latest = latest

    def device(self, device: str, site: str | None = None) -> bool:
        """Whether he sees it; `site` is where it speaks from, where the latest state does not know it yet."""
        view = self._latest.device(device)
        return self.scope.holds(device, site if view is None else site_of(view))

    def site(self, site: str) -> bool:
        """Whether he sees anything of it."""
        if self.scope.sites:
            return site in self.scope.sites
        views = map(self._latest.device, self.scope.devices)
        return not self.scope.devices or any(view is not None and site_of(view) == site for view in views)

    def require_device(self, device: str) -> None:
        """ApiError FORBIDDEN where he does not see it. Whether there is such a device is not told."""
        if not self.device(device):
            raise out_of_sight(device)

    def require_site(self, site: str) -> None:
        """ApiError FORBIDDEN where the key is limited to other sites, or to some devices."""
        if self.scope.devices or not self.site(site):
            raise ApiError(ErrorCode.FORBIDDEN, f"this key is not good for the site {site[:64]!r}")


def site_of(view: DeviceView) -> str | None:
    """The site that a device belongs to: where it speaks from; while it is silent, where people say that it is."""
    return view.site or (view.location or "").partition("/")[0] or None


def out_of_sight(device: str) -> ApiError:
    """The one answer about every device that a key is not good for, those that are not there included."""
    return ApiError(ErrorCode.FORBIDDEN, f"this key is not good for the device {device[:64]!r}, or not for where it would be")
