"""The pages of the findings that a check of data makes."""

from __future__ import annotations

from slacli.findings import Rule, Severity, reported

TARGET_MISSED = reported(
    Severity.ERROR,
    "target-missed",
    """A duty stayed below its target in a period that is judged.

    Why: this is what the agreement is for. Each finding names the party that owed the duty, and the rows.
    """,
)
OLDER_MISS = reported(
    Severity.NOTE,
    "older-miss",
    """A duty stayed below its target in a finished period that is not judged by this run.

    Why: it was reported when it happened; by default only the last finished period can fail a build. See `--judge`.
    """,
)
UNCLEAR_OUTCOME = reported(
    Severity.WARNING,
    "unclear-outcome",
    """A duty is met or missed depending on rows whose values are blank, unreadable or not allowed.

    Why: a guess would wrong one of the two sides. The blamed fields say what has to be filled in.
    """,
)
TARGET_OUT_OF_REACH = reported(
    Severity.WARNING,
    "target-out-of-reach",
    """A period that still runs can no longer reach its target, as it goes: not even if all that is to come is met.

    Why: while a month runs both sides can still do something about it; when it is over there is only a miss. How many
    rows are still to come is reckoned from how many there were so far, so early in a period it takes many misses.
    """,
)
TOO_FEW = reported(
    Severity.WARNING,
    "too-few",
    """A period holds fewer rows than `judge_from` asks for, so nothing is judged.

    Why: a share of a handful of rows says more about chance than about a party.
    """,
)
NO_DATA = reported(
    Severity.WARNING,
    "no-data",
    """A finished period that the export covers holds no row that the duty is about.

    Why: no rows is neither 0 % nor 100 %; often it is a filter of the report that went wrong.
    """,
)
NOT_CHECKED = reported(
    Severity.WARNING,
    "not-checked",
    """A duty, term or goal is not checked: what it needs was not given, or does not fit together.

    Why: what was not given did not fail to happen. With `--all` a check ends with 2 unless every duty is checked.
    """,
)
GOAL_MISSED = reported(
    Severity.WARNING,
    "goal-missed",
    """A goal did not reach its target in a period that is judged.

    Why: it is what both sides want, and nobody owes it to anybody, so it fails no build by itself; `--fail-on warning`
    lets it. While the baseline of a goal is being collected, the figure is shown and a miss is not reported.
    """,
)
CONTRADICTORY_KEYS = reported(
    Severity.ERROR,
    "contradictory-keys",
    """Rows with the same key say different things, and nothing settles which one holds.

    Why: whichever row was taken, the verdict would be a guess; so none of them is judged. `newest_by` settles them.
    """,
)
REPEATED_KEYS = reported(
    Severity.NOTE,
    "repeated-keys",
    """Rows stand in the export more than once; each is judged once.

    Why: two views pasted together would otherwise count everything twice.
    """,
)
BLANK_KEYS = reported(
    Severity.WARNING,
    "blank-keys",
    """Rows have no key; they are judged, and named by their row.

    Why: without a key a row cannot be found again in the CRM, nor joined to others.
    """,
)
VALUE_NOT_LISTED = reported(
    Severity.WARNING,
    "value-not-listed",
    """Cells hold a value that the contract does not allow for the field: tests of it are unclear.

    Why: a new status or source changes what a term means, and somebody should decide how.
    """,
)
UNREADABLE_VALUES = reported(
    Severity.WARNING,
    "unreadable-values",
    """Cells hold something that is no value of the field's type: tests of it are unclear.

    Why: a date or an amount that is guessed gives a wrong verdict. Above `reads.unreadable` nothing is judged.
    """,
)
UNREADABLE_ROWS = reported(
    Severity.WARNING,
    "unreadable-rows",
    """Rows of an export cannot be read, such as one with too many cells; they are counted and not judged.

    Why: a row that is dropped in silence is a lead that nobody ever asks about again.
    """,
)
NO_ROWS = reported(
    Severity.ERROR,
    "no-rows",
    """An export has a header and no rows.

    Why: nothing was judged, which must never look like everything is fine.
    """,
)
PASTED_EXPORTS = reported(
    Severity.ERROR,
    "pasted-exports",
    """Another export starts or ends in the middle of a file: two were pasted together.

    Why: rows that stand in both would count twice, and each part was filtered in its own way.
    """,
)
STRAY_TIME = reported(
    Severity.WARNING,
    "stray-time",
    """A few rows hold a time far after all others, such as 2050; it does not decide what day it is for the report.

    Why: one mistyped year would make every open duty look overdue.
    """,
)
ANSWERED_BEFORE = reported(
    Severity.NOTE,
    "answered-before",
    """Answers lie before the start of their clock; they count as given at once.

    Why: somebody may have called before Marketing marked the lead, which is in time. Many of them mean that the start
    or the answer stands in a field that means something else.
    """,
)
OUTSIDE_CALENDAR = reported(
    Severity.WARNING,
    "outside-calendar",
    """A clock runs on days that its calendar does not cover.

    Why: nobody has agreed which of those days are open, so how long it took is not known, and the run is unclear.
    """,
)
STALE_EXPORT = reported(
    Severity.WARNING,
    "stale-export",
    """An export is older than its binding's `fresh` allows, so what rests on it is not checked.

    Why: what happened after the export was made would look as if it never happened.
    """,
)
NO_PARENT = reported(
    Severity.NOTE,
    "no-parent",
    """Rows of a child record belong to no row of its parent.

    Why: calls that belong to nobody are counted for nobody; many of them mean that the exports do not fit together.
    """,
)
NOTHING_JOINS = reported(
    Severity.WARNING,
    "nothing-joins",
    """No row of an export belongs to any row of its parent, so nothing is judged by it.

    Why: calls that are all about nobody are calls of which the ids are written in another way, such as with 15
    characters here and 18 there. Taken as they stand, they would say that nobody ever called anybody.
    """,
)
IDS_IN_ANOTHER_CASE = reported(
    Severity.WARNING,
    "ids-in-another-case",
    """Rows name a parent in other capitals than it has, and no parent as they are written.

    Why: the case of a Salesforce id is part of it, and two leads may differ in nothing else; so the rows belong to
    nobody. Where many do, a spreadsheet or a script has changed the ids of one file.
    """,
)
MERGE_CIRCLE = reported(
    Severity.ERROR,
    "merge-circle",
    """Rows were merged in a circle, or into two others, so nobody can say in which one they live on.

    Why: whatever was done for them would count for nobody, or twice. Such rows are not judged, and neither is what
    belongs to them.
    """,
)
WINNER_NOT_GIVEN = reported(
    Severity.WARNING,
    "winner-not-given",
    """Rows were merged into others that no export at hand holds.

    Why: what was done for them belongs to a row that is not there, so it counts for nobody.
    """,
)
UNDATED_ROWS = reported(
    Severity.WARNING,
    "undated-rows",
    """Rows that a duty covers have no date that places them in a period, so they are in none.

    Why: a blank date must not move a lead out of every figure unseen.
    """,
)
LATER_ROWS = reported(
    Severity.NOTE,
    "later-rows",
    """Rows are dated after the day of the report, so they are in none of its periods.

    Why: they count once their period has come; until then nobody should wonder where they went.
    """,
)
BEFORE_FIRST_VERSION = reported(
    Severity.NOTE,
    "before-first-version",
    """Rows that a duty covers began before the first version of the agreement took effect, so nobody judges them.

    Why: nobody had agreed on anything yet. They are counted, so that every row of an export is accounted for.
    """,
)
NO_VERSION_IN_FORCE = reported(
    Severity.WARNING,
    "no-version-in-force",
    """Rows that a duty covers began when one version had ended and the next had not taken effect: nobody judges them.

    Why: between two versions nothing is agreed. Often the end on the cover was forgotten, and the work went on.
    """,
)
PLACED_OTHERWISE = reported(
    Severity.WARNING,
    "placed-otherwise",
    """Two versions of a duty place its rows by different times, so near the change a row may count twice or not at all.

    Why: which version judges a row rests on the day that places it. Where one goes by the day on which a lead came in
    and the next by the day on which it was handed over, a lead between the two days of one change fits both or none.
    """,
)
TREE_NOT_JUDGED = reported(
    Severity.NOTE,
    "tree-not-judged",
    """The contract on disk is another one than the last that was committed or signed, and judges nothing.

    Why: only what was committed can be in force, and once a version is signed only what everybody signed. `slacli
    check --draft` judges by what stands on disk.
    """,
)
TIME_IN_GAP = reported(
    Severity.WARNING,
    "time-in-gap",
    """Local times never happened, because clocks were set forward over them; they are read after the gap.

    Why: such a time often means that the export is in another zone than its binding says.
    """,
)
RULES: tuple[Rule[None], ...] = (
    TARGET_MISSED, OLDER_MISS, UNCLEAR_OUTCOME, TARGET_OUT_OF_REACH, TOO_FEW, NO_DATA, NOT_CHECKED, GOAL_MISSED,
    CONTRADICTORY_KEYS, REPEATED_KEYS, BLANK_KEYS, VALUE_NOT_LISTED, UNREADABLE_VALUES, UNREADABLE_ROWS, NO_ROWS,
    PASTED_EXPORTS, STRAY_TIME, STALE_EXPORT, OUTSIDE_CALENDAR, ANSWERED_BEFORE, NO_PARENT, NOTHING_JOINS,
    IDS_IN_ANOTHER_CASE, MERGE_CIRCLE, WINNER_NOT_GIVEN,
    UNDATED_ROWS, LATER_ROWS, TIME_IN_GAP, BEFORE_FIRST_VERSION, NO_VERSION_IN_FORCE, PLACED_OTHERWISE, TREE_NOT_JUDGED,
)  # fmt: skip
