-- Starts that the clock proved possible, so that long lists show them without a search.

CREATE TABLE slot_verdict (
    office BIGINT NOT NULL,
    date DATE NOT NULL,
    signature TEXT NOT NULL,
    version INTEGER NOT NULL,
    rules_version BIGINT NOT NULL,
    fixed INTEGER NOT NULL,
    proved VARCHAR NOT NULL,
    undecided INTEGER NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT slot_verdict_pkey PRIMARY KEY (office, date, signature),
    CONSTRAINT slot_verdict_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT
);
