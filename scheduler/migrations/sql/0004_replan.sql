-- Disturbed days: proposals for them, delays that are said, visits that end earlier or later than planned.

ALTER TABLE booking ADD COLUMN running_minutes INTEGER;
ALTER TABLE booking ADD COLUMN expected_start TIMESTAMP WITH TIME ZONE;
ALTER TABLE booking DROP CONSTRAINT booking_occupied_is_planned;
ALTER TABLE booking ADD CONSTRAINT booking_occupied_is_planned CHECK (planned_start IS NULL OR occupied = tstzrange(planned_start, planned_start + make_interval(mins => coalesce(running_minutes, planned_minutes))));
ALTER TABLE booking DROP CONSTRAINT booking_promise_when_live;
ALTER TABLE booking ADD CONSTRAINT booking_promise_when_live CHECK (NOT (state IN ('hold', 'confirmed', 'in_progress')) OR (promise_from IS NOT NULL AND promise_to IS NOT NULL AND planned_start BETWEEN promise_from AND greatest(promise_to, expected_start)));
ALTER TABLE booking DROP CONSTRAINT booking_finished_in_time;
ALTER TABLE booking ADD CONSTRAINT booking_finished_in_time CHECK (NOT (state IN ('hold', 'confirmed', 'in_progress')) OR must_finish_by IS NULL OR running_minutes IS NOT NULL OR upper(occupied) <= must_finish_by);
ALTER TABLE booking ADD CONSTRAINT booking_running_minutes_positive CHECK (running_minutes > 0 AND running_minutes <= 1440);
ALTER TABLE booking ADD CONSTRAINT booking_expected_is_planned CHECK (expected_start IS NULL OR expected_start = planned_start);

-- As before, with the minutes that a visit is known to take once it runs, and whether it has priority.
CREATE OR REPLACE FUNCTION job_of(b booking, crew bigint[]) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_array(b.id, b.site, minute_of(b.planned_start, b.date),
        coalesce(b.running_minutes, b.planned_minutes), b.type, b.dock,
        minute_of(b.must_finish_by, b.date), b.excluded, b.state, crew,
        b.priority_answer = 'granted' AND b.priority <> 'ordinary');
$$;

-- What is kept of a day for the green channel depends on who has priority there.
CREATE FUNCTION priority_bumps_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM bump_office_days(ARRAY[NEW.office], ARRAY[NEW.date]);
    RETURN NULL;
END $$;
CREATE TRIGGER booking_priority_bumps AFTER UPDATE OF priority, priority_answer ON booking
    FOR EACH ROW WHEN (NEW.state IN ('hold', 'confirmed', 'in_progress')
        AND (OLD.priority, OLD.priority_answer) IS DISTINCT FROM (NEW.priority, NEW.priority_answer))
    EXECUTE FUNCTION priority_bumps_day();

CREATE TABLE replan (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    office BIGINT NOT NULL,
    date DATE NOT NULL,
    version INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    cause JSONB NOT NULL,
    found JSONB NOT NULL,
    run BIGINT,
    made_by BIGINT,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    chosen INTEGER,
    settled_by BIGINT,
    settled_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT replan_pkey PRIMARY KEY (id),
    CONSTRAINT replan_state_known CHECK (state IN ('proposed', 'applied', 'discarded')),
    CONSTRAINT replan_settled_once CHECK ((state = 'proposed') = (settled_at IS NULL)),
    CONSTRAINT replan_chosen_when_applied CHECK ((state = 'applied') = (chosen IS NOT NULL)),
    CONSTRAINT replan_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT,
    CONSTRAINT replan_run_fkey FOREIGN KEY(run) REFERENCES solver_run (id) ON DELETE SET NULL,
    CONSTRAINT replan_made_by_fkey FOREIGN KEY(made_by) REFERENCES account (id) ON DELETE RESTRICT,
    CONSTRAINT replan_settled_by_fkey FOREIGN KEY(settled_by) REFERENCES account (id) ON DELETE RESTRICT
);
CREATE INDEX replan_office_date ON replan (office, date);
CREATE INDEX replan_run_index ON replan (run);

CREATE TABLE priority_harm (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    office BIGINT NOT NULL,
    date DATE NOT NULL,
    kind VARCHAR NOT NULL,
    favoured BIGINT,
    booking BIGINT NOT NULL,
    minutes INTEGER NOT NULL,
    consented_by VARCHAR,
    decided_by BIGINT,
    decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT priority_harm_pkey PRIMARY KEY (id),
    CONSTRAINT priority_harm_kind_known CHECK (kind IN ('moved', 'kept')),
    CONSTRAINT priority_harm_moved_with_consent CHECK (kind <> 'moved' OR (favoured IS NOT NULL AND consented_by IS NOT NULL)),
    CONSTRAINT priority_harm_harm_to_another CHECK (booking <> favoured),
    CONSTRAINT priority_harm_harm_is_felt CHECK (minutes <> 0),
    CONSTRAINT priority_harm_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT,
    CONSTRAINT priority_harm_favoured_fkey FOREIGN KEY(favoured) REFERENCES booking (id) ON DELETE RESTRICT,
    CONSTRAINT priority_harm_booking_fkey FOREIGN KEY(booking) REFERENCES booking (id) ON DELETE RESTRICT,
    CONSTRAINT priority_harm_decided_by_fkey FOREIGN KEY(decided_by) REFERENCES account (id) ON DELETE RESTRICT
);
CREATE INDEX priority_harm_booking_index ON priority_harm (booking);
CREATE INDEX priority_harm_favoured_index ON priority_harm (favoured);
CREATE INDEX priority_harm_office_date ON priority_harm (office, date);
