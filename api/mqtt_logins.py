"""Which keys get in at the MQTT broker: those that deliver and still open something."""

from collections.abc import Iterable
from datetime import datetime

from adapters.mqtt.logins import Login
from api.keys import handle_of
from api.roles import Role
from projections.account_queries import KeyView


def logins_of(keys: Iterable[KeyView], now: datetime) -> list[Login]:
    """A login for each secret of these keys that is one for devices now."""
    return [
        Login(user=handle_of(key.key_id, secret.number), password_hash=secret.mqtt_hash, sites=key.sites, devices=key.devices)
        for key in keys
        if key.role == Role.INGEST.word
        for secret in key.good_secrets(now)
        if secret.mqtt_hash is not None
    ]
