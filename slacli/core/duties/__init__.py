"""The kinds of duty, by the key of `responsibilities.yaml` that makes a duty one: a file for each, and this table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from slacli.core.duties import attempts, clock, complete, follows, must, provide, volume
from slacli.core.nodes import Node, Reader
from slacli.model import Covers, Duty

Parser = Callable[[Node, Reader, Covers | None], Duty | None]

PARSERS: Mapping[str, Parser] = MappingProxyType(
    {
        "clock": clock.parse,
        "complete": complete.parse,
        "must": must.parse,
        "follows": follows.parse,
        "attempts": attempts.parse,
        "volume": volume.parse,
        "provide": provide.parse,
    }
)
