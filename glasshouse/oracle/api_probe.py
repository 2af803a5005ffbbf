"""Looks into the read models of a running house the way everybody does: over its GraphQL API."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from itertools import batched
from typing import Any, Final
