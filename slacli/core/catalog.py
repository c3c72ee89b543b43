"""Every rule that slacli can report, with its page: what `slacli rule` shows, the documentation lists and tests run."""

from __future__ import annotations

import re
import textwrap
from typing import Any, Literal

from slacli.core import rules
from slacli.core.text import parse
from slacli.findings import Finding, Rule
from slacli.model import Contract

Sample = tuple[Literal["bad", "good", "before", "after"], str]
"""Text that a rule reports, or that nothing is to be said about: a part of a contract, or a whole file of one.

A kind of change has what was there before and after it instead; what is left out is the small contract as it is.
"""

_SAMPLE = re.compile(r"^(Bad|Good|Before|After):\n((?:[ \t]+.*\n?|\n)+)", re.MULTILINE)


def every() -> tuple[Rule[Any], ...]:
    """Give every rule: of the text, of the agreement, of the data, of changes between versions, and of signatures."""
    from slacli.core import changes, verdict
    from slacli.core.trust import pages as signatures

    return (*parse.RULES, *rules.RULES, *verdict.RULES, *changes.RULES, *signatures.RULES)


def named(name: str) -> Rule[Any] | None:
    """Give the rule of a name, or None where no rule is called that."""
    return next((rule for rule in every() if rule.name == name), None)


def run_rules(contract: Contract) -> list[Finding]:
    """Give everything that the rules about an agreement find in one."""
    return [rule.found(problem) for rule in rules.RULES if rule.check is not None for problem in rule.check(contract)]


def first_sentence(rule: Rule[Any]) -> str:
    """Give what is wrong where a rule reports something, in one sentence."""
    return " ".join(rule.page.partition("\n\n")[0].split())


def samples(rule: Rule[Any]) -> list[Sample]:
    """Give the samples of a rule's page, in their order."""
    kinds: dict[str, Literal["bad", "good", "before", "after"]] = {
        "Bad": "bad", "Good": "good", "Before": "before", "After": "after",
    }  # fmt: skip
    return [(kinds[kind], textwrap.dedent(text).strip("\n") + "\n") for kind, text in _SAMPLE.findall(rule.page)]
