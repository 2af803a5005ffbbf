"""`/healthz` says that the process lives, `/readyz` whether each part works, `/metrics` what Prometheus asks."""

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from api.access import Access
from api.errors import ApiError
from api.roles import Role, require
from api.scope import require_whole
from api.services import HealthProbe, Remark
from api.transports.bodies import HttpRefused
from api.transports.responses import json_response


async def healthz(_request: Request) -> Response:
    """The event loop turns."""
    return json_response({"alive": True})


class Readiness:
    """The endpoint `/readyz` names every part that is not as it should be, and says why; 503 where one of them is needed."""

    def __init__(self, probes: Sequence[HealthProbe], seconds: float) -> None:
        self._probes = probes
        self._seconds = seconds

    async def respond(self, _request: Request) -> Response:
        reasons = await asyncio.gather(*(self._check(probe) for probe in self._probes))
        parts = {probe.name: reason or "ready" for probe, reason in zip(self._probes, reasons, strict=True)}
        ready = not any(reason for probe, reason in zip(self._probes, reasons, strict=True) if not isinstance(probe, Remark))
        return json_response({"ready": ready, "parts": parts}, 200 if ready else 503)

    async def _check(self, probe: HealthProbe) -> str | None:
        try:
            async with asyncio.timeout(self._seconds):
                return await probe.check()
        except TimeoutError:
            return f"no answer within {self._seconds:g} s"
        except Exception as error:  # noqa: BLE001 - whatever a probe dies of is why its part is not ready
            return str(error) or type(error).__name__


class Metrics:
    """The endpoint `/metrics`: open to this machine, for a key of role viewer from anywhere else."""

    def __init__(self, registry: CollectorRegistry, access: Access) -> None:
        self._registry = registry
        self._access = access

    async def respond(self, request: Request) -> Response:
        if not _is_local(request):
            await self._check(request)
        return Response(generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _check(self, request: Request) -> None:
        principal = await self._access.principal_of(request)
        try:
            require(Role.VIEWER, principal.role, "/metrics")
            require_whole(principal.scope, "/metrics")
        except ApiError as error:
            raise HttpRefused(403, error) from error


def _is_local(request: Request) -> bool:
    """A proxy on this machine speaks for somebody else."""
    if request.client is None or "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
