"""What can change in the definitions: records, fields, terms and lifecycles."""

from __future__ import annotations

from slacli.core.changes.kinds.weights import Kind, editorial, material

KINDS: tuple[Kind, ...] = (
    material(
        "record-added",
        """A record is new.

        Why: terms and duties can be about it from now on.
        After:
            records: {invoice: {fields: {number: {type: text}}}}
        """,
    ),
    material(
        "record-removed",
        """A record was taken out.

        Why: nothing can be about it any more.
        Before:
            records: {invoice: {fields: {number: {type: text}}}}
        """,
    ),
    material(
        "record-key-changed",
        """Rows of a record are told apart by another field.

        Why: what counts as one row changes, and with it every count.
        After:
            records: {opportunity: {key: lead_ref}}
        """,
    ),
    material(
        "merging-changed",
        """Other fields say which rows of a record were merged, or none does any more.

        Why: rows that were merged are not judged, and what was done for them counts for the row that they ended in.
        Before:
            records: {opportunity: {fields: {master: {type: text}}}}
        After:
            records: {opportunity: {merged_into: master, fields: {master: {type: text}}}}
        """,
    ),
    material(
        "record-date-changed",
        """Another field places the rows of a record in time.

        Why: rows move to other periods.
        After:
            records: {lead: {dated: created_at}}
        """,
    ),
    material(
        "exclusion-added",
        """Rows of a record that counted are left out everywhere from now on.

        Why: no duty covers them any more.
        After:
            records: {lead: {left_out: {test: company = 'Test'}}}
        """,
    ),
    material(
        "exclusion-removed",
        """Rows of a record that were left out count from now on.

        Why: every duty about the record covers them too.
        Before:
            records: {lead: {left_out: {test: company = 'Test'}}}
        """,
    ),
    material(
        "exclusion-changed",
        """Other rows of a record are left out everywhere.

        Why: duties cover other rows.
        Before:
            records: {lead: {left_out: {test: company = 'Test'}}}
        After:
            records: {lead: {left_out: {test: company like 'Test%'}}}
        """,
    ),
    material(
        "links-changed",
        """Rows of a record belong to their parents by other fields.

        Why: what happened is counted for other rows.
        Before:
            records: {opportunity: {of: {lead: [lead_ref = lead.lead_id]}, happens: closed_on}}
        After:
            records: {opportunity: {of: {lead: [lead_ref = lead.company]}, happens: closed_on}}
        """,
    ),
    material(
        "history-changed",
        """What a change log is the history of, or how it is read, has changed.

        Why: other moves are seen.
        Before:
            records:
              change:
                of: {lead: [lead_ref = lead.lead_id]}
                happens: at
                history: {of: status, to: new}
                fields:
                  lead_ref: {type: text}
                  at: {type: time}
                  old: {type: text}
                  new: {type: text}
                  by: {type: text}
        After:
            records:
              change:
                of: {lead: [lead_ref = lead.lead_id]}
                happens: at
                history: {of: status, to: new, from: old}
                fields:
                  lead_ref: {type: text}
                  at: {type: time}
                  old: {type: text}
                  new: {type: text}
                  by: {type: text}
        """,
    ),
    material(
        "field-added",
        """A field of a record is new.

        Why: criteria can use it from now on.
        After:
            records: {lead: {fields: {country: {type: text}}}}
        """,
    ),
    material(
        "field-removed",
        """A field of a record was taken out.

        Why: no criterion can use it any more.
        Before:
            records: {lead: {fields: {country: {type: text}}}}
        """,
    ),
    material(
        "field-type-changed",
        """A field has another type.

        Why: its values are read and compared otherwise.
        After:
            records: {lead: {fields: {company: {type: ids}}}}
        """,
    ),
    material(
        "field-values-changed",
        """A field allows other values.

        Why: a value that is not allowed is unclear in every test of it.
        After:
            records: {lead: {fields: {budget: {from: 100}}}}
        """,
    ),
    material(
        "field-reading-changed",
        """A field is read, kept or derived otherwise.

        Why: the same cell of an export comes to another value.
        After:
            records: {lead: {fields: {company: {ignore_case: true}}}}
        """,
    ),
    editorial(
        "privacy-changed",
        """The values of a field are personal from now on, or are not any more.

        Why: personal values are masked in everything that is printed.
        After:
            records: {lead: {fields: {company: {personal: true}}}}
        """,
    ),
    material(
        "term-added",
        """A term is new.

        Why: duties and goals can use the word from now on.
        After:
            terms: {big: {of: lead, criteria: {budget: budget >= 50000}}}
        """,
    ),
    material(
        "term-removed",
        """A term was taken out.

        Why: no duty and no goal can use the word any more.
        Before:
            terms: {big: {of: lead, criteria: {budget: budget >= 50000}}}
        """,
    ),
    material(
        "term-record-changed",
        """A term is about another record.

        Why: it means other rows altogether.
        Before:
            terms: {big: {of: lead, criteria: {known: lead_id is not blank}}}
            records: {opportunity: {fields: {lead_id: {type: text}}}}
        After:
            terms: {big: {of: opportunity, criteria: {known: lead_id is not blank}}}
            records: {opportunity: {fields: {lead_id: {type: text}}}}
        """,
    ),
    material(
        "definition-changed",
        """The criteria of a term, or how many of them must hold, have changed.

        Why: every duty and goal that rests on the word covers or asks for other rows.
        After:
            terms: {mql: {criteria: {budget: budget >= 20000}}}
        """,
    ),
    material(
        "term-owner-changed",
        """Another party owns a definition.

        Why: it answers for what the word means.
        After:
            terms: {mql: {owner: marketing}}
        """,
    ),
    material(
        "stands-for-changed",
        """Another term is the trade's name for one of the required terms.

        Why: the required term is measured by other rows.
        Before:
            terms: {qualified_lead: {of: lead, criteria: {budget: budget >= 50000}}}
        After:
            terms: {mql: {stands_for: null}, qualified_lead: {of: lead, criteria: {budget: budget >= 50000}}}
        """,
    ),
    material(
        "narrowing-changed",
        """A term claims to be part of another one, or does not any more.

        Why: what holds of the wider term no longer holds of it for certain.
        After:
            terms: {sales_ready_lead: {narrows: null}}
        """,
    ),
    material(
        "mark-changed",
        """Another criterion tells which rows the CRM marks as a term.

        Why: duties that cover marked rows cover other ones.
        After:
            terms: {mql: {marked: status = 'MQL'}}
        """,
    ),
    material(
        "term-date-changed",
        """Another field places the rows of a term in a period.

        Why: rows are counted in other periods.
        After:
            terms: {mql: {dated: created_at}}
        """,
    ),
    editorial(
        "examples-changed",
        """The examples of a term have changed.

        Why: they show what both sides meant; no row is judged by them.
        After:
            terms: {mql: {examples: [{fails: {budget: 400}}]}}
        """,
    ),
    material(
        "lifecycle-added",
        """A lifecycle is new.

        Why: duties can ask that it is kept.
        After:
            lifecycles:
              deal:
                of: opportunity
                field: stage
                stages: {open: {value: Open}, won: {value: Closed Won, final: true}}
                starts: [open]
                moves: {open: [won]}
        """,
    ),
    material(
        "lifecycle-removed",
        """A lifecycle was taken out.

        Why: nobody has to keep it any more.
        Before:
            lifecycles:
              deal:
                of: opportunity
                field: stage
                stages: {open: {value: Open}, won: {value: Closed Won, final: true}}
                starts: [open]
                moves: {open: [won]}
        """,
    ),
    material(
        "lifecycle-field-changed",
        """A lifecycle is about another record, or another field says where a row is.

        Why: every stage is read from somewhere else.
        Before:
            lifecycles:
              deal:
                of: opportunity
                field: stage
                stages: {open: {value: Open}, won: {value: Closed Won, final: true}}
                starts: [open]
                moves: {open: [won]}
        After:
            lifecycles:
              deal:
                of: opportunity
                field: loss_reason
                stages: {open: {value: Open}, won: {value: Closed Won, final: true}}
                starts: [open]
                moves: {open: [won]}
        """,
    ),
    material(
        "stage-added",
        """A stage of a lifecycle is new.

        Why: rows can stand in it.
        Before:
            lifecycles: {lead: {stages: {closed: {final: null}}}}
        After:
            lifecycles: {lead: {stages: {closed: {final: null}, parked: {value: New}}}}
        """,
    ),
    material(
        "stage-removed",
        """A stage of a lifecycle was taken out.

        Why: rows cannot stand in it any more.
        Before:
            lifecycles: {lead: {stages: {parked: {value: New}}}}
        """,
    ),
    material(
        "stage-changed",
        """A stage has another value, another date of entry, or became an end.

        Why: rows are seen in it, or to leave it, otherwise.
        After:
            lifecycles: {lead: {stages: {closed: {final: null}}}}
        """,
    ),
    material(
        "stage-owner-changed",
        """Another party owns the rows of a stage.

        Why: it answers for what happens to them there.
        After:
            lifecycles: {lead: {stages: {accepted: {owner: marketing}}}}
        """,
    ),
    material(
        "stage-facts-changed",
        """Other facts must be known when a row enters a stage.

        Why: rows without them are reported.
        After:
            lifecycles: {lead: {stages: {accepted: {requires: [source]}}}}
        """,
    ),
    material(
        "lifecycle-starts-changed",
        """Rows may begin in other stages.

        Why: where fewer beginnings are allowed, a lifecycle is harder to keep.
        After:
            lifecycles: {lead: {starts: [new, qualified]}}
        """,
    ),
    material(
        "path-changed",
        """The usual order of the stages has changed.

        Why: other moves are seen as skips or steps back.
        After:
            lifecycles: {lead: {path: [new, qualified, closed]}}
        """,
    ),
    material(
        "moves-changed",
        """Other moves between stages are allowed.

        Why: where fewer moves are allowed, a lifecycle is harder to keep.
        After:
            lifecycles: {lead: {moves: {new: [qualified]}}}
        """,
    ),
    material(
        "handoff-added",
        """A hand-off is new.

        Why: one party gives rows to another with what is known of them.
        After:
            lifecycles:
              lead: {handoffs: {back: {from: accepted, to: qualified, given_by: sales, taken_by: marketing}}}
        """,
    ),
    material(
        "handoff-removed",
        """A hand-off was taken out.

        Why: nobody has to give or take rows there.
        Before:
            lifecycles:
              lead: {handoffs: {back: {from: accepted, to: qualified, given_by: sales, taken_by: marketing}}}
        """,
    ),
    material(
        "handoff-changed",
        """A hand-off is between other stages or parties, or with other facts.

        Why: others give and take, or more is owed with a row.
        After:
            lifecycles: {lead: {handoffs: {to_sales: {documents: [source]}}}}
        """,
    ),
)
