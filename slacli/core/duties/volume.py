"""The duty that there are enough of something: a number of rows in each period, in all or by the values of a field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from slacli.core import wording
from slacli.core.duties import phrases
from slacli.core.nodes import Node, Reader
from slacli.model import Contract, Covers, PeriodKind, Responsibility, Tally
from slacli.places import Address
from slacli.values import dataclass


@dataclass(frozen=True, slots=True)
class Volume:
    """Counts the rows of `of` in each period. Without a history a row counts once, in the period of its date."""

    of: Covers
    per: PeriodKind
    at_least: tuple[tuple[str | None, int], ...]
    counts: Literal["first", "each"] = "first"
    split_by: str | None = None
    ramp: tuple[tuple[str, int], ...] = ()
    kind: ClassVar[str] = "volume"

    def sentence(self, owed: Responsibility, contract: Contract) -> str:
        named = phrases.rows(self.of, contract)
        if self.split_by is None:
            amount = f"at least {wording.number(self.at_least[0][1])} {named}"
        else:
            amounts = [f"{wording.number(n)} {named} in {value}" for value, n in self.at_least]
            amount = f"at least {wording.listed(amounts)} (by `{self.split_by}`)"
        steps = "".join(f", from {period} {wording.number(n)}" for period, n in self.ramp)
        once = ", each counted once," if self.counts == "first" else ""
        return f"{phrases.owes(owed, contract)}: {amount}{once} {phrases.each(self.per)}{steps}."

    def measure(self, owed: Responsibility, contract: Contract) -> Tally:
        return Tally(self.of, self.per, self.at_least, self.split_by, self.ramp)

    def fields(self, owed: Responsibility, contract: Contract) -> Iterator[tuple[str, str, Address]]:
        if self.split_by is not None:
            yield self.of.record, self.split_by, self.of.at


def parse(node: Node, reader: Reader, covers: Covers | None) -> Volume | None:
    of = reader.covers(node["of"])
    split = reader.field(of.record if of else None, node.get("split_by"))
    amounts = node["at_least"]
    pairs: tuple[tuple[str | None, int], ...]
    if isinstance(amounts.data, dict):
        pairs = tuple((value, int(amount.data)) for value, amount in amounts.items())
    else:
        pairs = ((None, int(amounts.data)),)
    if of is None or ("split_by" in node and split is None):
        return None
    ramp = tuple((period, int(value.data)) for period, value in (node.get("ramp") or Node({}, node.at)).items())
    return Volume(of, node.data["per"], pairs, node.data.get("counts", "first"), split, ramp)
