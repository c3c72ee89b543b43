"""The floor: DuckDB merely reads the same file, every cell as text and nothing guessed, and casts the same columns.

No check of the same data can be quicker than this. It prints how many values each column has.
"""

from __future__ import annotations

import sys

import duckdb
from make_leads import COLUMNS

CASTS = {
    "budget": "DECIMAL(18,2)",
    "need_confirmed": "BOOLEAN",
    "competitor": "BOOLEAN",
    "timeframe": "BIGINT",
    "created_at": "TIMESTAMP",
    "qualified_at": "TIMESTAMP",
    "accepted_at": "TIMESTAMP",
    "rejected_at": "TIMESTAMP",
    "recycled_at": "TIMESTAMP",
}


def query(path: str) -> str:
    """Give the one query that reads and casts everything."""
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
    counts = ", ".join(
        f"count(TRY_CAST({name} AS {CASTS[name]}))" if name in CASTS else f"count({name})" for name in COLUMNS
    )
    return (
        f"SELECT {counts} FROM read_csv('{path}', auto_detect=false, header=true, columns={{{columns}}}, delim=',', "
        "quote='\"', escape='\"', new_line='\\n', strict_mode=true, null_padding=false, nullstr='')"
    )


if __name__ == "__main__":
    connection = duckdb.connect(config={"threads": "2"})
    print(*connection.execute(query(sys.argv[1])).fetchall()[0])
