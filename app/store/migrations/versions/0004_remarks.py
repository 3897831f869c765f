"""What follows from the comments of a repository's past is kept, and each listing of it is read to a moment of its own.

A thread says what it lacks, so the history is read once more.
"""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("alter table repositories drop column history_until")
    op.execute("alter table threads add column lacks text[] not null default '{}'")
    op.execute("alter table threads alter column lacks drop default")
    op.execute("create index ix_threads_reports on threads (repository_id, created_at, number) where lacks <> '{}'")
    op.execute("""
        create table remarks (
            repository_id bigint,
            listing text,
            id bigint,
            number integer not null,
            at timestamptz not null,
            asks text[] not null,
            duplicate_of integer,
            reviewer text not null default '',
            path text not null default '',
            constraint pk_remarks primary key (repository_id, listing, id)
        )
    """)
    op.execute("create index ix_remarks_thread on remarks (repository_id, number)")
    op.execute("""
        create table readings (
            repository_id bigint,
            listing text,
            until timestamptz not null,
            constraint pk_readings primary key (repository_id, listing)
        )
    """)
