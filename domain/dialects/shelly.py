"""Shelly: RPC below a topic of the device's own since the second generation; the first has topics below `shellies/`."""

from typing import Final

from schema.actuators import ActuatorSpec, ActuatorType

_FIRST_GENERATION: Final = "shellies/"
_COMPONENTS: Final = {ActuatorType.SWITCH: "switch", ActuatorType.LEVEL: "light", ActuatorType.COVER: "cover"}
_FIRST_COMPONENTS: Final = {ActuatorType.SWITCH: "relay", ActuatorType.LEVEL: "light", ActuatorType.COVER: "roller"}


def is_first_generation(address: str) -> bool:
    """Its devices cannot be given another topic; later ones can, and better are not given one that begins so."""
    return address.startswith(_FIRST_GENERATION)


def component(spec: ActuatorSpec) -> str:
    """`switch:0`, as RPC has it."""
    return f"{_COMPONENTS[spec.type]}:{number(spec)}"


def first_component(spec: ActuatorSpec) -> str:
    """`relay/0`, as the first generation has it."""
    return f"{_FIRST_COMPONENTS[spec.type]}/{number(spec)}"


def number(spec: ActuatorSpec) -> str:
    return spec.channel or "0"


def caller(address: str) -> str:
    """Whom the device takes us for: it answers on `<caller>/rpc`, which is below its own topic so that it may publish there."""
    return f"{address}/glasshouse"
