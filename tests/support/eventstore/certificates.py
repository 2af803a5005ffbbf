"""A test's own certificate authority, and a server's certificate for 127.0.0.1 that it signed; by `openssl`."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

OPENSSL = shutil.which("openssl")


@dataclass(frozen=True)
class Certificates:
    """Files: the authority that a client trusts, the server's certificate and its key."""

    authority: Path
    certificate: Path
    key: Path


def make_certificates(folder: Path) -> Certificates:
    """Good for a day, on elliptic curves: made in milliseconds."""
    made = Certificates(folder / "ca.crt", folder / "node.crt", folder / "node.key")
    authority_key, names = folder / "ca.key", folder / "names"
    names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    new = ("req", "-x509", *curve, "-days", "1", "-subj", "/CN=the tests' authority")
    _openssl(*new, "-keyout", str(authority_key), "-out", str(made.authority))
    request = folder / "node.csr"
    _openssl("req", *curve, "-subj", "/CN=eventstore", "-keyout", str(made.key), "-out", str(request))
    signed_by = ("-CA", str(made.authority), "-CAkey", str(authority_key), "-CAcreateserial", "-extfile", str(names))
    _openssl("x509", "-req", "-in", str(request), "-days", "1", *signed_by, "-out", str(made.certificate))
    return made


def _openssl(*arguments: str) -> None:
    assert OPENSSL is not None, "no openssl on this machine"
    subprocess.run([OPENSSL, *arguments], check=True, capture_output=True)
