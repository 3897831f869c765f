"""The tables. `deliveries` -> `work` -> `runs` -> `effects` is the way of one webhook; the rest serves it.

Timestamps are `timestamptz` in UTC and set by the database (`now()`), so machines need not agree on time.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, UUID

from app.store.columns import metadata, moment, text
from app.store.knowledge_tables import KNOWLEDGE, passage_vectors, thread_vectors
from app.store.listening_tables import LISTENING

__all__ = ["KNOWLEDGE", "LISTENING", "metadata", "passage_vectors", "thread_vectors"]

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("guid", sa.Text, primary_key=True),
    text("event"),
    text("action"),
    sa.Column("installation_id", sa.BigInteger, nullable=False),
    sa.Column("body", BYTEA, nullable=False),
    sa.Column("work_id", sa.BigInteger),
    moment("received_at"),
    sa.Index("ix_deliveries_received_at", "received_at"),
)
"""Kept for a week at least: GitHub redelivers for three days, and a known GUID must stay known."""

work = sa.Table(
    "work",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    text("kind", None),
    sa.Column("installation_id", sa.BigInteger, nullable=False),
    sa.Column("repository_id", sa.BigInteger, nullable=False),
    text("repository"),
    text("thread_kind", nullable=True),
    sa.Column("number", sa.Integer, nullable=False, server_default="0"),
    text("state", "planned"),
    sa.Column("triggers", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("leased_triggers", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("worker", UUID(as_uuid=True)),
    sa.Column("token", UUID(as_uuid=True)),
    moment("lease_until", nullable=True),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("deaths", sa.Integer, nullable=False, server_default="0"),
    moment("not_before"),
    text("reason"),
    moment("planned_at"),
    moment("started_at", nullable=True),
    moment("finished_at", nullable=True),
    sa.Index(
        "ix_work_lane",
        "repository_id",
        "not_before",
        "id",
        postgresql_where=sa.text("state = 'planned'"),
    ),
    sa.Index("ix_work_leased", "repository_id", postgresql_where=sa.text("state = 'leased'")),
    sa.Index("ix_work_dead", "id", postgresql_where=sa.text("state = 'dead'")),
    sa.Index("ix_work_suspect", "id", postgresql_where=sa.text("deaths >= 2")),
    sa.Index("ix_work_installation", "installation_id"),
)
"""One row per key for ever: a thread's next event finds it done and plans it again."""

lanes = sa.Table(
    "lanes",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
    moment("served_at"),
)
"""When each repository was last served, so that a busy one cannot starve a quiet one."""

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("work_id", sa.BigInteger, nullable=False),
    sa.Column("installation_id", sa.BigInteger, nullable=False),
    sa.Column("repository_id", sa.BigInteger, nullable=False),
    text("repository"),
    text("thread_kind"),
    sa.Column("number", sa.Integer, nullable=False),
    text("title"),
    text("skill", None),
    text("trigger"),
    text("prompt"),
    text("prompt_digest"),
    text("model"),
    text("outcome", None),
    text("summary"),
    sa.Column("snapshot", JSONB, nullable=False),
    sa.Column("decision", JSONB),
    sa.Column("verdict", JSONB),
    sa.Column("usage", JSONB, nullable=False),
    sa.Column("spans", JSONB, nullable=False, server_default="[]"),
    sa.Column("cost_usd", sa.Double, nullable=False, server_default="0"),
    text("error", nullable=True),
    moment("started_at"),
    moment("finished_at"),
    sa.Index("ix_runs_repository", "repository", "id"),
    sa.Index("ix_runs_thread", "repository_id", "number", "id"),
)

effects = sa.Table(
    "effects",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("run_id", sa.BigInteger, sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    sa.Column("intent", sa.Text, nullable=False),
    text("kind", None),
    sa.Column("installation_id", sa.BigInteger, nullable=False),
    sa.Column("repository_id", sa.BigInteger, nullable=False),
    text("repository"),
    text("thread_kind"),
    sa.Column("number", sa.Integer, nullable=False),
    text("node_id"),
    sa.Column("payload", JSONB, nullable=False),
    text("state", "planned"),
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    sa.Column("sent_revision", sa.Integer, nullable=False, server_default="0"),
    sa.Column("worker", UUID(as_uuid=True)),
    sa.Column("token", UUID(as_uuid=True)),
    moment("lease_until", nullable=True),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    moment("not_before"),
    moment("sent_at", nullable=True),
    text("remote_id", nullable=True),
    sa.Column("wrote", JSONB),
    text("reason"),
    moment("sweep_at", nullable=True),
    moment("created_at"),
    moment("done_at", nullable=True),
    sa.UniqueConstraint("intent", "kind"),
    sa.Index(
        "ix_effects_due",
        "installation_id",
        "not_before",
        "id",
        postgresql_where=sa.text("state in ('planned', 'unknown')"),
    ),
    sa.Index("ix_effects_leased", "installation_id", postgresql_where=sa.text("lease_until is not null")),
    sa.Index("ix_effects_dead", "id", postgresql_where=sa.text("state = 'dead'")),
    sa.Index("ix_effects_sweep", "sweep_at", postgresql_where=sa.text("sweep_at is not null")),
    sa.Index("ix_effects_run", "run_id"),
    sa.Index("ix_effects_thread", "repository_id", "number"),
    sa.Index("ix_effects_drafts", "run_id", "id", postgresql_where=sa.text("state = 'draft'")),
    sa.Index("ix_effects_done", "done_at", postgresql_where=sa.text("state = 'done'")),
)

acts = sa.Table(
    "acts",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    text("kind", None),
    text("actor"),
    text("by", None),
    text("subject"),
    text("detail"),
    moment("at", default=False),
    sa.Index("ix_acts_thread", "repository_id", "number", "at"),
    sa.Index("ix_acts_moment", "repository_id", "at"),
)
"""What people and bots did on threads, by GitHub's id of each event, so that an act counts once."""

stances = sa.Table(
    "stances",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("stance", JSONB, nullable=False),
)
"""How people told us to behave on one thread."""

calls = sa.Table(
    "calls",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("installation_id", sa.BigInteger, nullable=False),
    sa.Column("repository_id", sa.BigInteger, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    text("actor"),
    sa.Column("usd", sa.Double),
    moment("at"),
    sa.Index("ix_calls_repository", "repository_id", "at"),
    sa.Index("ix_calls_actor", "repository_id", "actor", "at"),
    sa.Index("ix_calls_thread", "repository_id", "number"),
)
"""Paid model calls, reserved before they are made; `usd` is null while one is on its way."""

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("effect_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("repository_id", sa.BigInteger, nullable=False),
    moment("at"),
    sa.Index("ix_notices_person", "person", "at"),
    sa.Index("ix_notices_repository", "repository_id", "at"),
)
"""Whom our comments reached, and when."""

installations = sa.Table(
    "installations",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    text("account"),
    text("state", "active"),
    text("parked"),
    moment("next_write_at"),
    moment("deleted_at", nullable=True),
)
"""`parked` is the reason why its effects wait; empty when they do not."""

writes = sa.Table(
    "writes",
    metadata,
    sa.Column("installation_id", sa.BigInteger, primary_key=True),
    sa.Column("slot", sa.TIMESTAMP(timezone=True), primary_key=True),
)
"""The moments given to writes within the last hour, for GitHub's hourly limit."""

repositories = sa.Table(
    "repositories",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("installation_id", sa.BigInteger, nullable=False),
    text("name"),
    text("indexed_commit", nullable=True),
    text("web_url"),
    sa.Column("passages", sa.Integer, nullable=False, server_default="0"),
    text("embedded_by"),
    sa.Column("threads", sa.Integer, nullable=False, server_default="0"),
    moment("reconciled_until", nullable=True),
    sa.Index("ix_repositories_installation", "installation_id"),
)
"""The commit stands here once: the permalink of every passage is made of it when it is read. `passages` and `threads`
count the rows of those tables, for a search to know how rare a word is; `embedded_by` names the embedder that has
placed every passage.
"""

MANNERS = (acts, stances, calls, notices)

secrets = sa.Table(
    "secrets",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", BYTEA, nullable=False),
)
"""Keys made once by the product itself, such as the one that signs markers."""

ticks = sa.Table(
    "ticks",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    moment("ran_at"),
)
"""When each periodic job last ran in any worker (`app/store/ticks.py`)."""
