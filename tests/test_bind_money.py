"""Amounts as people write them: the sign of a currency, and the signs of thousands and decimals, are told by cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import report, slacli

from slacli.core.dialects import SIGNS
from slacli.core.drafts import shapes


def deals(folder: Path, amounts: Sequence[str], *more: str, currencies: Sequence[str] = ()) -> str:
    headers = ["Opportunity ID", "Stage", "Amount", "Close Date", *(["Amount Currency"] if currencies else [])]
    rows = [
        [f"D{n}", "Closed Won", amount, "2026-01-31", *([currencies[n]] if currencies else [])]
        for n, amount in enumerate([*amounts, *more])
    ]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([headers, *rows])
    (folder / "deals.csv").write_text(text.getvalue(), encoding="utf-8")
    return "deals.csv"


def begun(folder: Path, *amounts: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Begin from deals with some amounts; give the cover and the binding."""
    won = ("--won", "opportunity_id is not blank")
    ran = slacli("init", "--yes", *won, deals(folder, amounts), folder=folder)
    assert ran.code == 0, ran.text
    where = folder / "contracts"
    cover, binding = (yaml.safe_load((where / name).read_text("utf-8")) for name in (
        "contract.yaml", "bindings/deals.yaml"))  # fmt: skip
    return cover, binding


def total(folder: Path) -> Fraction:
    """Give the revenue that a check counts: the sum of all amounts, since all are of one quarter."""
    ran = report("check", "deals.csv", "--as-of", "2026-06-30", folder=folder)
    return sum((Fraction(goal["value"]["number"]) for goal in ran["goals"]), Fraction(0))


@pytest.mark.parametrize(
    ("amounts", "currency", "reads", "sums_to"),
    [
        (("$5", "$1000.50", "-$5.00"), "USD", {}, "1000.50"),
        (("€1.234,50", "€10,00", "3,00 €"), "EUR", {"thousands": ".", "decimal": ","}, "1247.50"),
        (("1,000.50 GBP", "£2,000.00", "7"), "GBP", {"thousands": ","}, "3007.50"),
        (("1 234,50", "12 000,00", "3,25"), "USD", {"thousands": " ", "decimal": ","}, "13237.75"),
        (("1'234.50", "12'000.00", "3.25"), "USD", {"thousands": "'"}, "13237.75"),
        (("CHF 5.00", "7.00 CHF", "Fr. 8", "2.50 SFr."), "CHF", {}, "22.50"),
        (("1.234,50", "9.999,99"), "USD", {"thousands": ".", "decimal": ","}, "11234.49"),
    ],
)  # fmt: skip
def test_amounts_are_money_in_their_currency(
    amounts: Sequence[str], currency: str, reads: dict[str, str], sums_to: str, tmp_path: Path
) -> None:
    cover, binding = begun(tmp_path, *amounts)
    assert cover["currency"] == currency
    assert binding.get("reads", {}) == reads
    assert binding["columns"]["amount"] == "Amount"
    assert total(tmp_path) == Fraction(sums_to)


def test_amounts_of_another_currency_are_left_out_with_what_to_do(tmp_path: Path) -> None:
    slacli("init", "--yes", "--currency", "USD", deals(tmp_path, ("€5", "€6", "€7")), folder=tmp_path)
    text = (tmp_path / "contracts" / "bindings" / "deals.yaml").read_text("utf-8")
    assert (
        '# amount: left out, since "Amount" is in EUR and the contract counts in USD: say `currency: EUR` in '
        "contract.yaml, or export its currency too\n"
    ) in text


def test_a_few_amounts_of_another_currency_are_asked_about(tmp_path: Path) -> None:
    ran = slacli("init", "--yes", deals(tmp_path, ["$5"] * 30, "€6"), folder=tmp_path)
    assert '1 of 31 cells of "Amount" cannot be read as money: how many may?' in " ".join(ran.out.split())


def test_the_currency_of_a_column_beside_is_proposed(tmp_path: Path) -> None:
    slacli("init", "--yes", deals(tmp_path, ["5", "6", "7"], currencies=["GBP", "GBP", "GBP"]), folder=tmp_path)
    cover = yaml.safe_load((tmp_path / "contracts" / "contract.yaml").read_text("utf-8"))
    assert cover["currency"] == "GBP"


def test_a_column_of_signed_amounts_is_money_whatever_it_is_called(tmp_path: Path) -> None:
    rows = "".join(f'{n},"$1,{n}00.00",{n} apples\n' for n in range(1, 10))
    (tmp_path / "things.csv").write_text(f"Thing ID,Zork,Fruit\n{rows}", encoding="utf-8")
    slacli("init", "--yes", "things.csv", folder=tmp_path)
    fields = yaml.safe_load((tmp_path / "contracts" / "definitions.yaml").read_text("utf-8"))["records"]["things"]
    assert {name: one["type"] for name, one in fields["fields"].items()} == {
        "thing_id": "text", "zork": "money", "fruit": "text",
    }  # fmt: skip
    assert slacli("check", "things.csv", folder=tmp_path).code == 0


@pytest.mark.parametrize("currency", SIGNS)
def test_every_sign_and_code_is_known_on_both_sides(currency: str) -> None:
    for sign in (currency, *SIGNS[currency]):
        for cell in (f"{sign}5", f"5 {sign}", f"{sign} 5", f"-{sign}5", f"{sign}-5"):
            found = shapes.amount(cell)
            assert found is not None, cell
            assert (found.currency, found.kind) == (currency, "whole"), cell


@pytest.mark.parametrize(
    "cell", ["5", "1,000.00", "abc", "5 apples", "$", "$$5", "$5$x", "1 2 3", "12 34", "1 234'567", "5 %", "10k", "$x5",
             "2026-01-31", "+1 555 0100", "USD", "usd 5", "(5.00)"],
)  # fmt: skip
def test_what_is_no_signed_amount(cell: str) -> None:
    assert shapes.amount(cell) is None
