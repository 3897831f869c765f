"""Tables of listening: what was heard about our runs, what is still watched, and the exam questions made of it."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.store.columns import metadata, moment, text

signals = sa.Table(
    "signals",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("installation_id", sa.BigInteger, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("run_id", sa.BigInteger, sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    sa.Column("effect_id", sa.BigInteger),
    text("kind", None),
    text("polarity", None),
    text("actor"),
    text("role", nullable=True),
    text("mode", nullable=True),
    sa.Column("wanted", JSONB),
    text("text"),
    moment("at", default=False),
    moment("heard_at"),
    moment("withdrawn_at", nullable=True),
    sa.Index("ix_signals_thread", "repository_id", "number"),
    sa.Index("ix_signals_run", "run_id"),
    sa.Index("ix_signals_mode", "mode", "at"),
    sa.Index("ix_signals_at", "at"),
)
"""`id` says what happened, so that it counts once. Skill, prompt and model are the run's."""

watches = sa.Table(
    "watches",
    metadata,
    sa.Column(
        "effect_id",
        sa.BigInteger,
        sa.ForeignKey("effects.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    text("etag"),
    sa.Column("known", JSONB, nullable=False, server_default="[]"),
    sa.Column("looks", sa.Integer, nullable=False, server_default="0"),
    sa.Column("unchanged", sa.Integer, nullable=False, server_default="0"),
    moment("due_at", nullable=True),
    sa.Index("ix_watches_due", "due_at", postgresql_where=sa.text("due_at is not null")),
)
"""Effects that are looked at again: GitHub sends no event for a reaction. `due_at` is null when a watch has ended;
`unchanged` counts the looks that cost nothing.
"""

survivals = sa.Table(
    "survivals",
    metadata,
    sa.Column(
        "effect_id",
        sa.BigInteger,
        sa.ForeignKey("effects.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("window", sa.Text, primary_key=True),
    text("fate", None),
    moment("at", default=False),
)

cases = sa.Table(
    "cases",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("run_id", sa.BigInteger, nullable=False, unique=True),
    sa.Column("repository_id", sa.BigInteger, nullable=False),
    sa.Column("installation_id", sa.BigInteger, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("private", sa.Boolean, nullable=False),
    text("skill", None),
    text("mode", None),
    sa.Column("wanted", JSONB),
    sa.Column("snapshot", JSONB, nullable=False),
    sa.Column("did", JSONB, nullable=False),
    sa.Column("segment", JSONB, nullable=False, server_default="{}"),
    text("cluster"),
    sa.Column("bands", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("twin_of", sa.BigInteger),
    sa.Column("provenance", JSONB, nullable=False),
    text("state", "proposed"),
    text("assignee"),
    moment("proposed_at"),
    sa.Index("ix_cases_queue", "state", "id"),
    sa.Index("ix_cases_thread", "repository_id", "number"),
    sa.Index("ix_cases_installation", "installation_id"),
    sa.Index("ix_cases_bands", "bands", postgresql_using="gin"),
)
"""One for each run that was judged wrong. A copy of its own: it outlives the run, and is erased by its own rules.
`bands` are what near-twins have in common (`app/teammate/cases/twins.py`).
"""

judgements = sa.Table(
    "judgements",
    metadata,
    sa.Column(
        "case_id", sa.BigInteger, sa.ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    sa.Column("judge", sa.Text, primary_key=True),
    text("verdict", None),
    text("mode", nullable=True),
    sa.Column("wanted", JSONB),
    text("note"),
    moment("at"),
)

erasures = sa.Table(
    "erasures",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    text("what", None),
    text("subject", None),
    sa.Column("rows", JSONB, nullable=False, server_default="{}"),
    moment("asked_at"),
    moment("done_at", nullable=True),
)
"""What had to be forgotten (a comment, thread, repository, installation or person), and proof that it was: `rows`
counts what was deleted in each store.
"""

LISTENING = (signals, watches, survivals, cases, judgements, erasures)
