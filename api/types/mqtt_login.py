"""Who may connect to a broker with a key, as administrators see it."""

import strawberry

from adapters.mqtt.logins import Login
from api.fields import described


@strawberry.type(description="Who may connect to a Mosquitto with a key: a line of its password file, and what the key is for.")
class MqttLogin:
    user: str = described(
        "The user name: what stands between `gh_` and the second `_` of the key. The password is the whole key."
    )
    password_hash: str = described(
        "A salted hash of the password, as Mosquitto's password file has it. It cannot be turned back."
    )
    sites: list[strawberry.ID] = described("The sites that it may speak for; none: all.")
    devices: list[strawberry.ID] = described("The devices that it may speak for, of its sites; none: all.")


def mqtt_login(login: Login) -> MqttLogin:
    return MqttLogin(
        user=login.user,
        password_hash=login.password_hash,
        sites=[strawberry.ID(site) for site in login.sites],
        devices=[strawberry.ID(device) for device in login.devices],
    )
