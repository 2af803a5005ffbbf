"""What the mutations about versions of read models do: order it, and show how it stands. Nobody waits for it to be done."""

from api.context import Context
from api.errors import ApiError, ErrorCode
from api.types.projection import Projection, projection
from projections.rebuilds import Action, RebuildRefusedError


def order(context: Context, name: str, action: Action, *, accept: bool = False, anew: bool = False) -> Projection:
    """Let it run. ApiError where there is no such read model here, or another one is being rebuilt."""
    services = context.services
    if services.rebuilds is None:
        raise ApiError(ErrorCode.NOT_FOUND, "nothing can be rebuilt here")
    known = services.rebuilds.versions(name) is not None
    try:
        services.rebuilds.begin(name, action, accept=accept, anew=anew, actor=context.principal.actor)
    except RebuildRefusedError as error:
        raise ApiError(ErrorCode.CONFLICT if known else ErrorCode.NOT_FOUND, str(error)) from error
    [status] = [status for status in services.projections.status() if status.name == name]
    return projection(status, services)
