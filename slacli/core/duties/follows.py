"""The duty that the lifecycle is kept: records start, move and end as the agreement says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from slacli.core.duties import phrases
from slacli.core.nodes import Node, Reader
from slacli.model import Contract, Course, Covers, Responsibility
from slacli.places import Address
from slacli.values import dataclass


@dataclass(frozen=True, slots=True)
class Follows:
    """A covered row meets it where every move that can be seen is one that the lifecycle allows."""

    lifecycle: str
    at: Address
    kind: ClassVar[str] = "follows"

    def sentence(self, owed: Responsibility, contract: Contract) -> str:
        return (
            f"{phrases.owes(owed, contract)}: {phrases.of_rows(owed, contract)} keep the lifecycle "
            f"`{self.lifecycle}`.{phrases.after(owed, contract)}"
        )

    def measure(self, owed: Responsibility, contract: Contract) -> Course:
        return Course(self.lifecycle)

    def fields(self, owed: Responsibility, contract: Contract) -> Iterator[tuple[str, str, Address]]:
        if self.lifecycle in contract.lifecycles:
            cycle = contract.lifecycles[self.lifecycle]
            yield cycle.record, cycle.field, self.at


def parse(node: Node, reader: Reader, covers: Covers | None) -> Follows | None:
    name = reader.refer("lifecycle", node)
    return Follows(name, node.at) if name else None
