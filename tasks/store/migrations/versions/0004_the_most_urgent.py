"""An index in the order in which the publisher takes intents."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_outbox_next", "outbox", ["state", "priority", "id", "kind"])
    op.drop_index("ix_outbox_due", "outbox")


def downgrade() -> None:
    op.create_index("ix_outbox_due", "outbox", ["state", "due_at"])
    op.drop_index("ix_outbox_next", "outbox")
