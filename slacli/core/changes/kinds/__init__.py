"""Every kind of change that can be found between two versions, each with its page, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from slacli.core.changes.kinds import cover, definitions, duties, goals
from slacli.core.changes.kinds.weights import WEIGHTS, Kind, Weight
from slacli.findings import Rule

ALL: tuple[Kind, ...] = (*cover.KINDS, *definitions.KINDS, *duties.KINDS, *goals.KINDS)
RULES: tuple[Rule[None], ...] = tuple(kind.rule for kind in ALL)
KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in ALL})

__all__ = ["ALL", "KINDS", "RULES", "WEIGHTS", "Kind", "Weight"]
