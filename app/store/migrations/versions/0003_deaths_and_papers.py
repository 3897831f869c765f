"""Work remembers how often a worker died over it, so that the last attempt after two deaths is made in calm, one at a
time. Of each repository the few files that say how its people want to be worked with are kept, and its symbols."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("alter table work add column deaths integer not null default '0'")
    op.execute("create index ix_work_suspect on work (id) where deaths >= 2")
    op.execute("alter table repositories add column embedded_by text not null default ''")
    op.execute("""
        create table papers (
            repository_id bigint constraint pk_papers primary key,
            files jsonb not null,
            symbols bytea not null
        )
    """)
