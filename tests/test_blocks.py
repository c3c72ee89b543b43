"""The careful road by blocks gives, byte for byte, what it gives record by record; the pass before it counts right."""

from __future__ import annotations

import csv
import hashlib
import importlib
import io
import re
import tempfile
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slacli.adapters.sources import scan
from slacli.adapters.sources.footers import Footers
from slacli.adapters.sources.headers import BOM, read_head
from slacli.adapters.sources.records import CELL_LIMIT

MANY = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
road: Any = importlib.import_module("slacli.adapters.sources.recover")  # its package has a function of that name
ONE_BY_ONE = 0  # no block has a line end within so many bytes
USUAL: int = road._BLOCK


def account(
    content: bytes,
    block: int,
    *,
    delimiter: bytes = b",",
    footers: bool = False,
    windows: bool = False,
    parts: int = 1,
) -> dict[str, Any]:
    """Everything that the careful road says of a text, its header first, in blocks of so many bytes."""
    head = read_head(content, delimiter, whole=True)
    assert head is not None
    try:
        content.decode()
        sound = not windows
    except UnicodeDecodeError:
        sound = False
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(road, "_BLOCK", block)
        path, lost = (Path(place) / name for name in ("given.csv", "lost"))
        copies = [Path(place) / f"copy-{part}.csv" for part in range(parts)]
        done: list[int] = []
        path.write_bytes(content)
        with path.open("rb") as source:
            found = road.recover(
                source,
                copies,
                head,
                windows=windows,
                called="UTF-8",
                sound=sound,
                only_returns=False,
                footers=Footers(head.delimiter, len(head.cells)) if footers else None,
                lost=lost,
                size=len(content),
                done=done.append,
            )
        assert done == list(range(parts))
        texts = [copy.read_bytes() for copy in copies]
        header = texts[0][: texts[0].index(b"\n") + 1]
        assert all(text.startswith(header) for text in texts)
        return {
            "copy": header + b"".join(text.removeprefix(header) for text in texts),
            "parts": [(text, records) for text, records in zip(texts, found.records, strict=True)],
            "lost": list(road.every_lost(lost)),
            "kept": found.lost,
            "totals": (sum(found.records), found.lost_total, found.cut, found.ascii, found.pasted),
            "gaps": (list(found.gaps.records), list(found.gaps.rows)),
        }


def agreed(content: bytes, *blocks: int, **how: Any) -> dict[str, Any]:
    """What blocks of all these sizes say of a text, after it was found to be what is said record by record."""
    expected = account(content, ONE_BY_ONE, **how)
    for block in blocks or (USUAL,):
        assert account(content, block, **how) == expected, block
    return expected


# --- any text ------------------------------------------------------------------------------------

CELLS = (
    b"", b" ", b"a", b"12", b"x y", b'"a"', b'""', b'"a,b"', b'"say ""so"""', b' "a"', b'"a" ', b'"a" b', b'5"', b'"',
    b'"open', b'shut"', b'"two\nlines"', b'"two\r\nlines"', b'"a\n\nb"', b'"a\rb"', b"a\rb", b"\r", "é".encode(),
    b"\xff", b"\xc3", "\u00a0".encode(), b"Total", b"Count", b'"Total"', BOM, b"\x0b", b"h0",
)  # fmt: skip
LINES = (
    b"Total", b"Grand Totals (5 records)", b"Copyright (c) 2000-2026 salesforce.com, inc.", b"Acme, Inc.", b'"Acme"',
    b"Subtotal,,12", BOM, b"", b" ", b"\t",
)  # fmt: skip
ENDS = (*[b"\n"] * 5, *[b"\r\n"] * 4, b"\n\n", b"\r\n\r\n", b"\r", b"\r\r\n", b"\n \n", b"\n,\n", b"")
CELL = st.one_of(st.sampled_from(CELLS), st.binary(max_size=4).map(lambda text: text.replace(b"\0", b"")))


@st.composite
def messy(draw: st.DrawFn, delimiter: bytes) -> bytes:
    """A header line, and below it rows of its width, rows of another, and what is none."""
    width = draw(st.integers(1, 5))
    header = delimiter.join(b"h%d" % at for at in range(width))
    plain = st.lists(st.sampled_from([b"a", b"bc", b"", "ü".encode()]), min_size=width, max_size=width)
    quoted = plain.map(lambda cells: [b'"%b"' % cell for cell in cells])
    odd = st.lists(CELL, min_size=max(1, width - 1), max_size=width + 1)
    fitting = st.lists(CELL, min_size=width, max_size=width)
    row = st.one_of(plain, plain, quoted, fitting, odd).map(delimiter.join)
    line = st.one_of(row, row, row, st.sampled_from(LINES), st.just(header))
    lines = draw(st.lists(st.tuples(line, st.sampled_from(ENDS)), max_size=25))
    return header + b"\n" + b"".join(text + end for text, end in lines)


@MANY
@given(
    data=st.data(),
    delimiter=st.sampled_from([b",", b";", b"\t", b"|"]),
    block=st.integers(1, 120),
    footers=st.booleans(),
    windows=st.booleans(),
)
def test_any_text_is_read_alike_by_blocks_and_record_by_record(
    data: st.DataObject, delimiter: bytes, block: int, *, footers: bool, windows: bool
) -> None:
    agreed(data.draw(messy(delimiter)), block, USUAL, delimiter=delimiter, footers=footers, windows=windows)


@MANY
@given(
    data=st.data(),
    delimiter=st.sampled_from([b",", b";"]),
    block=st.sampled_from([ONE_BY_ONE, 40, USUAL]),
    parts=st.integers(2, 4),
    footers=st.booleans(),
)
def test_the_parts_of_a_copy_are_the_copy(
    data: st.DataObject, delimiter: bytes, block: int, parts: int, *, footers: bool
) -> None:
    content = data.draw(messy(delimiter))
    whole = account(content, block, delimiter=delimiter, footers=footers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(road, "_FLUSHED", 0)
        found = account(content, block, delimiter=delimiter, footers=footers, parts=parts)
    for text, records in found.pop("parts"):
        rows = csv.reader(io.StringIO(text.decode("latin-1"), newline=""), delimiter=delimiter.decode())
        assert len(list(rows)) == 1 + records
    del whole["parts"]
    assert found == whole


def test_each_part_of_a_copy_holds_twice_as_much_as_the_one_before() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(road, "_FLUSHED", 0)
        found = account(HEAD + rows(7_000), 100, parts=3)
    first, second, third = (records for _, records in found["parts"])
    assert first + second + third == 7_000
    assert 0.95 < first / 1_000 < 1.1
    assert 0.95 < second / 2_000 < 1.1


# --- what a block must see -----------------------------------------------------------------------

HEAD = b"id,name,status\n"


def rows(count: int, start: int = 0) -> bytes:
    return b"".join(b"%d,Acme,New\n" % n for n in range(start, start + count))


def test_plain_blank_and_quoted_lines_with_any_line_end_are_copied_together() -> None:
    content = HEAD + b'1,a,b\r\n\n"2","c, d","say ""so"""\r\n\r\n\n3,e,f\n4,g,h'
    found = agreed(content, 10, 30, USUAL)
    assert found["copy"] == HEAD + b'1,a,b\n"2","c, d","say ""so"""\n3,e,f\n4,g,h\n'
    assert found["totals"][2] == (("blank line", 3),)
    assert found["gaps"] == ([1, 2], [1, 3])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'7,"a"b,c\n', "text after a closing quote"),
        (b"7,a\n", "2 cells where the header has 3"),
        (b"7,a,b,c\n", "4 cells where the header has 3"),
        (b"7,\xff,b\n", "a byte that is not UTF-8"),
        (b'7,"open,b\n', "a quote that is never closed"),
    ],
)
def test_a_broken_line_among_plain_ones_is_lost_at_its_line(line: bytes, reason: str) -> None:
    found = agreed(HEAD + rows(1000) + line + rows(1000, 1000), 64, 5_000, USUAL)
    assert [(one.line, one.row, one.reason) for one in found["lost"]] == [(1002, 1002, reason)]
    assert found["totals"][0] == 2000


def test_a_record_over_several_lines_may_end_in_any_block() -> None:
    content = HEAD + b"".join(b'%d,"Dear Anna,\n\nthanks\nBob",New\n%d,x,y\n' % (n, n) for n in range(200))
    for block in range(20, 90, 7):
        found = agreed(content, block)
        assert (found["totals"][0], found["totals"][1]) == (400, 0)


def test_a_carriage_return_that_parts_two_rows_in_one_line_is_seen() -> None:
    found = agreed(HEAD + b'1,a,b\n2,"c",d\r3,e,f\r4,"g\nh",i\n5,j,k\n', 8, 12, 40, USUAL)
    assert found["copy"] == HEAD + b'1,a,b\n2,c,d\n3,e,f\n4,"g\nh",i\n5,j,k\n'


def test_a_second_header_a_second_mark_and_a_footer_are_seen_in_every_block() -> None:
    part = rows(50) + b"\n\n" + b"Total\n\nConfidential Information - Do Not Distribute\nAcme\n"
    content = HEAD + part + BOM + HEAD + part + b'"id","name","status"\n' + rows(3)
    for block in (40, 200, USUAL):
        found = agreed(content, block, footers=True)
        assert (found["totals"][0], dict(found["totals"][2])["repeated header"]) == (103, 2)
        assert found["lost"] == []


def test_no_line_of_a_block_can_be_longer_than_a_cell_may_be() -> None:
    assert USUAL < CELL_LIMIT
    found = agreed(HEAD + rows(3) + b"3," + b"x" * (CELL_LIMIT + 1) + b",b\n" + rows(3, 4), USUAL)
    assert [one.reason for one in found["lost"]] == [road.LONG_CELL]


def test_a_blank_line_above_the_name_of_a_report_tells_it_from_a_row() -> None:
    footer = b"MQL hand-off,,\nTotal,,\nConfidential Information - Do Not Distribute,,\n"
    for block in (30, 45, USUAL):
        found = agreed(HEAD + rows(9) + b"\n" + footer + rows(9), block, footers=True)
        assert (found["totals"][0], found["totals"][2]) == (18, (("blank line", 1), ("footer", 3)))
        found = agreed(HEAD + rows(9) + footer + rows(9), block, footers=True)
        assert (found["totals"][0], found["totals"][2]) == (19, (("footer", 2),))


def test_a_mark_before_a_plain_row_is_taken_away() -> None:
    found = agreed(HEAD + rows(20) + BOM + rows(20, 20), 50, USUAL)
    assert found["copy"] == HEAD + rows(40)


# --- the pass before it --------------------------------------------------------------------------


def recounted(text: bytes) -> tuple[int, int, int, bool]:
    """Line ends outside quotes, counted sign by sign: feeds, pairs, returns alone; and whether a quote stays open."""
    found = {b"\n": 0, b"\r\n": 0, b"\r": 0}
    inside = False
    for end in re.findall(rb'"|\r\n|\r|\n', text):
        if end == b'"':
            inside = not inside
        elif not inside:
            found[end] += 1
    return found[b"\n"], found[b"\r\n"], found[b"\r"], inside


@MANY
@given(data=st.data(), block=st.sampled_from([1, 2, 3, 8, 40, 450_000]))
def test_line_ends_outside_quotes_are_counted_as_by_reading_sign_by_sign(data: st.DataObject, block: int) -> None:
    content = data.draw(messy(b","))
    header = content.partition(b"\n")[0]
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "BLOCK", block)
        path = Path(place) / "given.csv"
        path.write_bytes(content)
        width = header.count(b",") + 1
        scanner = scan.Scanner("given.csv", 0, len(content), header=header, delimiter=b",", width=width)
        seen = scanner.run(path, Event())
    assert (seen.feeds, seen.pairs, seen.returns, seen.open_quote) == recounted(content)
    assert (seen.size, seen.sha256) == (len(content), hashlib.sha256(content).hexdigest())
