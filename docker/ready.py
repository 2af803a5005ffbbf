"""The health check of the image: ends with 0 where the process of this container is ready. By no proxy, whatever is set."""

import http.client
import os
import sys


def main() -> int:
    port = int(os.environ.get("GLASSHOUSE_HTTP", ":8080").rpartition(":")[2])
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        asked.request("GET", "/readyz")
        answer = asked.getresponse()
    except OSError as error:
        sys.stdout.write(f"port {port}: {error}\n")
        return 1
    sys.stdout.write(answer.read(1000).decode(errors="replace"))
    return int(answer.status != http.HTTPStatus.OK)


if __name__ == "__main__":
    sys.exit(main())
