"""Every rule about signatures, apart from the package, of which whoever reads a contract needs only the digests."""

from __future__ import annotations

from slacli.core.trust import chain, gate, mail, stand_ins, standing, witness
from slacli.findings import Rule

RULES: tuple[Rule[None], ...] = (
    *chain.RULES,
    *stand_ins.RULES,
    *standing.RULES,
    *gate.RULES,
    *witness.RULES,
    *mail.RULES,
)
