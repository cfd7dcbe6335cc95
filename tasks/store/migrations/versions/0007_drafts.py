"""What somebody began to ask for"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_drafts_due", "drafts", ["state", "due_at"])
    op.create_index("ix_drafts_at", "drafts", ["at"])


def downgrade() -> None:
    op.drop_index("ix_drafts_at", "drafts")
    op.drop_index("ix_drafts_due", "drafts")
    op.drop_table("drafts")
