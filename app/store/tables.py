"""The tables. `deliveries` -> `work` -> `runs` -> `effects` is the way of one webhook; the rest serves it.

Timestamps are `timestamptz` in UTC and set by the database (`now()`), so machines need not agree on time.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, TSVECTOR, UUID

metadata = sa.MetaData(naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"})


def _moment(name: str, *, nullable: bool = False, default: bool = True) -> sa.Column[object]:
    return sa.Column(
        name,
        sa.TIMESTAMP(timezone=True),
        nullable=nullable,
        server_default=sa.func.now() if default and not nullable else None,
    )


def _text(name: str, default: str | None = "", *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable, server_default=default if not nullable else None)


deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("guid", sa.Text, primary_key=True),
    _text("event"),
    _text("action"),
    sa.Column("installation_id", sa.BigInteger, nullable=False),
    sa.Column("body", BYTEA, nullable=False),
    sa.Column("work_id", sa.BigInteger),
    _moment("received_at"),
    sa.Index("ix_deliveries_received_at", "received_at"),
)
"""Kept for a week at least: GitHub redelivers for three days, and a known GUID must stay known."""

work = sa.Table(
    "work",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    _text("kind", None),
    sa.Column("installation_id", sa.BigInteger, nullable=False),
    sa.Column("repository_id", sa.BigInteger, nullable=False),
    _text("repository"),
    _text("thread_kind", nullable=True),
    sa.Column("number", sa.Integer, nullable=False, server_default="0"),
    _text("state", "planned"),
    sa.Column("triggers", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("leased_triggers", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("worker", UUID(as_uuid=True)),
    sa.Column("token", UUID(as_uuid=True)),
    _moment("lease_until", nullable=True),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    _moment("not_before"),
    _text("reason"),
    _moment("planned_at"),
    _moment("started_at", nullable=True),
    _moment("finished_at", nullable=True),
    sa.Index(
        "ix_work_lane",
        "repository_id",
        "not_before",
        "id",
        postgresql_where=sa.text("state = 'planned'"),
    ),
    sa.Index("ix_work_leased", "repository_id", postgresql_where=sa.text("state = 'leased'")),
    sa.Index("ix_work_dead", "id", postgresql_where=sa.text("state = 'dead'")),
    sa.Index("ix_work_installation", "installation_id"),
)
"""One row per key for ever: a thread's next event finds it done and plans it again."""

lanes = sa.Table(
    "lanes",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
    _moment("served_at"),
)
"""When each repository was last served, so that a busy one cannot starve a quiet one."""

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("work_id", sa.BigInteger, nullable=False),
    sa.Column("installation_id", sa.BigInteger, nullable=False),
    sa.Column("repository_id", sa.BigInteger, nullable=False),
    _text("repository"),
    _text("thread_kind"),
    sa.Column("number", sa.Integer, nullable=False),
    _text("title"),
    _text("skill", None),
    _text("trigger"),
    _text("prompt"),
    _text("prompt_digest"),
    _text("model"),
    _text("outcome", None),
    _text("summary"),
    sa.Column("snapshot", JSONB, nullable=False),
    sa.Column("decision", JSONB),
    sa.Column("verdict", JSONB),
    sa.Column("usage", JSONB, nullable=False),
    sa.Column("spans", JSONB, nullable=False, server_default="[]"),
    sa.Column("cost_usd", sa.Double, nullable=False, server_default="0"),
    _text("error", nullable=True),
    _moment("started_at"),
    _moment("finished_at"),
    sa.Index("ix_runs_repository", "repository", "id"),
    sa.Index("ix_runs_thread", "repository_id", "number", "id"),
)

effects = sa.Table(
    "effects",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("run_id", sa.BigInteger, sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    sa.Column("intent", sa.Text, nullable=False),
    _text("kind", None),
    sa.Column("installation_id", sa.BigInteger, nullable=False),
    sa.Column("repository_id", sa.BigInteger, nullable=False),
    _text("repository"),
    _text("thread_kind"),
    sa.Column("number", sa.Integer, nullable=False),
    _text("node_id"),
    sa.Column("payload", JSONB, nullable=False),
    _text("state", "planned"),
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    sa.Column("sent_revision", sa.Integer, nullable=False, server_default="0"),
    sa.Column("worker", UUID(as_uuid=True)),
    sa.Column("token", UUID(as_uuid=True)),
    _moment("lease_until", nullable=True),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    _moment("not_before"),
    _moment("sent_at", nullable=True),
    _text("remote_id", nullable=True),
    _text("reason"),
    _moment("sweep_at", nullable=True),
    _moment("created_at"),
    _moment("done_at", nullable=True),
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
)

installations = sa.Table(
    "installations",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    _text("account"),
    _text("state", "active"),
    _text("parked"),
    _moment("next_write_at"),
    _moment("deleted_at", nullable=True),
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
    _text("name"),
    _text("indexed_commit", nullable=True),
    _moment("reconciled_until", nullable=True),
    sa.Index("ix_repositories_installation", "installation_id"),
)

passages = sa.Table(
    "passages",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("repository_id", sa.BigInteger, nullable=False),
    _text("path"),
    _text("heading"),
    sa.Column("start_line", sa.Integer, nullable=False),
    sa.Column("end_line", sa.Integer, nullable=False),
    _text("commit"),
    _text("text"),
    _text("url"),
    sa.Column("words", TSVECTOR, nullable=False),
    sa.Index("ix_passages_words", "words", postgresql_using="gin"),
    sa.Index("ix_passages_repository", "repository_id"),
)

terms = sa.Table(
    "terms",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True),
    sa.Column("word", sa.Text, primary_key=True),
    sa.Column("passages", sa.Integer, nullable=False),
)
"""In how many passages of a repository a word stands: a search uses the rarest words of a long question."""

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
    _moment("ran_at"),
)
"""When each periodic job last ran in any worker (`app/store/ticks.py`)."""
