"""Jobs with an owner, and the queue that runs them.

`jobs` says who asked for what and how far it is; Procrastinate's own tables, in a schema of their own, say what runs next.
They are made from the SQL its locked version ships. `enqueue` adds to the queue in the caller's transaction: the web role
has no other way into it.
"""

from procrastinate.schema import SchemaManager

from migrations.sql import run

revision = "0011"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run(JOBS)
    run("CREATE SCHEMA procrastinate; SET LOCAL search_path = procrastinate, public")
    run(SchemaManager.get_schema())
    run("SET LOCAL search_path = public")
    run(RIGHTS)


def downgrade() -> None:
    # The owner role is a member of the definer but does not inherit from it.
    run("SET LOCAL ROLE diaban_definer; DROP FUNCTION enqueue(uuid); RESET ROLE")
    run("DROP SCHEMA procrastinate CASCADE; DROP TABLE jobs")


JOBS = r"""
CREATE TABLE jobs (
	id UUID DEFAULT gen_random_uuid() NOT NULL, 
	account_id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	parameters JSONB NOT NULL, 
	purpose TEXT, 
	state TEXT DEFAULT 'queued' NOT NULL, 
	done INTEGER DEFAULT 0 NOT NULL, 
	total INTEGER, 
	result JSONB, 
	error JSONB, 
	created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
	started_at TIMESTAMP WITH TIME ZONE, 
	finished_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT jobs_pkey PRIMARY KEY (id), 
	CONSTRAINT jobs_state_check CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')), 
	CONSTRAINT jobs_account_id_fkey FOREIGN KEY(account_id) REFERENCES accounts (id)
);

CREATE INDEX jobs_account_id_created_at_ix ON jobs (account_id, created_at);

ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE jobs FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON jobs TO diaban_web;
GRANT UPDATE (state, finished_at) ON jobs TO diaban_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON jobs TO diaban_worker;
CREATE POLICY web ON jobs TO diaban_web USING (account_id = (SELECT nullif(current_setting('app.account', true), '')::int)) WITH CHECK (account_id = (SELECT nullif(current_setting('app.account', true), '')::int));
CREATE POLICY worker ON jobs TO diaban_worker USING (true) WITH CHECK (true);
"""

RIGHTS = r"""
GRANT USAGE ON SCHEMA procrastinate TO diaban_worker, diaban_definer;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA procrastinate TO diaban_worker;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA procrastinate TO diaban_worker, diaban_definer;
GRANT SELECT, INSERT ON procrastinate.procrastinate_jobs, procrastinate.procrastinate_events TO diaban_definer;

CREATE FUNCTION enqueue(job uuid) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = procrastinate, public, pg_temp
    AS $$ SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        'default', 'run_job', 0, NULL, NULL, jsonb_build_object('id', job), NULL)::procrastinate_job_to_defer_v1]) $$;
ALTER FUNCTION enqueue(uuid) OWNER TO diaban_definer;
REVOKE ALL ON FUNCTION enqueue(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enqueue(uuid) TO diaban_web, diaban_worker;
"""
