"""The tables of what is known of repositories: their files, their past, and what was learnt from both."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, TSVECTOR
from sqlalchemy.dialects.postgresql.base import ischema_names

from app.store.columns import metadata, moment, text

files = sa.Table(
    "files",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    text("digest", None),
    sa.Column("passages", sa.Integer, nullable=False),
)
"""What is indexed of each file, so that a push costs only the files it changed."""

passages = sa.Table(
    "passages",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("repository_id", sa.BigInteger, nullable=False),
    text("path", None),
    text("heading"),
    sa.Column("start_line", sa.Integer, nullable=False),
    sa.Column("end_line", sa.Integer, nullable=False),
    text("text", None),
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
    text("text", None),
    sa.Column("labelled", sa.Boolean, nullable=False),
    moment("created_at", default=False),
    moment("updated_at", default=False),
    sa.Column("private", sa.Boolean, nullable=False),
    sa.Column("words", TSVECTOR, nullable=False),
    sa.Column("lacks", ARRAY(sa.Text), nullable=False),
    sa.Index("ix_threads_number", "repository_id", "number", unique=True),
    sa.Index("ix_threads_labelled", "repository_id", "created_at", postgresql_where=sa.text("labelled")),
    sa.Index(
        "ix_threads_reports", "repository_id", "created_at", "number", postgresql_where=sa.text("lacks <> '{}'::text[]")
    ),
)
"""Past threads: `facts` is the whole `PastThread`, the rest what is searched by; `text` is what is embedded."""

remarks = sa.Table(
    "remarks",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True),
    sa.Column("listing", sa.Text, primary_key=True),
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    moment("at", default=False),
    sa.Column("asks", ARRAY(sa.Text), nullable=False),
    sa.Column("duplicate_of", sa.Integer),
    text("reviewer"),
    text("path"),
    sa.Index("ix_remarks_thread", "repository_id", "number"),
)
"""What follows from comments on past threads, by GitHub's id in each listing; no text of a comment is kept."""

readings = sa.Table(
    "readings",
    metadata,
    sa.Column("repository_id", sa.BigInteger, primary_key=True),
    sa.Column("listing", sa.Text, primary_key=True),
    moment("until", default=False),
)
"""Up to which change each listing of a repository's past has been read."""


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
        text("embedder", None),
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
    text("version", None),
    sa.Column("model", BYTEA, nullable=False),
    sa.Column("facts", JSONB, nullable=False),
    moment("created_at"),
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

KNOWLEDGE = (files, passages, passage_terms, threads, thread_terms, remarks, readings, label_models, papers)
"""All that is known of a repository; vectors go with their passages and threads."""
