"""The duty that something holds: one criterion or term that every covered row is tested by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from slacli.core.criteria import fields_of
from slacli.core.duties import phrases
from slacli.core.nodes import Node, Reader
from slacli.criterion import Meets
from slacli.model import Contract, Covers, RecordTest, Responsibility, Test
from slacli.places import Address
from slacli.values import dataclass


@dataclass(frozen=True, slots=True)
class Must:
    """A covered row meets it where `test` is true and misses it where `test` is false."""

    test: Test
    kind: ClassVar[str] = "must"

    def sentence(self, owed: Responsibility, contract: Contract) -> str:
        tree = self.test.tree
        if isinstance(tree, Meets) and tree.term in contract.terms:
            term = contract.terms[tree.term]
            what = f"meet the definition of {term.title} (`{term.id}`)"
        else:
            what = f"fulfil `{self.test.text}`"
        return (
            f"{phrases.owes(owed, contract)}: {phrases.of_rows(owed, contract)} {what}.{phrases.after(owed, contract)}"
        )

    def measure(self, owed: Responsibility, contract: Contract) -> RecordTest:
        return RecordTest(self.test.tree)

    def fields(self, owed: Responsibility, contract: Contract) -> Iterator[tuple[str, str, Address]]:
        if owed.covers is not None:
            for name in fields_of(self.test.tree):
                yield owed.covers.record, name, self.test.at


def parse(node: Node, reader: Reader, covers: Covers | None) -> Must | None:
    test = reader.test(node, covers.record if covers else None)
    return Must(test) if test else None
