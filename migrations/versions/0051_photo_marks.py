"""Where a face detector thinks it sees a face, for the reviewer who must say that there is none.

One row for each kept picture it looked at, by the picture's hash: a blurred picture is another one, and is looked at
again. Rectangles are thousandths of the picture's width and height. They are proposals: no row decides anything.
"""

from migrations.sql import run

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
SET LOCAL lock_timeout = '5s';

CREATE TABLE photo_marks (
	sha256 BYTEA NOT NULL,
	boxes JSONB,
	looked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
	CONSTRAINT photo_marks_pkey PRIMARY KEY (sha256)
);
CREATE INDEX attachments_clean_ix ON attachments (sha256_kept) WHERE state = 'clean';
ALTER TABLE photo_marks ENABLE ROW LEVEL SECURITY;
ALTER TABLE photo_marks FORCE ROW LEVEL SECURITY;
GRANT SELECT ON photo_marks TO diaban_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON photo_marks TO diaban_worker;
CREATE POLICY web_reads ON photo_marks FOR SELECT TO diaban_web
    USING ((SELECT current_setting('app.review', true)) = '1');
CREATE POLICY worker ON photo_marks TO diaban_worker USING (true) WITH CHECK (true);
"""

DOWN = r"""
SET LOCAL lock_timeout = '5s';
DROP INDEX attachments_clean_ix;
DROP TABLE photo_marks;
"""
