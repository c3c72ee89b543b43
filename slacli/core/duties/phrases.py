"""How duties read: the pieces of the generated sentence that all kinds share."""

from __future__ import annotations

from fractions import Fraction

from slacli.core import wording
from slacli.model import Contract, Covers, PeriodKind, Responsibility, Target


def owes(owed: Responsibility, contract: Contract) -> str:
    return f"{contract.party_title(owed.owed_by)} owes {contract.party_title(owed.owed_to)}"


def rows(covers: Covers | None, contract: Contract) -> str:
    """Name the rows that a duty is about: `MQLs`, `sales`, `leads`."""
    if covers is None:
        return "rows"
    if covers.term is None:
        return wording.plural(wording.uncapital(contract.records[covers.record].title))
    return wording.plural(wording.uncapital(contract.terms[covers.term].name))


def of_rows(owed: Responsibility, contract: Contract) -> str:
    """Open the sentence: of which rows how many: `of each month's MQLs where ... at least 95 %`."""
    named = rows(owed.covers, contract)
    where = f" where `{owed.where.text}`" if owed.where else ""
    per = owed.target.per if owed.target else None
    opening = f"of each {per}'s {named}{where}" if per else f"of the {named}{where}"
    return f"{opening} {at_least(owed.target)}"


def at_least(target: Target | None) -> str:
    """Say how many: `at least 95 % (from FY28-Q2 96 %)`, or that all are owed."""
    if target is None or target.share == 1:
        return "all"
    steps = ", ".join(f"from {period} {percentage(share)}" for period, share in target.ramp)
    return f"at least {percentage(target.share)}" + (f" ({steps})" if steps else "")


def percentage(share: Fraction) -> str:
    """Print a share as it was agreed: `95 %`, `99.5 %`."""
    text = f"{share.numerator * 100 / share.denominator:.6f}".rstrip("0").rstrip(".")
    return f"{text} %"


def after(owed: Responsibility, contract: Contract) -> str:
    """Close the sentence: how few rows are too few, and which rows the other side's lateness takes out."""
    parts = []
    if owed.relieved_by:
        named = wording.listed([contract.responsibilities[r].title for r in owed.relieved_by if r in
                                contract.responsibilities], "or")  # fmt: skip
        parts.append(f"Rows that {contract.party_title(owed.owed_to)} was late on ({named}) do not count.")
    if owed.judge_from:
        parts.append(f"Below {owed.judge_from} nothing is judged.")
    return (" " + " ".join(parts)) if parts else ""


def each(kind: PeriodKind) -> str:
    return f"each {kind}"
