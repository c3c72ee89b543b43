"""The words of messages."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slacli.core.wording import (
    article,
    counted,
    escaped,
    listed,
    nearest,
    number,
    plural,
    quoted,
    sanitised,
    share,
    uncapital,
)

# --- did you mean -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "candidates", "meant"),
    [
        ("mlq", ["mql", "sales_ready_lead", "sale"], "mql"),
        ("definition.yaml", ["definitions.yaml", "goals.yaml", "holidays.yaml"], "definitions.yaml"),
        ("Lead Status", ["lead_status", "lead_source"], "lead_status"),
        ("owned-by", ["owned_by", "owed_by"], "owned_by"),
        ("responsabilities", ["responsibilities", "records"], "responsibilities"),
        ("qualified_att", ["qualified_at", "rejected_at", "accepted_at"], "qualified_at"),
        ("Partners", ["Partner", "Paid search", "Web"], "Partner"),
        ("CALL", ["Call", "Email"], "Call"),
        ("mql", ["mql", "mqls"], "mql"),
        ("no", ["NO", "on"], "NO"),
    ],
)
def test_the_nearest_word_is_proposed(word: str, candidates: list[str], meant: str) -> None:
    assert nearest(word, candidates) == meant
    assert nearest(word, reversed(candidates)) == meant
    assert nearest(word, candidates * 2) == meant


@pytest.mark.parametrize(
    ("word", "candidates"),
    [
        ("sal", ["sale", "sql"]),
        ("hot", ["Hot", "HOT"]),
        ("xyz", ["mql", "sale"]),
        ("to", ["do"]),
        ("budget", ["timeframe"]),
        ("won", []),
        ("", ["a", "mql"]),
        ("lead_source", ["lead_status_since"]),
        ("x" * 5_000, ["x" * 4_999]),
    ],
)
def test_nothing_is_proposed_where_none_or_two_are_near(word: str, candidates: list[str]) -> None:
    assert nearest(word, candidates) is None


@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=6))
def test_what_is_proposed_is_a_candidate_in_any_order(word: str, candidates: list[str]) -> None:
    meant = nearest(word, candidates)
    assert meant is None or meant in candidates
    assert nearest(word, candidates[::-1]) == meant


# --- lists, plurals, numbers ------------------------------------------------------------------


def test_lists_read_as_people_write_them() -> None:
    assert [listed(""), listed("a"), listed("ab"), listed("abc"), listed("abc", "or")] == [
        "", "a", "a and b", "a, b and c", "a, b or c",
    ]  # fmt: skip
    assert quoted(name for name in ["mql", "sale"]) == "`mql` and `sale`"
    assert quoted(["a", "b", "c\x1b"], "or") == r"`a`, `b` or `c\x1b`"
    assert quoted([]) == ""


def test_numbers_have_commas_and_agree_with_their_noun() -> None:
    assert [counted(0, "row"), counted(1, "row"), counted(1204, "row"), counted(2, "child", "children")] == [
        "0 rows", "1 row", "1,204 rows", "2 children",
    ]  # fmt: skip
    assert [number(999), number(-1204), number(10**6), number(Decimal("1234.50")), number(Decimal("1E+3"))] == [
        "999", "-1,204", "1,000,000", "1,234.50", "1,000",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "many"),
    [("lead", "leads"), ("MQL", "MQLs"), ("Marketing qualified lead", "Marketing qualified leads"), ("SLA", "SLAs"),
     ("opportunity", "opportunities"), ("Lead history", "Lead histories"), ("day", "days"), ("batch", "batches"),
     ("pass", "passes"), ("person", "people"), ("Sales person", "Sales people"), ("Q3", "Q3s"),
     ("salesperson", "salespeople")],
)  # fmt: skip
def test_plurals(one: str, many: str) -> None:
    assert plural(one) == many


@pytest.mark.parametrize(
    "words",
    ["a sale", "an opportunity", "an MQL", "an SQL", "an SAL", "an SDR", "a CEO", "a VP", "an SLA", "a user", "a unit",
     "an unmet promise", "an hour", "an 8 hour day", "an 11 day window", "a 118 day window", "an 18,000 row file",
     "a 1,100 row file", "a one-off", "a European lead", "an mql", "an x", "a `sale`", "an `mql`", "an `owner`",
     "a union"],
)  # fmt: skip
def test_articles_go_by_the_sound(words: str) -> None:
    expected, _, rest = words.partition(" ")
    assert article(rest) == expected


def test_titles_inside_a_sentence() -> None:
    titles = ["Needs report", "MQL", "A lead", "VP Sales", "SaaS deal", "Q3 review", "Marketing-led", "Ärger", ""]
    assert [uncapital(title) for title in titles] == [
        "needs report", "MQL", "a lead", "VP Sales", "SaaS deal", "Q3 review", "marketing-led", "ärger", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("part", "digits", "words"),
    [("0.94999", 1, "94.9"), ("0.95", 1, "95.0"), ("1", 1, "100.0"), ("0", 1, "0.0"), ("0.9999999", 1, "99.9"),
     ("0.0004", 1, "0.0"), ("2/3", 0, "66"), ("2/3", 3, "66.666"), ("0.0004", 2, "0.04"), ("-0.0501", 1, "-5.1"),
     ("-0.05", 1, "-5.0"), ("12.5", 1, "1250.0")],
)  # fmt: skip
def test_shares_are_rounded_down(part: str, digits: int, words: str) -> None:
    assert share(Fraction(part), digits) == words


@given(st.fractions(0, 2), st.integers(0, 4))
def test_a_share_is_never_shown_as_more_than_it_is(part: Fraction, digits: int) -> None:
    shown = Fraction(share(part, digits)) / 100
    assert 0 <= part - shown < Fraction(1, 100 * 10**digits)


# --- text of others ---------------------------------------------------------------------------


def test_what_nobody_sees_is_written_as_an_escape() -> None:
    assert sanitised("a\x1b[2J\u202eb\r\n\tc\x85\u2028\u200b\ufeff\ud800\xa0\x9b\x00\x7f\U000e0041\u2066é 見😀") == (
        r"a\x1b[2J\u202eb\r\n\tc\x85\u2028\u200b\ufeff\ud800\xa0\x9b\x00\x7f\U000e0041\u2066é 見😀"
    )
    assert [escaped("\n"), escaped("\xad"), escaped("\u2060"), escaped("\U0001ffff")] == [
        r"\n", r"\xad", r"\u2060", r"\U0001ffff",
    ]  # fmt: skip


def test_long_text_is_cut_and_no_escape_is_cut_in_two() -> None:
    assert sanitised("x" * 200) == "x" * 200
    assert sanitised("x" * 201) == "x" * 199 + "…"
    assert sanitised("\u202e" * 100, 20) == r"\u202e\u202e\u202e…"
    assert sanitised("ab", 2) == "ab"
    assert sanitised("a\x1b", 4) == "a…"


@given(st.text(st.characters(), max_size=300), st.integers(1, 250))
def test_sanitised_text_is_short_and_visible_and_stays_as_it_is(text: str, limit: int) -> None:
    shown = sanitised(text, limit)
    assert len(shown) <= limit
    assert sanitised(shown, limit) == shown
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in shown)
    if len(text) <= limit and text.isprintable():
        assert shown == text


@given(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"]))
def test_no_character_of_control_or_format_is_shown(character: str) -> None:
    assert sanitised(character) == escaped(character)
    assert sanitised(character).isascii()
