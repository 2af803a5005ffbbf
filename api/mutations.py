"""The fields of Mutation: decide, append, and wait until the change can be seen, but not for long."""

from typing import Annotated

import strawberry

from api.changes import change_device, change_site, issue_key, revoke_key
from api.context import Info
from api.fields import argument, guarded
from api.roles import Role
from api.types.inputs import IssueKeyInput, RegisterDeviceInput, RevokeKeyInput, SiteInput
from api.types.results import DefineSiteResult, IssueKeyResult, RegisterDeviceResult, RevokeKeyResult


@strawberry.type(description="What can be changed. Each change is an event, and answers with its success or an OperationError.")
class Mutation:
    @guarded(Role.OPERATOR, "Define a site, or change its name or time zone.")
    async def define_site(
        self,
        info: Info,
        input: Annotated[SiteInput, argument("The site.")],  # noqa: A002 - the name is fixed
    ) -> DefineSiteResult:
        return await change_site(info.context, input)

    @guarded(
        Role.OPERATOR, "Register a device, or change what is known of it. A device need not be registered before it speaks."
    )
    async def register_device(
        self,
        info: Info,
        input: Annotated[RegisterDeviceInput, argument("The device.")],  # noqa: A002 - the name is fixed
    ) -> RegisterDeviceResult:
        return await change_device(info.context, input)

    @guarded(Role.ADMIN, "Issue an API key. The answer holds it this once; only a hash is kept.")
    async def issue_key(
        self,
        info: Info,
        input: Annotated[IssueKeyInput, argument("The key.")],  # noqa: A002 - the name is fixed
    ) -> IssueKeyResult:
        return await issue_key(info.context, input)

    @guarded(Role.ADMIN, "Revoke an API key for good, with the sessions and sockets that it opened.")
    async def revoke_key(
        self,
        info: Info,
        input: Annotated[RevokeKeyInput, argument("The key.")],  # noqa: A002 - the name is fixed
    ) -> RevokeKeyResult:
        return await revoke_key(info.context, input)
