"""The engine itself: opened early or late it is the same, and files are read in pieces of any length alike."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import exports
import pytest

from slacli.adapters import engines
from slacli.adapters.engines import Engine, duckdb

# --- opened early -----------------------------------------------------------------------------


def _settings(engine: Engine) -> dict[str, Any]:
    names = ("memory_limit", "threads", "autoload_known_extensions", "enable_progress_bar", "disabled_optimizers")
    ((*values,),) = engine.rows("SELECT " + ", ".join(f"current_setting('{name}')" for name in names))
    return dict(zip(names, values, strict=True))


def test_an_engine_that_was_begun_early_is_like_any_other(tmp_path: Path) -> None:
    with engines.early(), engines.opened("duckdb", str(tmp_path / "it's here")) as early:
        assert not duckdb._early
        assert early.rows("SELECT current_setting('temp_directory')") == [(str(tmp_path / "it's here"),)]
        told = _settings(early)
        early.make("CREATE TABLE mine AS SELECT 1 AS one")
        with exports.engine() as late:
            assert _settings(late) == told
            assert late.rows("SELECT count(*) FROM duckdb_tables()") == [(0,)]


def test_who_asks_for_an_engine_that_could_not_be_begun_gets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    connected, failed = duckdb._connected, []

    def once() -> Any:
        if not failed:
            failed.append(True)
            raise MemoryError
        return connected()

    monkeypatch.setattr(duckdb, "_connected", once)
    with engines.early(), exports.engine() as engine:
        assert failed
        assert engine.rows("SELECT 1") == [(1,)]


# --- pieces of a file -------------------------------------------------------------------------


def _file(path: Path, rows: int, longest: int) -> tuple[int, int]:
    """Write rows with cells in quotes that hold quotes, delimiters and line ends; give their size and that of a row."""
    chance = random.Random(rows)
    with path.open("w", newline="") as file:
        file.write("id,said,on\n")
        for number in range(rows):
            said = "x" * chance.randrange(longest)
            if number % 7 == 0:
                said = f'"{said},""{said[: number % 5]}\n{said}"'
            file.write(f"{number:08d},{said},2026-01-01\n")
    size = path.stat().st_size
    return size, size // rows


def _loaded(engine: Engine, table: str, path: Path, *extent: int) -> int:
    source = engine.source(str(path), ("id", "said", "on"), ",", "\n", *extent)
    return engine.load(f'CREATE TABLE "{table}" AS SELECT * FROM {source}', reads=True)


def _same(engine: Engine) -> None:
    """Demand that two tables hold the same rows in the order of the file."""
    unlike = "one.c0 IS DISTINCT FROM two.c0 OR one.c1 IS DISTINCT FROM two.c1 OR one.c2 IS DISTINCT FROM two.c2"
    assert engine.rows(f"SELECT count(*) FROM one POSITIONAL JOIN two WHERE {unlike}") == [(0,)]
    assert engine.rows("SELECT count(*) FROM two WHERE c0::BIGINT <> rowid") == [(0,)]


@pytest.mark.parametrize("piece", [120_000, 200_000, 333_333, 1_000_000])
@pytest.mark.parametrize("longest", [3, 60, 20_000])
def test_rows_are_the_same_whatever_the_pieces(
    piece: int, longest: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.csv"
    count = min(60_000, 20_000_000 // (longest + 20))
    size, row = _file(path, count, longest)
    monkeypatch.setattr(duckdb, "_SHORTEST_PIECE", piece)
    monkeypatch.setattr(duckdb, "_GROUP", piece // row // 2)
    monkeypatch.setattr(duckdb, "_TURNS", 1)
    monkeypatch.setattr(duckdb, "_threads", lambda: 1)
    assert "buffer_size" in duckdb._piece(size, row)
    with exports.engine() as engine:
        assert _loaded(engine, "one", path) == _loaded(engine, "two", path, size, row) == count
        _same(engine)


def test_a_large_file_is_read_in_pieces_that_fill_a_group_of_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    count = 1_400_000
    size, row = _file(path, count, 12)
    pieces = duckdb._piece(size, row)
    if duckdb._threads() > 2:
        assert not pieces
        pytest.skip("with more than two processors the file would have to be larger")
    piece = int(pieces.rpartition("=")[2]) // 2
    assert piece >= duckdb._GROUP * row
    assert size / piece >= duckdb._TURNS * duckdb._threads()
    with exports.engine() as engine:
        assert _loaded(engine, "one", path) == _loaded(engine, "two", path, size, row) == count
        _same(engine)
        source = engine.source(str(path), ("id", "said", "on"), ",", "\n", size, row)
        assert engine.first(source, (0,), 2) == [("00000000",), ("00000001",)]


@pytest.mark.parametrize("threads", [1, 2, 4, 8, 64])
def test_all_threads_together_hold_little_of_a_file(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb, "_threads", lambda: threads)
    for row in (20, 80, 190, 400, 2_000):
        for size in (10**6, 10**8, 10**9, 10**11):
            pieces = duckdb._piece(size, row)
            if pieces:
                buffer = int(pieces.rpartition("=")[2])
                # Where pieces are as many for each thread, they may be longer by a third.
                assert buffer * threads <= duckdb._ROOM_FOR_PIECES * 4 / 3 + 2 * threads
                assert buffer // 2 >= duckdb._GROUP * row


def test_what_was_begun_and_never_asked_for_is_gone_with_its_context() -> None:
    with engines.early():
        assert len(duckdb._early) == 1
    assert not duckdb._early
    with exports.engine() as engine:
        assert engine.rows("SELECT 1") == [(1,)]


def test_pieces_are_the_engines_own_where_nothing_is_gained(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = 2
    monkeypatch.setattr(duckdb, "_threads", lambda: threads)
    enough = duckdb._GROUP * 200 * 2 * duckdb._TURNS * threads
    assert duckdb._piece(enough, 200)
    assert not duckdb._piece(enough, 0), "how long a row is is not known"
    assert not duckdb._piece(enough // 4, 200), "some threads would be idle"
    assert not duckdb._piece(enough * 100, 4000), "each would take too much memory"


def test_a_name_that_looks_like_a_setting_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a, max_line_size=1, buffer_size=2.csv"
    path.write_text("id,said,on\n1,x,2026-01-01\n")
    with exports.engine() as engine:
        source = engine.source(str(path), ("id", "said", "on"), ",", "\n")
        assert engine.first(source, (0, 1), 5) == [("1", "x")]
