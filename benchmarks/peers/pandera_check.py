"""The rules of benchmarks/contract for pandera, on polars: the documented backend that is quickest for one machine.

The file is read once into a typed frame, and every rule is one expression that polars runs over all rows. Columns
carry types, allowed values and limits; a term or a duty is a check of the whole frame that gives one yes or no, which
spares pandera the listing of failing rows. `lazy=True` reports all failures, as slacli does.

It cannot say: how many rows meet, fail or are unclear, and which field is to blame; bounds for what is unclear; rows
left out under a name of their own; who owes what to whom; examples; zones. A file that is not clean ends the run.
"""

from __future__ import annotations

import sys
from datetime import datetime

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

TEXT, TIME = pl.String, pl.Datetime("us")
TYPES = {
    "lead_id": TEXT, "email": TEXT, "source": TEXT, "region": TEXT, "status": TEXT, "budget": pl.Decimal(18, 2),
    "authority": TEXT, "need_confirmed": pl.Boolean, "competitor": pl.Boolean, "timeframe": pl.Int64, "owner": TEXT,
    "created_at": TIME, "qualified_at": TIME, "accepted_at": TIME, "rejected_at": TIME, "recycled_at": TIME,
    "reject_reason": TEXT, "contact_id": TEXT, "company": TEXT,
}  # fmt: skip
SOURCES = ["Web", "Event", "Referral", "Paid search", "Partner", "Demo request", "Contact sales", "Chat"]
STATUSES = ["New", "MQL", "SAL", "SQL", "Recycled", "Disqualified", "Converted"]
REASONS = ["No budget", "Wrong person", "No response", "Bad timing"]
CHECKS = {
    "email": pa.Check.str_matches(r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$"),
    "source": pa.Check.isin(SOURCES),
    "region": pa.Check.isin(["AMER", "EMEA"]),
    "status": pa.Check.isin(STATUSES),
    "budget": pa.Check.ge(0),
    "authority": pa.Check.isin(["CFO", "VP", "Director", "Manager", "Individual"]),
    "timeframe": pa.Check.ge(0),
    "reject_reason": pa.Check.isin(REASONS),
}

c = pl.col
left_out = (c("email").str.split("@").list.last() == "acme.com").fill_null(value=False) | c("competitor").fill_null(
    value=False
)
qualified_lead = (
    pl.sum_horizontal(
        (c("budget") >= 10_000).fill_null(value=False),
        c("authority").is_in(["CFO", "VP", "Director"]).fill_null(value=False),
        c("need_confirmed").fill_null(value=False),
        (c("timeframe") <= 6).fill_null(value=False),
        (c("source") != "Partner").fill_null(value=False),
        c("email").is_not_null(),
    )
    >= 4
)
asked = c("source").is_in(["Demo request", "Contact sales", "Chat"]) | c("need_confirmed")
TERMS = {
    "qualified_lead": qualified_lead,
    "sales_ready_lead": qualified_lead & asked & c("owner").is_not_null() & c("timeframe").is_between(0, 6),
    "sale": (c("status") == "Converted")
    & c("contact_id").str.starts_with("003")
    & (c("created_at") >= datetime(2026, 1, 1)),  # noqa: DTZ001
    "quick_lead": c("accepted_at").is_not_null()
    & (c("accepted_at") <= c("qualified_at") + pl.duration(days=2))
    & c("rejected_at").is_null()
    & (c("created_at") <= c("qualified_at")),
    "lost_lead": (c("rejected_at").is_not_null() | c("recycled_at").is_not_null())
    & c("reject_reason").is_in(REASONS)
    & c("budget").is_between(0, 50_000),
}
month = c("qualified_at").dt.truncate("1mo")
complete = c("email").is_not_null() & c("source").is_not_null() & c("company").is_not_null()
rejected = c("rejected_at").is_not_null()
finished = (c("qualified_at") < datetime(2026, 12, 1)) & ~left_out  # noqa: DTZ001


def term(met: pl.Expr) -> pa.Check:
    """Check that some rows meet a term."""
    return pa.Check(lambda data: data.lazyframe.filter(~left_out).select(met.sum() > 0))


def share(met: pl.Expr, percent: int, where: pl.Expr | None = None) -> pa.Check:
    """Check that in every month enough of the marked rows meet something."""
    chosen = finished if where is None else finished & where
    return pa.Check(
        lambda data: (
            data.lazyframe.filter(chosen)
            .group_by(month.alias("month"))
            .agg(n=pl.len(), met=met.sum())
            .select((c("met").cast(pl.Int64) * 100 >= c("n").cast(pl.Int64) * percent).all())
        )
    )


volume = pa.Check(
    lambda data: (
        data.lazyframe.filter(qualified_lead & finished)
        .group_by(month.alias("month"), "region")
        .agg(n=pl.len())
        .select((c("n") >= pl.when(c("region") == "AMER").then(1000).otherwise(500)).all())
    )
)
schema = pa.DataFrameSchema(
    {
        name: pa.Column(
            kind,
            CHECKS.get(name),
            nullable=name not in {"lead_id", "created_at"},
            unique=name == "lead_id",
        )
        for name, kind in TYPES.items()
    },
    checks=[
        *(term(met) for met in TERMS.values()),
        share(qualified_lead, 90),
        share(complete, 95),
        volume,
        share(c("reject_reason").is_not_null(), 98, rejected),
    ],
)

if __name__ == "__main__":
    frame = pl.read_csv(sys.argv[1], schema=TYPES)
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        print(errors.failure_cases)
        sys.exit(1)
    print(f"{frame.height:,} rows, no failures")
