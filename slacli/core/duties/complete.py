"""The duty that facts are known: a list of fields that hold a value that can be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from slacli.core import wording
from slacli.core.duties import phrases
from slacli.core.nodes import Node, Reader
from slacli.criterion import And, Known
from slacli.model import Contract, Covers, RecordTest, Responsibility
from slacli.places import Address
from slacli.values import dataclass


@dataclass(frozen=True, slots=True)
class Complete:
    """A covered row meets it where every field holds a readable, allowed value; anything else counts as missing."""

    facts: tuple[tuple[str, Address], ...]
    kind: ClassVar[str] = "complete"

    def sentence(self, owed: Responsibility, contract: Contract) -> str:
        named = wording.listed([f"`{name}`" for name, _ in self.facts])
        return (
            f"{phrases.owes(owed, contract)}: {phrases.of_rows(owed, contract)} come with {named}."
            f"{phrases.after(owed, contract)}"
        )

    def measure(self, owed: Responsibility, contract: Contract) -> RecordTest:
        return RecordTest(And(tuple(Known(name, (0, 0)) for name, _ in self.facts), (0, 0)))

    def fields(self, owed: Responsibility, contract: Contract) -> Iterator[tuple[str, str, Address]]:
        if owed.covers is not None:
            for name, at in self.facts:
                yield owed.covers.record, name, at


def parse(node: Node, reader: Reader, covers: Covers | None) -> Complete | None:
    record = covers.record if covers else None
    facts = []
    for index in range(len(node.data)):
        name = reader.field(record, node[index])
        if name is not None:
            facts.append((name, node[index].at))
    return Complete(tuple(facts)) if facts and len(facts) == len(node.data) else None
