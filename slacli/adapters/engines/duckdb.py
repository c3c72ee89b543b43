"""DuckDB inside the process: reads text by explicit settings only, guesses nothing, and spills instead of growing."""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

from slacli.adapters.engines import Engine, Refused
from slacli.errors import CannotRun

try:
    # The engine itself. Measured: all that `duckdb` lays over it takes four times as long to import.
    import _duckdb as duckdb
except ImportError:
    import duckdb  # type: ignore[no-redef]

# Tables stay in memory up to this share of what the machine or its container has, and go to the private temporary
# folder beyond it. Measured: six clocks on ten million leads take a third less time where nothing goes there.
_SHARE = "25%"
# Measured: with 900 MB the engine lets one thread wait for the other as soon as a table of a million rows is forty
# columns wide.
_LEAST = 1_200_000_000

# The engine reads a file in pieces, and puts rows that lie in one piece together in groups of so many.
_GROUP = 122_880
_SHORTEST_PIECE = 4 << 20
# What all threads together may hold of a file: a sixth of the memory that there is at least.
_ROOM_FOR_PIECES = 192 << 20
_TURNS = 3  # pieces that each thread shall have, so that none is idle for long at the end
_PIECE = re.compile(r", max_line_size=[0-9]+, buffer_size=[0-9]+\Z")

_READ = "read_csv("
# The engine asks for at least twice the length of the longest line that it takes, two million bytes.
_FIRST_BUFFER = 4 << 20


class DuckDB:
    """A private database in memory, without extensions, downloads or lookups of Python variables."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        # A list of constants is compared in place: the engine's own plan joins it, which costs more and need not keep
        # the rows in the order of the file.
        self._connection.execute("SET disabled_optimizers = 'in_clause'")
        # In a notebook or at a prompt of Python the engine draws a bar of its own otherwise.
        self._connection.execute("SET enable_progress_bar = false")

    @classmethod
    def private(cls, temporary: str) -> DuckDB:
        """Open a new database that spills into a folder; it may be one that was begun `early`."""
        try:
            connection = _early.popleft().taken()
        except IndexError:
            connection = _connected()
        connection.execute("SET temp_directory = '{}'".format(temporary.replace("'", "''")))
        return cls(connection)

    def room(self, name: str) -> DuckDB:
        connection = self._connection.cursor()
        connection.execute(f'CREATE SCHEMA "{name}"')
        connection.execute(f"SET schema = '{name}'")
        return DuckDB(connection)

    def source(
        self, path: str, header: Sequence[str], delimiter: str, newline: str, size: int = 0, row: int = 0
    ) -> str:
        columns = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(len(header)))
        safe = path.replace("[", "[[]").replace("'", "''")
        # Measured: in strict mode `new_line` of two characters gives no rows and no error; left out, both are read.
        ends = "" if newline == "\r\n" else "new_line='\\n', "
        mark = "\\t" if delimiter == "\t" else delimiter
        return (
            f"{_READ}'{safe}', auto_detect=false, header=true, columns={{{columns}}}, delim='{mark}', quote='\"', "
            f"escape='\"', {ends}strict_mode=true, null_padding=false, ignore_errors=false, "
            f"nullstr='', allow_quoted_nulls=true, encoding='utf-8', compression='none'{_piece(size, row)})"
        )

    def first(self, source: str, columns: Sequence[int], limit: int) -> Sequence[tuple[Any, ...]]:
        listed = ", ".join(f'"c{column}"' for column in columns)
        # Of a file it fills a buffer before it gives a row, and the usual one holds a hundred thousand of them.
        if source.startswith(_READ):
            source = f"{_PIECE.sub('', source.removesuffix(')'))}, buffer_size={_FIRST_BUFFER})"
        try:
            with self._stoppable():
                return self._connection.execute(f"SELECT {listed} FROM {source} LIMIT {limit}").fetchall()
        except duckdb.Error:
            raise Refused from None

    def load(self, statement: str, *, reads: bool) -> int:
        try:
            with self._stoppable():
                made = self._connection.execute(statement).fetchone()
        except duckdb.OutOfMemoryException:
            raise CannotRun(
                "the exports need more memory or temporary space than this machine has", "free some space and try again"
            ) from None
        except duckdb.Error as error:
            # The engine quotes the offending line in its message: nothing of it may be shown.
            if reads:
                raise Refused from None
            raise CannotRun(f"a query of slacli failed ({type(error).__name__})", _report_it()) from None
        return int(made[0]) if made is not None else 0

    def stop(self) -> None:
        self._connection.interrupt()

    def rows(self, query: str) -> Sequence[tuple[Any, ...]]:
        try:
            with self._stoppable():
                return self._connection.execute(query).fetchall()
        except duckdb.Error as error:
            raise CannotRun(f"a query of slacli failed ({type(error).__name__})", _report_it()) from None

    def make(self, statement: str) -> None:
        self.load(statement, reads=False)

    def stream(self, query: str) -> Iterator[tuple[Any, ...]]:
        try:
            with self._stoppable():
                found = self._connection.execute(query)
            while rows := self._fetched(found):
                yield from rows
        except duckdb.Error as error:
            raise CannotRun(f"a query of slacli failed ({type(error).__name__})", _report_it()) from None

    def _fetched(self, found: duckdb.DuckDBPyConnection) -> Sequence[tuple[Any, ...]]:
        with self._stoppable():
            return found.fetchmany(10_000)

    @contextmanager
    def _stoppable(self) -> Iterator[None]:
        """Let an interrupt from the keyboard leave as what it is: the engine turns it into an error of its own."""
        try:
            yield
        except RuntimeError as stopped:
            if "interrupt" not in str(stopped).lower():
                raise
            raise KeyboardInterrupt from None

    def clear(self) -> None:
        mine = "SELECT table_name FROM duckdb_tables() WHERE schema_name = current_schema()"
        for (name,) in self._connection.execute(mine).fetchall():
            self._connection.execute(f'DROP TABLE IF EXISTS "{name}"')

    def close_doors(self) -> None:
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")

    def close(self) -> None:
        self._connection.close()


def _piece(size: int, row: int) -> str:
    """Let a thread read as much of a file at once as fills a group of rows, where there is enough for all of them.

    Measured: the rows of the engine's own pieces, which hold less, are written twice, and that is a tenth of a check.
    """
    threads = _threads()
    least = max(row * _GROUP * 21 // 20, _SHORTEST_PIECE)
    turns = size // (least * threads)
    if not row or turns < _TURNS or 2 * least * threads > _ROOM_FOR_PIECES:
        return ""
    piece = size // (turns * threads) + 1
    # Measured: with two pieces in a buffer ten million rows take a tenth less time and memory than with one.
    return f", max_line_size={piece}, buffer_size={2 * piece}"


def _threads() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _connected() -> duckdb.DuckDBPyConnection:
    """Open a new database."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": _SHARE,
            "threads": str(_threads()),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",
            "preserve_insertion_order": "true",
        },
    )
    ((share,),) = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    if _in_bytes(share) < _LEAST:
        connection.execute(f"SET memory_limit = '{_LEAST}B'")
    return connection


class _Early(Thread):
    """Opens a database while something else is done. Measured: that takes 50 ms, in which Python runs on."""

    def __init__(self) -> None:
        super().__init__(name="slacli-engine")
        self._made: duckdb.DuckDBPyConnection | None = None

    def run(self) -> None:
        # Who asks for it tries once more, and is told what is wrong.
        with suppress(Exception):
            self._made = _connected()

    def taken(self) -> duckdb.DuckDBPyConnection:
        self.join()
        return self._made if self._made is not None else _connected()


_early: deque[_Early] = deque()


@contextmanager
def early() -> Iterator[None]:
    """Begin to open a database, for the first who opens one before the context ends."""
    one = _Early()
    one.start()
    _early.append(one)
    try:
        yield
    finally:
        # Nobody asked for it where it is still there: it goes when it is made.
        with suppress(ValueError):
            _early.remove(one)


def _in_bytes(told: str) -> float:
    """Read `5.8 GiB`, as the engine tells a size."""
    number, _, unit = told.partition(" ")
    return float(number) * float(1024 ** ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB").index(unit))


def _report_it() -> str:
    return "this is a fault of slacli: report it with the contract, never with the export"


@contextmanager
def opened(temporary: str) -> Iterator[Engine]:
    """Open a database that lives as long as the context."""
    database = DuckDB.private(temporary)
    try:
        yield database
    finally:
        database.close()
