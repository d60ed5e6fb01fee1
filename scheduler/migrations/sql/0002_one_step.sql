-- Booking in few steps: what changed on an office day since a version that somebody knows, the room that an
-- enterprise has, and one function that writes a whole booking.

-- ---------------------------------------------------------------- what changed since a version

CREATE TABLE office_day_change (
    office BIGINT NOT NULL,
    date DATE NOT NULL,
    version INTEGER NOT NULL,
    booking BIGINT NOT NULL,
    CONSTRAINT office_day_change_pkey PRIMARY KEY (office, date, version, booking)
);

-- A change of crews makes a version and says whose crews they were. Versions that other things make (duties,
-- closures, qualifications) have no row here: whoever knows an older version then reads the whole day.
CREATE OR REPLACE FUNCTION crew_bumps_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH touched AS (
        SELECT DISTINCT duty.office, duty.date, changed.booking
        FROM changed JOIN duty ON duty.id = changed.duty
    ), bumped AS (
        INSERT INTO office_day (office, date, version, calendar_version)
        SELECT office, date, 1, (SELECT max(version) FROM calendar)
        FROM touched GROUP BY office, date ORDER BY office, date
        ON CONFLICT (office, date) DO UPDATE SET version = office_day.version + 1
        RETURNING office, date, version
    )
    INSERT INTO office_day_change (office, date, version, booking)
    SELECT office, date, version, booking FROM bumped JOIN touched USING (office, date);
    RETURN NULL;
END $$;

-- The key of an office day's advisory lock: class 4, 28 bits of office above 20 bits of the date's ordinal.
CREATE FUNCTION office_day_key(office bigint, day date) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (4::bigint << 48) | (office << 20) | (day - date '0001-01-01' + 1);
$$;

CREATE FUNCTION minute_of(instant timestamptz, day date) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT (extract(epoch FROM instant AT TIME ZONE 'Asia/Shanghai' - day::timestamp) / 60)::int;
$$;

-- A day's job as the heart reads it: number, site, start, minutes, type, dock, finish, excluded, state, crew.
CREATE FUNCTION job_of(b booking, crew bigint[]) RETURNS json LANGUAGE sql STABLE AS $$
    SELECT json_build_array(b.id, b.site, minute_of(b.planned_start, b.date), b.planned_minutes, b.type, b.dock,
        minute_of(b.must_finish_by, b.date), b.excluded, b.state, crew);
$$;

-- The day's version, the rules version, whether this transaction has written nothing yet, whether a hold
-- has lapsed, and the jobs that changed since the known version ([number, job or null], ...); null: read them all.
CREATE FUNCTION day_since(asked bigint, day date, known integer, at timestamptz)
RETURNS TABLE (version integer, rules bigint, clean boolean, lapsed boolean, changes json)
LANGUAGE sql STABLE AS $$
    WITH latest AS (
        SELECT coalesce((SELECT d.version FROM office_day AS d WHERE d.office = asked AND d.date = day), 0) AS version
    ), changed AS (
        SELECT c.version, c.booking FROM office_day_change AS c
        WHERE c.office = asked AND c.date = day AND c.version > known
    )
    SELECT latest.version,
        (SELECT coalesce(max(id), 0) FROM rules_revision),
        pg_current_xact_id_if_assigned() IS NULL,
        EXISTS (SELECT FROM booking AS b
                WHERE b.office = asked AND b.date = day AND b.state = 'hold' AND b.expires_at <= at),
        CASE WHEN (SELECT count(DISTINCT changed.version) FROM changed) = latest.version - known THEN (
            SELECT coalesce(json_agg(json_build_array(one.booking, (
                SELECT job_of(b, ARRAY(SELECT duty FROM crew WHERE crew.booking = b.id ORDER BY seat))
                FROM booking AS b
                WHERE b.id = one.booking AND b.office = asked AND b.date = day
                    AND b.state IN ('hold', 'confirmed', 'in_progress', 'done')
            ))), '[]'::json)
            FROM (SELECT DISTINCT booking FROM changed) AS one
        ) END
    FROM latest;
$$;

-- The same under the day's lock: `wait` for it, or take it only where it is free. Each statement of this function
-- sees what was committed before it, so that a day is read as the lock's last holder left it.
CREATE FUNCTION take_day(asked bigint, day date, known integer, at timestamptz, wait boolean)
RETURNS TABLE (taken boolean, version integer, rules bigint, clean boolean, lapsed boolean, changes json)
LANGUAGE plpgsql AS $$
DECLARE key bigint := office_day_key(asked, day);
BEGIN
    IF wait THEN
        PERFORM pg_advisory_xact_lock(key);
    ELSIF NOT pg_try_advisory_xact_lock(key) THEN
        RETURN QUERY SELECT false, NULL::integer, NULL::bigint, NULL::boolean, NULL::boolean, NULL::json;
        RETURN;
    END IF;
    RETURN QUERY SELECT true, since.* FROM day_since(asked, day, known, at) AS since;
END $$;

-- ---------------------------------------------------------------- the room of an enterprise

-- Under the enterprise's lock, so that what is counted stays true until the transaction ends: lapsed holds that
-- take one of the instructions, an instruction that has a booking, open bookings, those of them on the rest days.
CREATE FUNCTION room_of(asked bigint, instructions bigint[], open text[], rest_days date[], at timestamptz)
RETURNS TABLE (lapsed json, taken bigint, open_now bigint, resting bigint) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock((2::bigint << 48) | asked);
    RETURN QUERY
    SELECT (SELECT json_agg(json_build_array(b.office, b.date))
            FROM booking AS b JOIN booking_instruction AS i ON i.booking = b.id
            WHERE i.instruction = ANY(instructions) AND b.state = 'hold' AND b.expires_at <= at),
        (SELECT min(i.instruction) FROM booking_instruction AS i
         WHERE i.instruction = ANY(instructions) AND i.takes),
        count(*), count(*) FILTER (WHERE b.date = ANY(rest_days))
    FROM booking AS b
    WHERE b.enterprise = asked AND b.state = ANY(open) AND b.replaces IS NULL
        AND (b.state <> 'hold' OR b.expires_at > at);
END $$;

-- ---------------------------------------------------------------- a booking in one step

-- Numbers are drawn before a day is read. A session that has some at hand writes nothing to draw one, so that the
-- day that it reads then may be kept for others.
ALTER SEQUENCE booking_id_seq CACHE 100;
ALTER SEQUENCE message_id_seq CACHE 100;

CREATE FUNCTION lost_race(told text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', told USING ERRCODE = 'serialization_failure';
END $$;

-- Writes a booking with its instructions, recipients, event, texts and crew. The crew was found on a version of its
-- day, which must still be the latest. Where that, an instruction or an inspector changed meanwhile, the race is lost.
CREATE FUNCTION keep_booking(told jsonb, known integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    b booking := jsonb_populate_record(NULL::booking, told -> 'booking');
    seen bigint[] := ARRAY(SELECT standing.id
        FROM jsonb_to_recordset(told -> 'instructions') AS judged (id bigint, version integer)
        CROSS JOIN LATERAL (SELECT i.id FROM instruction AS i
                            WHERE i.id = judged.id AND i.version = judged.version FOR SHARE) AS standing);
    seats bigint;
BEGIN
    IF cardinality(seen) <> jsonb_array_length(told -> 'instructions') THEN
        PERFORM lost_race('an instruction changed');
    END IF;
    IF known IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(office_day_key(b.office, b.date));
        IF known <> coalesce((SELECT version FROM office_day WHERE office = b.office AND date = b.date), 0) THEN
            PERFORM lost_race('the day changed');
        END IF;
    END IF;
    INSERT INTO booking OVERRIDING SYSTEM VALUE SELECT b.*;
    INSERT INTO booking_instruction (booking, instruction) SELECT b.id, unnest(seen);
    INSERT INTO recipient SELECT one.* FROM jsonb_populate_recordset(NULL::recipient, told -> 'recipients') AS one;
    INSERT INTO event (at, kind, booking, office, enterprise, made_by, actor, actor_role, on_behalf_of, channel,
                       call, request_id, old_version, new_version, details)
    SELECT at, kind, booking, office, enterprise, made_by, actor, actor_role, on_behalf_of, channel,
           call, request_id, old_version, new_version, details
    FROM jsonb_populate_record(NULL::event, told -> 'event');
    INSERT INTO message (booking, booking_version, kind, recipient, language, variables, code, due, not_after,
                         state, reason, created_at)
    SELECT booking, booking_version, kind, recipient, language, variables, code, due, not_after,
           state, reason, created_at
    FROM jsonb_populate_recordset(NULL::message, told -> 'messages')
    ON CONFLICT ON CONSTRAINT message_once DO NOTHING;
    INSERT INTO crew (booking, seat, inspector, duty, occupied)
    SELECT b.id, seat, duty.inspector, duty.id, b.occupied
    FROM jsonb_array_elements_text(told -> 'crew') WITH ORDINALITY AS asked (duty, seat)
    JOIN duty ON duty.id = asked.duty::bigint
    ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS seats = ROW_COUNT;
    IF seats <> jsonb_array_length(told -> 'crew') THEN
        PERFORM lost_race('an inspector was taken meanwhile');
    END IF;
END $$;
