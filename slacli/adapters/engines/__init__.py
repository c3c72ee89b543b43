"""Who runs the queries: the protocol of an engine, and the table of those there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any, Protocol


class Refused(Exception):
    """The engine did not take a file as it is: its rows are not regular."""


class Engine(Protocol):
    """Reads files into tables by statements that slacli made, and answers queries about them."""

    def room(self, name: str) -> Engine:
        """Give an engine with tables of its own, which this one sees by the name of the room before theirs."""
        ...

    def source(
        self, path: str, header: Sequence[str], delimiter: str, newline: str, size: int = 0, row: int = 0
    ) -> str:
        """Give the text that stands for the rows of a file, with its cells as the text columns `c0`, `c1`, ...

        `size` is that of the file in bytes, and `row` about that of a row, where they are known.
        """
        ...

    def first(self, source: str, columns: Sequence[int], limit: int) -> Sequence[tuple[Any, ...]]:
        """Give the first cells of some columns of a file. Raises Refused where they cannot be read as they are."""
        ...

    def load(self, statement: str, *, reads: bool) -> int:
        """Run a statement that makes or changes a table, and give how many rows it made or changed.

        Raises Refused where it `reads` a file and could not.
        """
        ...

    def stop(self) -> None:
        """Make the statement that runs in another thread fail; nothing happens where none runs."""
        ...

    def make(self, statement: str) -> None:
        """Run a statement that makes or fills a table from tables that are there."""
        ...

    def rows(self, query: str) -> Sequence[tuple[Any, ...]]:
        """Answer a query."""
        ...

    def stream(self, query: str) -> Iterator[tuple[Any, ...]]:
        """Answer a query row by row, for answers as long as a file; the next query ends it."""
        ...

    def clear(self) -> None:
        """Drop all tables, so that a plan can be made anew."""
        ...

    def close_doors(self) -> None:
        """Forbid every further access to files and settings."""
        ...


def early(name: str = "duckdb") -> AbstractContextManager[None]:
    """Begin to open an engine, for the first who opens one of that name before the context ends."""
    return ENGINES[name].early()


def opened(name: str, temporary: str) -> AbstractContextManager[Engine]:
    """Open an engine by its name in ENGINES; it may spill to the folder `temporary`."""
    return ENGINES[name].opened(temporary)


class _Kind(Protocol):
    """A kind of engine: the module that knows it."""

    def early(self) -> AbstractContextManager[None]: ...

    def opened(self, temporary: str, /) -> AbstractContextManager[Engine]: ...


class _DuckDB:
    """The kind that is imported only where it is needed."""

    def early(self) -> AbstractContextManager[None]:
        from slacli.adapters.engines import duckdb

        return duckdb.early()

    def opened(self, temporary: str, /) -> AbstractContextManager[Engine]:
        from slacli.adapters.engines import duckdb

        return duckdb.opened(temporary)


ENGINES: Mapping[str, _Kind] = MappingProxyType({"duckdb": _DuckDB()})
