"""The setting `otlp`: the OpenTelemetry collector that spans go to."""

from typing import Any, Final
from urllib.parse import urlsplit

from glasshouse.errors import SettingsError

_SCHEMES: Final = frozenset({"http", "https"})


def collector(given: Any) -> str:
    """Its address, as in http://host:4318; SettingsError says what of it is wrong, and repeats no password."""
    try:
        parts = urlsplit(given)
        _ = parts.port
    except (ValueError, TypeError, AttributeError) as error:
        raise SettingsError(f"otlp is not right: {error}") from error
    if parts.scheme not in _SCHEMES or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError("otlp is the address of a collector that speaks OTLP over HTTP, as in http://127.0.0.1:4318")
    if "@" in parts.netloc:
        raise SettingsError(
            "otlp holds no user or password; what a collector asks for goes into OTEL_EXPORTER_OTLP_HEADERS, "
            "as in authorization=Bearer%20TOKEN"
        )
    return str(given)
