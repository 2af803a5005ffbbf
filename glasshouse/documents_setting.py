"""The setting `trusted_documents`: a manifest of GraphQL documents, as the tools of those who write clients make it.

Either an object of ids and documents (`persisted-documents.json` of `@graphql-codegen`'s client preset, and Relay's), or what
Apollo's `generate-persisted-query-manifest` writes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from glasshouse.errors import SettingsError


class _Operation(msgspec.Struct, frozen=True):
    id: str
    body: str


class _ApolloManifest(msgspec.Struct, frozen=True):
    format: Literal["apollo-persisted-query-manifest"]
    version: Literal[1]
    operations: list[_Operation]


class _Head(msgspec.Struct, frozen=True):
    format: str | None = None
    operations: Any = None


def trusted_documents(path: Path) -> Mapping[str, str]:
    """Ids and documents; SettingsError where the file cannot be read, or holds something else."""
    try:
        content = path.read_bytes()
        if msgspec.json.decode(content, type=_Head).operations is not None:
            return {one.id: one.body for one in msgspec.json.decode(content, type=_ApolloManifest).operations}
        return msgspec.json.decode(content, type=dict[str, str])
    except OSError as error:
        raise SettingsError(f"trusted_documents names {path}, which cannot be read: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(f"trusted_documents names {path}, which is no manifest of GraphQL documents: {error}") from error
