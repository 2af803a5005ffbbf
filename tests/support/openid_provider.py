"""An OpenID provider on this machine: it publishes keys, signs what it is told to, and can go away."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from adapters.openid.provider import OpenId

AUDIENCE = "greenhouse"


class SigningKey:
    """A key of a provider."""

    def __init__(self, kid: str | None, bits: int = 2048) -> None:
        self.kid = kid
        self.private: RSAPrivateKey = generate_private_key(65537, bits)

    def jwk(self, **more: Any) -> dict[str, Any]:
        """What is published of it."""
        public: dict[str, Any] = RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        named = {} if self.kid is None else {"kid": self.kid}
        return {"kty": public["kty"], "n": public["n"], "e": public["e"], **named, **more}

    def pem(self) -> bytes:
        """The public half, as text that could be taken for a shared secret."""
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class Provider:
    """`answers` is what stands at each path, as status and body; `asked` counts how often each was asked for."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: dict[str, int] = {}
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.publish()
        self.discover(issuer=url, jwks_uri=f"{url}/keys")

    def publish(self, *jwks: Mapping[str, Any]) -> None:
        """From now on these are its keys."""
        self.answers["/keys"] = (200, msgspec.json.encode({"keys": jwks}))

    def discover(self, **document: str) -> None:
        self.answers["/.well-known/openid-configuration"] = (200, msgspec.json.encode(document))

    def setting(self, **more: Any) -> OpenId:
        return msgspec.convert({"issuer": self.url, "audience": AUDIENCE, **more}, OpenId)

    def token(
        self, key: SigningKey, *, algorithm: str = "RS256", header: Mapping[str, Any] | None = None, **claims: Any
    ) -> str:
        """A token with good claims, but for those given; None leaves one out."""
        now = int(time.time())
        good = {"iss": self.url, "aud": AUDIENCE, "sub": "ada", "iat": now, "exp": now + 300, "roles": ["viewer"]}
        said = {name: value for name, value in {**good, **claims}.items() if value is not None}
        named = {} if key.kid is None else {"kid": key.kid}
        return jwt.encode(said, key.private, algorithm=algorithm, headers={**named, **(header or {})})


@contextmanager
def openid_provider() -> Iterator[Provider]:
    """A provider that is there."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            provider.asked[self.path] = provider.asked.get(self.path, 0) + 1
            status, body = provider.answers.get(self.path, (404, b""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", "/keys")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nobody asked."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        provider = Provider(f"http://127.0.0.1:{server.server_port}")
        serving = threading.Thread(target=server.serve_forever, args=(0.01,), name="openid-provider")
        serving.start()
        try:
            yield provider
        finally:
            server.shutdown()
            serving.join()
