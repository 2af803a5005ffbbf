"""Where targets are, as settings say it. Addresses hold tokens, so they are shown nowhere."""

import msgspec

from adapters.notify.apprise_target import AppriseTarget
from adapters.notify.port import Target
from adapters.notify.webhook import Webhook


class TargetAddress(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """A webhook with the secret that its messages are signed with, or (no secret) what Apprise calls a URL."""

    url: str
    secret: str | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"

    def opened(self, name: str) -> Target:
        """Nothing is connected before something is sent."""
        return AppriseTarget(name, self.url) if self.secret is None else Webhook(self.url, self.secret)
