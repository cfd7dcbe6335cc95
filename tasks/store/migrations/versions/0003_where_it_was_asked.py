"""Where on the code host a run was asked for, and by whom"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("asked_on", sa.Integer(), nullable=True))
    op.add_column("runs", sa.Column("asked_by", sa.String(length=200), nullable=False, server_default=""))
    op.create_index("ix_runs_asked_on", "runs", ["repo", "asked_on"])
    op.create_index("ix_runs_asked_by", "runs", ["asked_by", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_runs_asked_by", "runs")
    op.drop_index("ix_runs_asked_on", "runs")
    op.drop_column("runs", "asked_by")
    op.drop_column("runs", "asked_on")
