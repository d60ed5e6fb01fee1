-- Searches with their whole question and answer, so that each can be run again and compared.

CREATE TABLE solver_run (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    kind VARCHAR NOT NULL,
    office BIGINT NOT NULL,
    date DATE NOT NULL,
    version INTEGER NOT NULL,
    version_after INTEGER NOT NULL,
    rules_version BIGINT NOT NULL,
    question TEXT NOT NULL,
    answer TEXT NOT NULL,
    digest VARCHAR NOT NULL,
    outcome VARCHAR NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT solver_run_pkey PRIMARY KEY (id),
    CONSTRAINT solver_run_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT
);

CREATE INDEX solver_run_day ON solver_run (office, date);
CREATE INDEX solver_run_made_at_index ON solver_run (made_at);
