"""A site: a place with a time zone of its own."""

import strawberry

from api.fields import described
from api.types.node import Node
from projections.latest_queries import SiteView


@strawberry.type(description="A site: the first part of every location.")
class Site(Node):
    id: strawberry.ID = described("As it stands in topics and locations.")
    name: str | None = described("What people call it.")
    time_zone: str = described("The IANA time zone of its days.")


def site(view: SiteView) -> Site:
    return Site(id=strawberry.ID(view.site_id), name=view.name, time_zone=view.time_zone)
