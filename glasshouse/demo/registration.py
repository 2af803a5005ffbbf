"""The demo's devices are given names and places as people would do it: over the GraphQL API."""

from collections.abc import Iterator
from typing import Any

from glasshouse.client import ApiClient
from glasshouse.demo.actuators import declared
from glasshouse.simulator.fleet import Fleet
from glasshouse.simulator.house import CROPS
from glasshouse.simulator.options import SimulationOptions

_DEFINE_SITE = """
mutation ($input: SiteInput!) {
  defineSite(input: $input) { __typename ... on OperationError { message } }
}
"""
_REGISTER_DEVICE = """
mutation ($input: RegisterDeviceInput!) {
  registerDevice(input: $input) { __typename ... on OperationError { message } }
}
"""
_ISSUE_KEY = """
mutation ($input: IssueKeyInput!) {
  issueKey(input: $input) { __typename ... on IssueKeySuccess { secret } ... on OperationError { message } }
}
"""


async def register(client: ApiClient, options: SimulationOptions) -> None:
    """Define the site and register each device. Doing it again changes nothing."""
    site = {"siteId": options.site, "name": "Demo greenhouse", "timeZone": "Europe/Amsterdam"}
    await client.change(_DEFINE_SITE, input=site)
    for device in _devices(options):
        await client.change(_REGISTER_DEVICE, input=device)


async def automation_key(client: ApiClient, site: str) -> str:
    """A key that may give commands at that site, and nothing else."""
    issued = await client.change(_ISSUE_KEY, input={"name": "demo automation", "role": "OPERATOR", "sites": [site]})
    return str(issued["secret"])


def _devices(options: SimulationOptions) -> Iterator[dict[str, Any]]:
    devices = Fleet(options, "", {}).devices
    for device in devices:
        crop, _ = CROPS[device.zone % len(CROPS)]
        outside = device.kind == "weather"
        yield {
            "deviceId": device.name,
            "deviceType": device.kind,
            "name": "Weather station" if outside else f"{crop.capitalize()} {device.kind}",
            "location": f"{options.site}/outside" if outside else f"{options.site}/house-1/{crop}",
            "actuators": declared(device, devices, options.time_factor) if device.obeys else [],
        }
