"""What the settings allow, as the API is given it."""

from pathlib import Path

from api.limits import Limits
from api.policy import Policy
from api.roles import Role
from glasshouse.documents_setting import trusted_documents
from glasshouse.errors import SettingsError
from glasshouse.settings import Settings


def limits_of(settings: Settings) -> Limits:
    """The limits of the API, some of which are settings."""
    return Limits(
        key_operations=settings.key_operations,
        key_subscriptions=settings.key_subscriptions,
        key_cost_per_second=settings.key_cost_per_second,
        key_items_per_second=settings.key_items_per_second,
    )


def policy_of(settings: Settings) -> Policy:
    """SettingsError where the manifest of trusted documents is none, or where there is none and admins may run no others."""
    named = settings.trusted_documents
    if named is None and Role.ADMIN.word not in settings.other_documents:
        raise SettingsError(
            "other_documents keeps admins from running anything, since trusted_documents names no manifest: name one, "
            "or add admin"
        )
    return Policy(
        allowed_origins=settings.allowed_origins,
        trusted_documents={} if named is None else trusted_documents(Path(named)),
        introspection=frozenset(map(Role, settings.introspection)),
        other_documents=frozenset(map(Role, settings.other_documents)),
    )
