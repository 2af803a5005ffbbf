"""A GraphQL request, whatever it came over."""

from typing import Annotated, Literal

import msgspec

DocumentName = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class PersistedQuery(msgspec.Struct, frozen=True, rename="camel"):
    """How Apollo's clients and urql name a document: by its hash, or by the id that a manifest gave it."""

    version: Literal[1]
    sha256_hash: DocumentName


class Extensions(msgspec.Struct, frozen=True, rename="camel"):
    """What we know of the extensions of a request."""

    persisted_query: PersistedQuery | None = None


class Request(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Either `query` holds the document, or something names it.

    The variables are read once their size is known to be allowed.
    """

    query: str | None = None
    document_id: DocumentName | None = None
    operation_name: str | None = None
    variables: msgspec.Raw = msgspec.Raw(b"null")
    extensions: Extensions | None = None

    def __post_init__(self) -> None:
        if self.query is None and self.document_name is None:
            raise ValueError("it holds no query, and no documentId or extensions.persistedQuery names one")

    @property
    def document_name(self) -> str | None:
        """What names the document; a SHA-256 without the prefix that says so."""
        if self.document_id is not None:
            return self.document_id.removeprefix("sha256:")
        if self.extensions is not None and self.extensions.persisted_query is not None:
            return self.extensions.persisted_query.sha256_hash.removeprefix("sha256:")
        return None

    def takes_variables(self) -> bool:
        """Whether its variables are an object, or none, as far as their first byte tells."""
        return bytes(self.variables).lstrip()[:1] in {b"{", b"n"}
