"""Documents that requests name instead of sending them: those that are trusted, and those that clients sent once before."""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Final

from api.errors import ApiError, ErrorCode
from api.execution.request import Request
from api.roles import Role

_KEPT: Final = 1_000
_KEPT_LENGTH: Final = 16_384
NOT_FOUND: Final = "PersistedQueryNotFound"
"""Clients read this word, and then send the document along."""


class PersistedDocuments:
    """Finds the document of a request. Roles that may not send `others` run trusted documents, and nothing else."""

    def __init__(self, trusted: Mapping[str, str], others: Collection[Role]) -> None:
        self._trusted = {name.removeprefix("sha256:"): document for name, document in trusted.items()}
        self._trusted |= {_hash(document): document for document in trusted.values()}
        self._texts = frozenset(trusted.values())
        self._others = frozenset(others)
        self._kept: OrderedDict[str, str] = OrderedDict()

    def document_of(self, request: Request, role: Role) -> str:
        """The document's text; ApiError where there is none, or none that this role may run.

        What names a trusted document runs it, whatever text was sent along.
        """
        name = request.document_name
        if name is not None and (trusted := self._trusted.get(name)) is not None:
            return trusted
        if role not in self._others and request.query not in self._texts:
            raise ApiError(ErrorCode.FORBIDDEN, f"a key of the role {role.word} runs trusted documents alone; this is none")
        if name is None or request.query:
            return _sent(request.query or "", name)
        if name not in self._kept:
            raise ApiError(ErrorCode.PERSISTED_QUERY_NOT_FOUND, NOT_FOUND)
        self._kept.move_to_end(name)
        return self._kept[name]

    def keep(self, request: Request) -> None:
        """Remember a document that came with its hash and was found to be good; the one least used gives way."""
        if request.query and request.document_name is not None and len(request.query) <= _KEPT_LENGTH:
            self._kept[request.document_name] = request.query
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


def _sent(query: str, name: str | None) -> str:
    if name is not None and _hash(query) != name:
        raise ApiError(ErrorCode.INVALID_INPUT, "what names the document is not the SHA-256 of the query that came with it")
    return query


def _hash(document: str) -> str:
    return sha256(document.encode(errors="surrogatepass")).hexdigest()
