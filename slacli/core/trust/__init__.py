"""Who agreed to which text: statements, signatures and the chains that hold them together, all of it pure.

Given the files of a contract folder and a roster that is known from elsewhere, it says which versions are signed, by
whom, and what is wrong. It makes no signature, reads no file, and asks no clock.
"""

from __future__ import annotations

from slacli.core.trust import chain, gate, standing
from slacli.findings import Rule

__all__ = ["RULES"]

RULES: tuple[Rule[None], ...] = (*chain.RULES, *standing.RULES, *gate.RULES)
