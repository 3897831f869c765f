"""The tables. `deliveries` -> `work` -> `runs` -> `effects` is the way of one webhook; the rest serves it.

Timestamps are `timestamptz` in UTC and set by the database (`now()`), so machines need not agree on time.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, TSVECTOR, UUID
from sqlalchemy.dialects.postgresql.base import ischema_names

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
    sa.Column("deaths", sa.Integer, nullable=False, server_default="0"),
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
    sa.Index("ix_work_suspect", "id", postgresql_where=sa.text("deaths >= 2")),
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
    _text("web_url"),
    sa.Column("passages", sa.Integer, nullable=False, server_default="0"),
    _text("embedded_by"),
    sa.Column("threads", sa.Integer, nullable=False, server_default="0"),
    _moment("history_until", nullable=True),
    _moment("reconciled_until", nullable=True),
    sa.Index("ix_repositories_installation", "installation_id"),
)
"""The commit stands here once: the permalink of every passage is made of it when it is read. `passages` and `threads`
count the rows of those tables, for a search to know how rare a word is; `embedded_by` names the embedder that has
placed every passage.
"""

files = sa.Table(
    "files",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    _text("digest", None),
    sa.Column("passages", sa.Integer, nullable=False),
)
"""What is indexed of each file, so that a push costs only the files it changed."""

passages = sa.Table(
    "passages",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("repository_id", sa.BigInteger, nullable=False),
    _text("path", None),
    _text("heading"),
    sa.Column("start_line", sa.Integer, nullable=False),
    sa.Column("end_line", sa.Integer, nullable=False),
    _text("text", None),
    sa.Column("private", sa.Boolean, nullable=False),
    sa.Column("words", TSVECTOR, nullable=False),
    sa.Index("ix_passages_path", "repository_id", "path"),
)

threads = sa.Table(
    "threads",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("repository_id", sa.BigInteger, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("facts", JSONB, nullable=False),
    _text("text", None),
    sa.Column("labelled", sa.Boolean, nullable=False),
    _moment("created_at", default=False),
    _moment("updated_at", default=False),
    sa.Column("private", sa.Boolean, nullable=False),
    sa.Column("words", TSVECTOR, nullable=False),
    sa.Index("ix_threads_number", "repository_id", "number", unique=True),
    sa.Index("ix_threads_labelled", "repository_id", "created_at", postgresql_where=sa.text("labelled")),
)
"""Past threads: `facts` is the whole `PastThread`, the rest what is searched by; `text` is what is embedded."""


def _terms(shelf: sa.Table) -> sa.Table:
    return sa.Table(
        f"{shelf.name[:-1]}_terms",
        metadata,
        sa.Column("repository_id", sa.BigInteger, primary_key=True),
        sa.Column("word", sa.Text, primary_key=True),
        sa.Column("block", sa.BigInteger, primary_key=True),
        sa.Column("held_by", sa.Integer, nullable=False),
        sa.Column("postings", ARRAY(sa.Integer), nullable=False),
    )


passage_terms = _terms(passages)
thread_terms = _terms(threads)
"""Which rows hold a word, and how much each says about it (`app/store/terms.py`)."""


class Halfvec(sa.types.UserDefinedType[str]):
    """A vector of the extension pgvector, two bytes a number; text such as `[0.1,0.2]` on the way in."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "halfvec"


ischema_names["halfvec"] = Halfvec


def _vectors(shelf: sa.Table) -> sa.Table:
    name = f"{shelf.name[:-1]}_vectors"
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.ForeignKey(shelf.c.id, ondelete="CASCADE"), nullable=False),
        sa.Column("repository_id", sa.BigInteger, nullable=False),
        _text("embedder", None),
        sa.Column("vector", Halfvec, nullable=False),
        sa.Index(f"ix_{name}_id", "id"),
        sa.Index(f"ix_{name}_repository", "repository_id", "embedder"),
    )


passage_vectors = _vectors(passages)
thread_vectors = _vectors(threads)
"""A row has one for each of its windows. Only where the server has pgvector (`app/store/vectors.py`)."""

label_models = sa.Table(
    "label_models",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("repository_id", sa.BigInteger, nullable=False),
    _text("version", None),
    sa.Column("model", BYTEA, nullable=False),
    sa.Column("facts", JSONB, nullable=False),
    _moment("created_at"),
    sa.Index("ix_label_models_version", "repository_id", "version", unique=True),
)

papers = sa.Table(
    "papers",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("files", JSONB, nullable=False),
    sa.Column("symbols", BYTEA, nullable=False),
)
"""What is kept of a repository's files besides passages: forms and rules by path, and the names in all of them."""

KNOWLEDGE = (files, passages, passage_terms, threads, thread_terms, label_models, papers)
"""All that is known of a repository; vectors go with their passages and threads."""

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
