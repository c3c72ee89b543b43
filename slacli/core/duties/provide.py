"""The duty to hand something over: what it is, how often, and by which day; met by an entry in the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from slacli.core import wording
from slacli.core.duties import phrases
from slacli.core.nodes import Node, Reader, nth_day
from slacli.model import Contract, Covers, Ledger, NthDay, PeriodKind, Responsibility
from slacli.places import Address
from slacli.values import dataclass


@dataclass(frozen=True, slots=True)
class Provide:
    """One `artefact` for every period, by a day of it."""

    every: PeriodKind
    artefact: str
    by: NthDay | None = None
    kind: ClassVar[str] = "provide"

    def sentence(self, owed: Responsibility, contract: Contract) -> str:
        by = f" by the {self.by}" if self.by else ""
        what = wording.uncapital(self.artefact)
        return f"{phrases.owes(owed, contract)}: {phrases.each(self.every)}{by}, {what}."

    def measure(self, owed: Responsibility, contract: Contract) -> Ledger:
        return Ledger(self.every, self.by)

    def fields(self, owed: Responsibility, contract: Contract) -> Iterator[tuple[str, str, Address]]:
        return iter(())


def parse(node: Node, reader: Reader, covers: Covers | None) -> Provide | None:
    by = nth_day(node.text("by")) if "by" in node else None
    return Provide(node.data["every"], node.text("artefact"), by)
