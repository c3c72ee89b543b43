"""What can change in goals and metrics, and in the bindings by which exports are read."""

from __future__ import annotations

from slacli.core.changes.kinds.weights import Kind, editorial, material, stewardship

KINDS: tuple[Kind, ...] = (
    material(
        "metric-added",
        """A metric is new.

        Why: goals can count it from now on.
        After:
            metrics: {leads: {count: mql}}
        """,
    ),
    material(
        "metric-removed",
        """A metric was taken out.

        Why: no goal counts it any more.
        Before:
            metrics: {leads: {count: mql}}
        """,
    ),
    material(
        "metric-changed",
        """A metric counts something else.

        Why: every goal on it means something else.
        After:
            metrics: {revenue: {sum: null, average: amount}}
        """,
    ),
    material(
        "goal-added",
        """A goal is new.

        Why: its owners want to reach it.
        After:
            goals:
              leads:
                owned_by: [marketing]
                audience: [ceo]
                kind: performance
                metric: revenue
                baseline: collect
                target: at least 9 per month
        """,
    ),
    material(
        "goal-removed",
        """A goal was taken out.

        Why: nobody has to reach it any more.
        Before:
            goals:
              leads:
                owned_by: [marketing]
                audience: [ceo]
                kind: performance
                metric: revenue
                baseline: collect
                target: at least 9 per month
        """,
    ),
    material(
        "goal-owners-changed",
        """A goal is owned by other parties.

        Why: it is theirs to reach.
        After:
            goals: {more_revenue: {owned_by: [sales]}}
        """,
    ),
    material(
        "goal-audience-changed",
        """A goal is for another audience.

        Why: others are told whether it was reached.
        After:
            goals: {more_revenue: {audience: [ceo, cfo]}}
        """,
    ),
    material(
        "goal-kind-changed",
        """A goal became financial, or one of performance.

        Why: financial goals are what a CEO and a CFO look for.
        After:
            goals: {more_revenue: {kind: performance}}
        """,
    ),
    material(
        "goal-metric-changed",
        """A goal counts another metric.

        Why: it is another goal under an old name.
        Before:
            metrics: {leads: {count: mql}}
        After:
            metrics: {leads: {count: mql}}
            goals: {more_revenue: {metric: leads}}
        """,
    ),
    material(
        "goal-target-changed",
        """A goal has another target.

        Why: it is what its owners promised to reach.
        After:
            goals: {more_revenue: {target: at least 120000 per quarter}}
        """,
    ),
    material(
        "goal-ramp-changed",
        """What a goal asks from a named period on has changed.

        Why: it is the target of that period and of all after it.
        After:
            goals: {more_revenue: {ramp: {FY28-Q1: at least 120000}}}
        """,
    ),
    material(
        "baseline-changed",
        """What a figure was before has changed.

        Why: growth is counted from it.
        After:
            goals: {more_revenue: {baseline: {period: FY26-Q4, value: "90000"}}}
        """,
    ),
    editorial(
        "goal-horizon-changed",
        """How far a goal looks ahead is said otherwise.

        Why: it is for those who read it; no figure depends on it.
        After:
            goals: {more_revenue: {horizon: strategic}}
        """,
    ),
    stewardship(
        "binding-added",
        """A binding is new.

        Why: another kind of export can be read.
        Before:
            bindings: {opportunities: {joins_on: opportunity_id}}
        After:
            bindings:
              hubspot:
                binds: opportunity
                matches: [Deal ID]
                joins_on: opportunity_id
                columns: {opportunity_id: Deal ID}
              opportunities: {joins_on: opportunity_id}
        """,
    ),
    stewardship(
        "binding-removed",
        """A binding was taken out.

        Why: a kind of export can be read no more.
        Before:
            bindings:
              hubspot:
                binds: opportunity
                matches: [Deal ID]
                joins_on: opportunity_id
                columns: {opportunity_id: Deal ID}
              opportunities: {joins_on: opportunity_id}
        After:
            bindings: {opportunities: {joins_on: opportunity_id}}
        """,
    ),
    stewardship(
        "binding-changed",
        """A binding is told by other headers, its rows are joined by another field, or other columns are compared.

        Why: other files are taken for this export, or `slacli reconcile` looks at other columns of it.
        After:
            bindings: {leads: {matches: [Lead ID]}}
        """,
    ),
    stewardship(
        "reading-changed",
        """The text of an export is read otherwise.

        Why: the same cells may come to other values.
        After:
            bindings: {leads: {reads: {date_order: dmy}}}
        """,
    ),
    stewardship(
        "column-added",
        """A field is read from a column.

        Why: what could not be judged can be.
        Before:
            bindings: {leads: {columns: {region: null}}}
        """,
    ),
    stewardship(
        "column-removed",
        """A field is read from no column any more.

        Why: what rests on it can not be judged.
        After:
            bindings: {leads: {columns: {region: null}}}
        """,
    ),
    stewardship(
        "column-changed",
        """A field is read from another column, or its values are translated otherwise.

        Why: the same export comes to other values.
        After:
            bindings: {leads: {columns: {region: Sales Region}}}
        """,
    ),
)
