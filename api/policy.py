"""What the settings allow to whom: pages of other origins, which documents run, and introspection."""

from collections.abc import Mapping

import msgspec

from api.roles import Role

EVERYBODY = frozenset(Role)


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Pages of `allowed_origins` may ask as our own may. Keys of roles in `introspection` may ask for the schema.

    `trusted_documents` are named by their ids; keys of other roles than those of `other_documents` run nothing else.
    """

    allowed_origins: tuple[str, ...] = ()
    trusted_documents: Mapping[str, str] = {}
    other_documents: frozenset[Role] = EVERYBODY
    introspection: frozenset[Role] = EVERYBODY
