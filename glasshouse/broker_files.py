"""The files of a Mosquitto of your own, by which devices get in with their keys, and we with the account of the settings."""

from pathlib import Path

from adapters.mqtt.address import BrokerAddress
from adapters.mqtt.credentials import Account
from adapters.mqtt.logins import Login, write_logins
from glasshouse.errors import DataFolderError, SettingsError
from glasshouse.settings import Settings


def our_account(settings: Settings) -> Account:
    """The account with which the house itself gets in; SettingsError where the settings name none that a file could hold."""
    address = None if settings.embedded_broker is not None else BrokerAddress.parse(settings.mqtt)
    if address is None or not address.username or not address.password:
        raise SettingsError(
            "the house itself must get in, too: name the broker and an account of ours there with --mqtt or GLASSHOUSE_MQTT, "
            "as in mqtt://glasshouse:PASSWORD@broker:1883, with a password of your making"
        )
    user = address.username
    if not user.isprintable() or ":" in user or user.startswith("#") or " " in user:
        raise SettingsError(f"Mosquitto's files cannot hold the user name {user[:80]!r} of --mqtt; choose a plain one")
    return Account(user, address.password)


def write_broker_files(folder: Path, ours: Account, logins: list[Login]) -> None:
    """Write password file and access list; SettingsError where one of the devices has our name."""
    if any(login.user == ours.user for login in logins):
        raise SettingsError(f"{ours.user} is the id of a key; choose another user name for our account in --mqtt")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_logins(folder, ours, logins)
    except OSError as error:
        raise DataFolderError(f"{folder} cannot be written: {error.strerror or error}") from error
