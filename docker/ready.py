"""The health check of the image: ends with 0 where the process of this container is ready. By no proxy, whatever is set."""

import http.client
import os
import ssl
import sys


def main() -> int:
    port = int(os.environ.get("GLASSHOUSE_HTTP", ":8080").rpartition(":")[2])
    asked = _connection(port)
    try:
        asked.request("GET", "/readyz")
        answer = asked.getresponse()
    except OSError as error:
        sys.stdout.write(f"port {port}: {error}\n")
        return 1
    sys.stdout.write(answer.read(1000).decode(errors="replace"))
    return int(answer.status != http.HTTPStatus.OK)


def _connection(port: int) -> http.client.HTTPConnection:
    """As the process of this container speaks; its certificate is for the name that others know."""
    if not any(os.environ.get(f"GLASSHOUSE_TLS_CERTIFICATE{twin}") for twin in ("", "_FILE")):
        return http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=4, context=context)


if __name__ == "__main__":
    sys.exit(main())
