"""The audit: rows only added, sealed in batches.

The web role may insert, and only the columns that say what was done; it can't read, change or remove. The sealer
(worker) reads rows and adds seals. Nobody but the owner can update or delete, and the seals' chain, whose key and
copy lie outside the database, shows it if the owner does.
"""

from migrations.sql import run

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(UP)


def downgrade() -> None:
    run(DOWN)


UP = r"""
CREATE TABLE audit (
	id BIGINT GENERATED ALWAYS AS IDENTITY, 
	at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL, 
	txid xid8 DEFAULT pg_current_xact_id() NOT NULL, 
	account_id INTEGER, 
	verb TEXT NOT NULL, 
	layer TEXT, 
	area INTEGER, 
	purpose TEXT, 
	detail JSONB, 
	CONSTRAINT audit_pkey PRIMARY KEY (id)
);

CREATE INDEX audit_txid_ix ON audit (txid);

CREATE TABLE audit_seals (
	id BIGINT GENERATED ALWAYS AS IDENTITY, 
	era INTEGER NOT NULL, 
	from_txid xid8 NOT NULL, 
	below_txid xid8 NOT NULL, 
	rows INTEGER NOT NULL, 
	last_id BIGINT NOT NULL, 
	previous BYTEA NOT NULL, 
	hmac BYTEA NOT NULL, 
	sealed_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL, 
	CONSTRAINT audit_seals_pkey PRIMARY KEY (id)
);

GRANT INSERT (account_id, verb, layer, area, purpose, detail) ON audit TO diaban_web, diaban_worker;
GRANT SELECT ON audit TO diaban_worker;
GRANT SELECT, INSERT ON audit_seals TO diaban_worker;
"""

DOWN = r"""
DROP TABLE audit_seals;
DROP TABLE audit;
"""
