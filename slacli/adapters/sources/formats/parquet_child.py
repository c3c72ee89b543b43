"""The process that reads a Parquet file: it answers one question on standard input, and imports nothing of slacli."""

from __future__ import annotations

import json
import sys
from contextlib import suppress

MEMORY = 16 << 30  # bytes of address space; the engine keeps to far less
SECONDS = 600


def _bound() -> None:
    """Let the system end this process where it wants more than any file needs."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(name: str, kind: str, decimal: str) -> str:
    """Give the expression that writes a column as text."""
    column = _quoted(name)
    text = f"CAST({column} AS VARCHAR)"
    if kind.endswith("[]"):
        text = f"array_to_string(CAST({column} AS VARCHAR[]), ';')"
    elif kind in {"FLOAT", "DOUBLE"}:
        # A column of whole numbers with blanks often comes as one of floats.
        whole = f"{column} = trunc({column}) AND abs({column}) < 1e15"
        text = f"CASE WHEN {whole} THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE {text} END"
    elif kind == "TIMESTAMP WITH TIME ZONE":
        text = f"regexp_replace({text}, '[+]00(:00)?$', 'Z')"
    if decimal != "." and (kind in {"FLOAT", "DOUBLE"} or kind.startswith("DECIMAL")):
        text = f"replace({text}, '.', '{decimal}')"
    return f"coalesce({text}, '')"


def _answer(question: dict[str, str]) -> dict[str, object]:
    import duckdb

    literal = "'" + question["path"].replace("'", "''") + "'"
    source = f"read_parquet({literal}, hive_partitioning = false, binary_as_string = true)"
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": "1GB",
        "threads": "2",
    }
    with duckdb.connect(config=settings) as engine:
        engine.execute("SET TimeZone = 'UTC'")
        columns = [(str(row[0]), str(row[1])) for row in engine.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
        if "copy" not in question:
            return {"columns": columns}
        engine.execute("SET temp_directory = ?", [question["room"]])
        listed = ", ".join(f"{_text(name, kind, question['decimal'])} AS {_quoted(name)}" for name, kind in columns)
        target = "'" + question["copy"].replace("'", "''") + "'"
        engine.execute(
            f"COPY (SELECT {listed} FROM {source}) TO {target} (FORMAT csv, HEADER true, DELIMITER ',', "
            "QUOTE '\"', ESCAPE '\"')"
        )
        count = engine.execute(f"SELECT count(*) FROM {source}").fetchone()
        return {"rows": count[0] if count else 0}


if __name__ == "__main__":
    _bound()
    print(json.dumps(_answer(json.load(sys.stdin))))  # noqa: T201
