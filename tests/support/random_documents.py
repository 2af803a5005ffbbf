"""Documents as chance will have them: fields asked for twice, aliases, fragments in fragments, @skip, @include, variables."""

from random import Random
from typing import Final

_LEAVES: Final = (
    *("__typename", "text", "mustText", "number", "mustFloat", "flag", "id", "colour", "mustColour", "plain", "mustPlain"),
    *("texts", "grid", "sum", "sum(x: $x)", "sum(x: null, y: [1, $x])", "sum(z: {right: 2})", "sum(y: $many)"),
)
_OBJECTS: Final = ("thing", "mustThing", "things", "holes")
_ABSTRACT: Final = ("either", "eithers", "named", "mustNamed")
_CONDITIONS: Final = ("@skip(if: $yes)", "@include(if: $yes)", "@skip(if: $no)", "@include(if: $no)", "@include(if: true)")


class Author:
    """Writes one document."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._fragments: list[str] = []

    def document(self, kind: str) -> str:
        root = self._selections("Mutation" if kind == "mutation" else "Query", 3)
        head = f"{kind} Any($x: Int = 5, $many: [Int!], $yes: Boolean!, $no: Boolean! = false)"
        used = "__typename @include(if: $yes) @skip(if: $no) a: sum(x: $x) b: sum(y: $many)"
        return "\n".join([f"{head} {{ {used} {root} }}", *self._fragments])

    def _selections(self, kind: str, depth: int) -> str:
        return " ".join(self._selection(kind, depth) for _ in range(self._rng.randint(1, 4)))

    def _selection(self, kind: str, depth: int) -> str:
        roll = self._rng.random()
        condition = self._rng.choice(_CONDITIONS) if self._rng.random() < 0.2 else ""
        if roll < 0.1 and depth:
            return f"... {condition} {{ {self._selections(kind, depth - 1)} }}"
        if roll < 0.2 and depth:
            return f"...{self._fragment(kind, depth)} {condition}"
        if roll < 0.5 or not depth:
            return self._leaf(kind, condition)
        return self._object(depth, condition)

    def _leaf(self, kind: str, condition: str) -> str:
        field = self._rng.choice(("id", "__typename") if kind in {"Named", "Either"} else _LEAVES)
        if kind == "Either":
            field = "__typename"
        return f"{self._alias(field)}{field} {condition}"

    def _object(self, depth: int, condition: str) -> str:
        if self._rng.random() < 0.7:
            field, kind = self._rng.choice(_OBJECTS), "Thing"
        else:
            field = self._rng.choice(_ABSTRACT)
            kind = "Either" if field.startswith("either") else "Named"
        return f"{self._alias(field)}{field} {condition} {{ {self._below(kind, depth - 1)} }}"

    def _below(self, kind: str, depth: int) -> str:
        if kind == "Thing":
            return self._selections(kind, depth)
        parts = [
            f"... on {name} {{ {self._selections(name, depth)} }}" for name in ("Thing", "Other") if self._rng.random() < 0.7
        ]
        return " ".join(["__typename", *parts])

    def _fragment(self, kind: str, depth: int) -> str:
        body = self._selections(kind, depth - 1)
        name = f"F{len(self._fragments)}"
        self._fragments.append(f"fragment {name} on {kind} {{ {body} }}")
        return name

    def _alias(self, field: str) -> str:
        named = "(" in field or self._rng.random() < 0.3
        return f"a{self._rng.randrange(10**6)}: " if named else ""
