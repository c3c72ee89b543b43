"""Reading ahead: what an engine reads while a file is looked through counts only where the whole file bears it out."""

from __future__ import annotations

import importlib
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from commands import slacli
from exports import engine

from slacli import journeys
from slacli.adapters import engines, folder, sources
from slacli.adapters.sources import Export, opened, unchanged, unreadable
from slacli.adapters.sources.headers import BOM, HEAD_LIMIT
from slacli.errors import CannotRun
from slacli.model import Binding, Contract

HERE = Path(__file__).parent
HEAD = b"Lead ID,Email,Company,Lead Source,Region,Budget,Create Date,MQL Date,Reason\n"
ROW = b"L%d,ann@one.example,One,Web,AMER,25000,2026-02-02 09:00:00,2026-02-03 10:00:00,\n"
LONG = HEAD + b"".join(ROW % number for number in range(HEAD_LIMIT // len(ROW) + 200))
SHORT = HEAD + ROW % 1


def late(**cells: bytes) -> bytes:
    """A row that is right but for some cells."""
    usual = {
        b"id": b"X1", b"email": b"eve@nine.example", b"company": b"Nine", b"source": b"Web", b"region": b"AMER",
        b"budget": b"25000", b"created": b"2026-02-10 09:00:00", b"qualified": b"2026-02-11 09:00:00", b"reason": b"",
    }  # fmt: skip
    return b",".join((usual | {name.encode(): cell for name, cell in cells.items()}).values()) + b"\n"


# What comes behind a long regular beginning, and whether the engine reads the file as it was promised.
LATE = {
    "nothing": (b"", True),
    "no_line_end": (late()[:-1], True),
    "a_cell_in_quotes": (late(company=b'"Nine, ""and"" a\nhalf"'), True),
    "letters_beyond_ascii": (late(company="Müller".encode()), False),
    "a_byte_that_is_not_utf8": (late(company=b"M\xfcller"), False),
    "other_line_ends": (late().replace(b"\n", b"\r\n"), False),
    "a_carriage_return": (late().replace(b"\n", b"\r"), False),
    "a_blank_line": (b"\n" + late(), False),
    "an_open_quote": (late(company=b'"Nine') + late(id=b"X2"), False),
    "an_odd_quote": (late(company=b'"Nine" "Ten"'), False),
    "a_second_header": (HEAD + late(), False),
    "a_line_of_3_mb": (late(company=b"x" * 3_000_000) + late(id=b"X2"), False),
    "a_nul_byte": (late(company=b"N\0ne"), False),
    "blanks_at_the_end": (late() + b"\n\n", True),
    "a_cell_too_many": (late(reason=b"a,b"), True),
    "a_text_behind_quotes": (late(company=b'"Nine"x'), True),
    "another_shape_of_time": (late(qualified=b"2026-02-11T09:00:00Z"), True),
    "an_unexpected_year": (late(qualified=b"2050-02-11 09:00:00"), True),
    "an_order_of_dates": (late(qualified=b"25/02/2026"), True),
    "no_order_of_dates": (late(qualified=b"05/02/2026"), True),
    "a_repeated_key": (late() + late(), True),
}


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a contract, and with private copies in a folder beside it that must be empty in the end."""
    inside, private = tmp_path / "work", tmp_path / "private"
    private.mkdir()
    shutil.copytree(HERE / "contracts" / "leads", inside / "contracts")
    monkeypatch.chdir(inside)
    monkeypatch.setattr(tempfile, "tempdir", str(private))
    yield inside
    assert list(private.iterdir()) == []


def agreed(work: Path) -> Contract:
    return journeys.load(folder.find(str(work / "contracts"))).contract


def laid(export: Export) -> tuple[Export, int, list[int], list[tuple[int, str]]]:
    """An export wherever it lies: all that is said of it, its rows as the file counts them, and those that are lost."""
    rows = [export.row(at) for at in range(export.records)]
    return replace(export, parts=()), export.records, rows, [(one.line, one.reason) for one in unreadable(export)]


def opened_alone(bindings: Mapping[str, Binding], name: str = "leads.csv") -> object:
    """What is said of the leads where nothing was promised, or why they cannot be read."""
    try:
        with opened([name], bindings) as (export,):
            return laid(export)
    except CannotRun as refused:
        return refused.what, refused.help


def taken_ahead(work: Path, name: str) -> int | None:
    """How many of the statements that read a file ran ahead and were kept; None where it cannot be read."""
    contract = agreed(work)
    with engine() as one:
        ahead = journeys._Ahead(contract, lambda: one, whole=False)
        try:
            with opened([name], contract.bindings, None, ahead) as (export,):
                (read,), _, _ = journeys._loaded_tables(contract, [export], ahead, whole=False)
                assert one.rows("SELECT count(*) FROM r_lead") == [(read.records,)]
        except CannotRun:
            return None
        return len(ahead.taken)


class Beside:
    """Keeps what was promised, does something, and keeps whether it was told to leave off."""

    def __init__(self, then: Callable[[], object] = lambda: None) -> None:
        self.then = then
        self.promised: tuple[Export, ...] = ()
        self.whole: list[list[bool]] = []
        self.stopped = False

    def planned(self, promised: tuple[Export, ...], whole: Callable[[int, int], bool]) -> Callable[[], None]:
        self.promised = promised

        def work() -> None:
            self.then()
            self.whole = [[whole(at, part) for part in range(len(one.parts))] for at, one in enumerate(promised)]

        return work

    def stop(self) -> None:
        self.stopped = True


@pytest.mark.parametrize("name", LATE)
def test_a_broken_promise_is_told_and_changes_nothing(work: Path, name: str) -> None:
    behind, kept = LATE[name]
    (work / "leads.csv").write_bytes(LONG + behind)
    bindings = agreed(work).bindings
    beside = Beside()
    try:
        with opened(["leads.csv"], bindings, None, beside) as (export,):
            found: object = laid(export)
    except CannotRun as refused:
        found = (refused.what, refused.help)
    assert beside.stopped == (not kept) or not beside.promised
    assert beside.promised
    assert found == opened_alone(bindings)


@pytest.mark.parametrize("name", LATE)
def test_a_report_is_the_same_without_a_promise(work: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (work / "leads.csv").write_bytes(LONG + LATE[name][0])
    ahead = slacli("check", "leads.csv", "--long", folder=work)
    monkeypatch.setattr("slacli.adapters.sources._promised", lambda *_: ())
    assert slacli("check", "leads.csv", "--long", folder=work) == ahead


# Files that an engine does not read as they lie: under another name, or without a mark or a footer.
ELSEWHERE = {
    "a_name_like_a_pattern": ("le[1].csv", LONG, True),
    "a_mark": ("leads.csv", BOM + LONG, True),
    "a_mark_and_pairs": ("leads.csv", BOM + LONG.replace(b"\n", b"\r\n"), True),
    "blanks_below": ("leads.csv", LONG + b"\n\n", True),
    "lines_of_one_cell_below": (
        "leads.csv",
        LONG + b'"Total"\n"Confidential Information - Do Not Distribute"\n\n',
        True,
    ),
    "a_mark_and_a_blank_line_at_the_end": ("leads.csv", BOM + LONG + b"\n" + late(), False),
    "a_mark_and_letters_at_the_end": ("leads.csv", BOM + LONG + late(company="Müller".encode()), False),
    "a_mark_and_a_nul_byte": ("leads.csv", BOM + LONG + late(company=b"N\0"), False),
}


@pytest.mark.parametrize("case", ELSEWHERE)
def test_what_is_read_under_another_name_is_promised_there(work: Path, case: str) -> None:
    name, content, kept = ELSEWHERE[case]
    (work / name).write_bytes(content)
    bindings = agreed(work).bindings
    beside = Beside()
    try:
        with opened([name], bindings, None, beside) as (export,):
            found: object = laid(export)
            (promised,) = beside.promised
            (part,) = promised.parts
            assert part.path != str(work / name)
            assert (part.path == export.parts[0].path) or not kept
            # A copy of which nothing came is gone at once: it may be as long as the file.
            assert Path(part.path).exists() == (part.path == export.parts[0].path)
    except CannotRun as refused:
        found = (refused.what, refused.help)
    assert beside.stopped == (not kept)
    assert beside.whole == [[True]] or not kept
    assert found == opened_alone(bindings, name)


def test_files_of_which_a_copy_is_waited_for_are_looked_through_first(work: Path) -> None:
    odd, mark = LONG.replace(b"\nL7,", b"\n\nL7,", 1).replace(b"One", b"Odd"), BOM + LONG.replace(b"One", b"Two")
    for name, content in (("a.csv", LONG), ("b.csv", mark), ("c.csv", odd)):
        (work / name).write_bytes(content)
    looked: list[str] = []

    def seen(name: str, *_: int) -> None:
        if name not in looked:
            looked.append(name)

    with opened(["a.csv", "b.csv", "c.csv"], agreed(work).bindings, None, beside := Beside(), seen) as exports:
        assert [export.name for export in exports] == ["a.csv", "b.csv", "c.csv"]
        assert beside.whole == [[True], [True], [True]]
    assert looked == ["b.csv", "c.csv", "a.csv"]


def test_a_copy_in_the_making_is_left_where_all_is_off(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (work / "leads.csv").write_bytes(BOM + LONG)
    written: list[int] = []

    def fail() -> None:
        raise KeyboardInterrupt

    real = sources._copy

    def slowly(promised: Export, halted: threading.Event) -> None:
        assert halted.wait(10)
        real(promised, halted)
        written.append(Path(promised.parts[0].path).stat().st_size)

    monkeypatch.setattr(sources, "_copy", slowly)
    with pytest.raises(KeyboardInterrupt), opened(["leads.csv"], agreed(work).bindings, None, Beside(fail)):
        pass
    assert written == [0]


@pytest.mark.parametrize("case", ELSEWHERE)
def test_what_is_read_under_another_name_is_read_once(work: Path, case: str) -> None:
    name, content, kept = ELSEWHERE[case]
    (work / name).write_bytes(content)
    taken = taken_ahead(work, name)
    assert (taken is None) == (case == "a_mark_and_a_nul_byte")
    # Such lines are a footer in other dialects: here the engine refuses them.
    assert bool(taken) == (kept and case != "lines_of_one_cell_below")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("leads.csv", SHORT),
        ("leads.csv", LONG.replace(b"L7,", b"L\xfc,", 1)),
        ("leads.csv", LONG.replace(b"\n", b"\r")),
        ("leads.csv", LONG.replace(b"Email", b"Mail", 1)),
    ],
)
def test_nothing_is_promised_of_what_cannot_be_foretold(work: Path, name: str, content: bytes) -> None:
    (work / name).write_bytes(content)
    beside = Beside()
    try:
        with opened([name], agreed(work).bindings, None, beside):
            pass
    except CannotRun as refused:
        assert "Email" in refused.what
    assert beside.promised == ()
    assert not beside.stopped


# Files that are irregular from their beginning, and whether the copy of them that was promised is made.
ODD = {
    "blank_lines_before": (b"\n\n" + LONG, True),
    "a_blank_line": (LONG.replace(b"\nL7,", b"\n\nL7,", 1), True),
    "mixed_line_ends": (LONG.replace(b"\nL7,", b"\r\nL7,", 1), True),
    "a_mark_and_a_blank_line": (BOM + LONG.replace(b"\nL7,", b"\n\nL7,", 1), True),
    "a_second_header": (LONG.replace(b"\nL7,", b"\n" + HEAD + b"L7,", 1), True),
    "an_open_quote": (LONG.replace(b"One", b'"One', 1), True),
    "a_row_too_short": (LONG.replace(b"\nL7,", b"\n\nL7;", 1), True),
    "letters_from_the_start": (LONG.replace(b"\nL7,", b"\n\nL7,", 1).replace(b"One", "Ünö".encode()), True),
    "letters_at_the_end": (LONG.replace(b"\nL7,", b"\n\nL7,", 1) + late(company="Ünö".encode()), False),
    "windows_at_the_end": (LONG.replace(b"\nL7,", b"\n\nL7,", 1) + late(company=b"N\xfc"), False),
    "a_stray_byte_at_the_end": (
        LONG.replace(b"\nL7,", b"\n\nL7,", 1).replace(b"One", "Ünö".encode()) + late(company=b"N\xfc"), True
    ),
    "a_nul_byte_at_the_end": (LONG.replace(b"\nL7,", b"\n\nL7,", 1) + late(company=b"N\0"), False),
    "repeated_keys": (LONG.replace(b"\nL7,", b"\n\nL7,", 1) + LONG.removeprefix(HEAD)[: 40 * len(ROW)], True),
}  # fmt: skip


@pytest.fixture(params=[1, 3])
def parts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many parts a copy has here, however small the file is."""
    monkeypatch.setattr("slacli.adapters.sources._MANY_BYTES", 0)
    monkeypatch.setattr("slacli.adapters.sources._PARTS", request.param)
    monkeypatch.setattr(importlib.import_module("slacli.adapters.sources.recover"), "_FLUSHED", 1 << 10)
    return int(request.param)


@pytest.mark.parametrize("name", ODD)
def test_a_copy_that_is_made_meanwhile_is_the_copy(work: Path, parts: int, name: str) -> None:
    content, kept = ODD[name]
    (work / "leads.csv").write_bytes(content)
    bindings = agreed(work).bindings
    beside = Beside()
    try:
        with opened(["leads.csv"], bindings, None, beside) as (export,):
            found: object = laid(export)
            assert [part.path for part in export.parts] == [part.path for part in beside.promised[0].parts] or not kept
    except CannotRun as refused:
        found = (refused.what, refused.help)
    assert beside.stopped == (not kept)
    assert [len(one.parts) for one in beside.promised] == [parts]
    assert beside.whole == [[True] * parts] or not kept
    assert found == opened_alone(bindings)


@pytest.mark.parametrize("name", ODD)
def test_a_report_of_an_irregular_file_is_the_same_without_a_promise(
    work: Path, parts: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (work / "leads.csv").write_bytes(ODD[name][0])
    ahead = slacli("check", "leads.csv", "--long", "--rows", f"rows-{parts}.csv", folder=work)
    monkeypatch.setattr("slacli.adapters.sources._promised", lambda *_: ())
    after = slacli("check", "leads.csv", "--long", "--rows", "rows.csv", folder=work)
    assert (ahead.code, ahead.err) == (after.code, after.err)
    assert ahead.out.replace(f"rows-{parts}", "rows") == after.out
    if (work / "rows.csv").exists():
        assert (work / f"rows-{parts}.csv").read_bytes() == (work / "rows.csv").read_bytes()


@pytest.mark.usefixtures("parts")
def test_who_waits_for_a_part_is_told_when_it_will_never_be_made(work: Path) -> None:
    (work / "leads.csv").write_bytes(ODD["a_nul_byte_at_the_end"][0])
    beside = Beside()
    with pytest.raises(CannotRun, match="a NUL byte"), opened(["leads.csv"], agreed(work).bindings, None, beside):
        pass
    assert not beside.whole[0][-1]
    assert beside.stopped


@pytest.mark.parametrize("name", ODD)
def test_a_copy_is_read_once_where_its_promise_is_kept(work: Path, parts: int, name: str) -> None:
    content, kept = ODD[name]
    (work / "leads.csv").write_bytes(content)
    taken = taken_ahead(work, "leads.csv")
    assert taken == (None if name == "a_nul_byte_at_the_end" else parts if kept else 0)


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("company", [b"One", "Ünö".encode()])
def test_a_promise_says_how_a_file_is_read(work: Path, newline: bytes, company: bytes) -> None:
    (work / "leads.csv").write_bytes(LONG.replace(b"One", company).replace(b"\n", newline))
    (work / "short.csv").write_bytes(SHORT)
    beside = Beside()
    with opened(["leads.csv", "short.csv"], agreed(work).bindings, None, beside) as exports:
        assert len(beside.promised) == len(exports) == 2
        for promised, export in zip(beside.promised, exports, strict=True):
            assert replace(promised, parts=export.parts, sha256=export.sha256, size=export.size) == export
            assert [part.path for part in promised.parts] == [part.path for part in export.parts]
    assert (exports[0].newline, exports[0].ascii) == (newline.decode(), company.isascii())
    assert not beside.stopped


def test_a_file_that_grows_while_it_is_read_is_refused(work: Path) -> None:
    (work / "leads.csv").write_bytes(LONG)

    def grow() -> None:
        with (work / "leads.csv").open("ab") as file:
            file.write(late())

    with (
        pytest.raises(CannotRun, match=r"`leads.csv` changed while it was read"),
        opened(["leads.csv"], agreed(work).bindings, None, Beside(grow)) as (export,),
    ):
        unchanged(export)


def test_what_fails_meanwhile_ends_the_look_through(work: Path) -> None:
    (work / "leads.csv").write_bytes(LONG)

    def fail() -> None:
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt), opened(["leads.csv"], agreed(work).bindings, None, Beside(fail)):
        pass
    assert threading.active_count() == before


@pytest.mark.parametrize("name", LATE)
def test_only_a_kept_promise_spares_a_second_reading(work: Path, name: str) -> None:
    (work / "leads.csv").write_bytes(LONG + LATE[name][0])
    taken = taken_ahead(work, "leads.csv")
    assert (taken is None) == (name in {"a_nul_byte", "no_order_of_dates", "another_shape_of_time"})
    # A time that is not read as the first ones are needs another reading too.
    spared = {"nothing", "no_line_end", "a_cell_in_quotes", "a_repeated_key", "blanks_at_the_end"}
    assert bool(taken) == (name in spared)


def test_a_statement_can_be_stopped_from_another_thread() -> None:
    with engine() as one:
        for _ in range(20):
            one.stop()
            assert one.rows("SELECT 1") == [(1,)]
        timer = threading.Timer(0.2, one.stop)
        timer.start()
        with pytest.raises(engines.Refused):
            one.load("CREATE TABLE a AS SELECT count(*) AS n FROM range(1000000000000)", reads=True)
        timer.join()
        one.clear()
        assert one.load("CREATE TABLE a AS SELECT 1 AS n", reads=True) == 1
