"""${message}: say why here, in a paragraph."""

from migrations.sql import run

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
${upgrades if upgrades else ""}
""")


def downgrade() -> None:
    run("""
${downgrades if downgrades else ""}
""")
