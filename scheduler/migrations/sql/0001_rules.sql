-- Rules that a table's own constraints cannot state: triggers that raise named violations,
-- versions of office days and rules, histories stamped at commit, append-only records.
-- Histories use clock_timestamp() in deferred triggers: now() would stamp a row before the
-- rows it had to wait for. All rows of one transaction get one stamp, so that what history
-- shows at any moment is what was committed then.

CREATE FUNCTION violated(name text, told text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', told USING ERRCODE = 'check_violation', CONSTRAINT = name;
END $$;

-- ---------------------------------------------------------------- versions of office days

CREATE FUNCTION bump_office_days(offices bigint[], dates date[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO office_day (office, date, version, calendar_version)
    SELECT DISTINCT o, d, 1, (SELECT max(version) FROM calendar)
    FROM unnest(offices, dates) AS changed (o, d) ORDER BY o, d
    ON CONFLICT (office, date) DO UPDATE SET version = office_day.version + 1;
$$;

CREATE FUNCTION crew_bumps_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM bump_office_days(array_agg(duty.office), array_agg(duty.date))
    FROM changed JOIN duty ON duty.id = changed.duty;
    RETURN NULL;
END $$;
CREATE TRIGGER crew_insert_bumps AFTER INSERT ON crew
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION crew_bumps_days();
CREATE TRIGGER crew_delete_bumps AFTER DELETE ON crew
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION crew_bumps_days();
CREATE TRIGGER crew_update_bumps AFTER UPDATE ON crew
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION crew_bumps_days();

CREATE FUNCTION duty_bumps_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM bump_office_days(array_agg(office), array_agg(date)) FROM changed;
    RETURN NULL;
END $$;
CREATE TRIGGER duty_insert_bumps AFTER INSERT ON duty
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION duty_bumps_days();
CREATE TRIGGER duty_delete_bumps AFTER DELETE ON duty
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION duty_bumps_days();
CREATE TRIGGER duty_update_bumps AFTER UPDATE ON duty
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION duty_bumps_days();
CREATE TRIGGER duty_leaves_bumps AFTER UPDATE ON duty
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION duty_bumps_days();

CREATE FUNCTION closure_bumps_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE office_day SET version = office_day.version + 1
    FROM (
        SELECT DISTINCT day.office, day.date FROM changed
        JOIN office_day AS day ON day.office = changed.office
            AND tstzrange(day.date::timestamp AT TIME ZONE 'Asia/Shanghai',
                          (day.date + 1)::timestamp AT TIME ZONE 'Asia/Shanghai') && changed.period
    ) AS hit
    WHERE office_day.office = hit.office AND office_day.date = hit.date;
    RETURN NULL;
END $$;
CREATE TRIGGER closure_insert_bumps AFTER INSERT ON closure
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION closure_bumps_days();
CREATE TRIGGER closure_delete_bumps AFTER DELETE ON closure
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION closure_bumps_days();
CREATE TRIGGER closure_update_bumps AFTER UPDATE ON closure
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION closure_bumps_days();
CREATE TRIGGER closure_leaves_bumps AFTER UPDATE ON closure
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION closure_bumps_days();

CREATE FUNCTION qualification_bumps_days() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE office_day SET version = office_day.version + 1
    FROM (
        SELECT DISTINCT duty.office, duty.date FROM changed
        JOIN duty ON duty.inspector = changed.inspector
    ) AS hit
    WHERE office_day.office = hit.office AND office_day.date = hit.date;
    RETURN NULL;
END $$;
CREATE TRIGGER qualification_insert_bumps AFTER INSERT ON inspector_qualification
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION qualification_bumps_days();
CREATE TRIGGER qualification_delete_bumps AFTER DELETE ON inspector_qualification
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION qualification_bumps_days();
CREATE TRIGGER qualification_update_bumps AFTER UPDATE ON inspector_qualification
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION qualification_bumps_days();

-- ---------------------------------------------------------------- versions of the rules

CREATE FUNCTION rules_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rules_revision (cause) VALUES (TG_TABLE_NAME);
    RETURN NULL;
END $$;
CREATE TRIGGER policy_changes_rules AFTER INSERT ON policy
    FOR EACH STATEMENT EXECUTE FUNCTION rules_changed();
CREATE TRIGGER type_changes_rules AFTER INSERT OR UPDATE OR DELETE ON inspection_type
    FOR EACH STATEMENT EXECUTE FUNCTION rules_changed();
CREATE TRIGGER seat_changes_rules AFTER INSERT OR UPDATE OR DELETE ON seat
    FOR EACH STATEMENT EXECUTE FUNCTION rules_changed();
CREATE TRIGGER duration_changes_rules AFTER INSERT OR UPDATE OR DELETE ON duration
    FOR EACH STATEMENT EXECUTE FUNCTION rules_changed();
CREATE TRIGGER travel_changes_rules AFTER INSERT OR UPDATE OR DELETE ON travel
    FOR EACH STATEMENT EXECUTE FUNCTION rules_changed();
CREATE TRIGGER site_changes_rules AFTER INSERT OR UPDATE OR DELETE ON site
    FOR EACH STATEMENT EXECUTE FUNCTION rules_changed();
CREATE TRIGGER dock_changes_rules AFTER INSERT OR UPDATE OR DELETE ON dock
    FOR EACH STATEMENT EXECUTE FUNCTION rules_changed();
CREATE TRIGGER opening_changes_rules AFTER INSERT OR UPDATE OR DELETE ON opening_hours
    FOR EACH STATEMENT EXECUTE FUNCTION rules_changed();
CREATE TRIGGER office_changes_rules AFTER INSERT OR UPDATE OR DELETE ON office
    FOR EACH STATEMENT EXECUTE FUNCTION rules_changed();
CREATE TRIGGER calendar_changes_rules AFTER INSERT ON calendar
    FOR EACH STATEMENT EXECUTE FUNCTION rules_changed();
CREATE TRIGGER priority_rule_changes_rules AFTER INSERT OR UPDATE OR DELETE ON priority_rule
    FOR EACH STATEMENT EXECUTE FUNCTION rules_changed();

-- ---------------------------------------------------------------- crews and duties

CREATE FUNCTION crew_stands_in_duty() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE fits boolean;
BEGIN
    SELECT NEW.occupied <@ duty.period AND duty.office = booking.office AND duty.date = booking.date
    INTO fits FROM duty, booking WHERE duty.id = NEW.duty AND booking.id = NEW.booking;
    IF fits IS DISTINCT FROM true THEN
        PERFORM violated('crew_within_duty', 'the booking does not lie within the duty');
    END IF;
    IF NOT EXISTS (SELECT FROM seat JOIN booking ON booking.type = seat.type
                   WHERE booking.id = NEW.booking AND seat.number = NEW.seat) THEN
        PERFORM violated('crew_on_seat_of_type', 'the inspection type has no such seat');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER crew_within_duty BEFORE INSERT OR UPDATE ON crew
    FOR EACH ROW EXECUTE FUNCTION crew_stands_in_duty();

CREATE FUNCTION duty_keeps_crews() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM crew WHERE duty = NEW.id AND NOT occupied <@ NEW.period)
       OR (NEW.office <> OLD.office AND EXISTS (SELECT FROM crew WHERE duty = NEW.id)) THEN
        PERFORM violated('crew_within_duty', 'a crew stands on the part of the duty that was cut');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER duty_keeps_crews AFTER UPDATE ON duty
    FOR EACH ROW EXECUTE FUNCTION duty_keeps_crews();

CREATE FUNCTION duty_leaves_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock((3::bigint << 48) | NEW.inspector);
    IF EXISTS (
        SELECT FROM duty AS other
        CROSS JOIN LATERAL (
            SELECT CASE WHEN upper(other.period) <= lower(NEW.period) THEN other.end_site ELSE NEW.end_site END,
                   CASE WHEN upper(other.period) <= lower(NEW.period) THEN NEW.start_site ELSE other.start_site END,
                   CASE WHEN upper(other.period) <= lower(NEW.period)
                        THEN lower(NEW.period) - upper(other.period)
                        ELSE lower(other.period) - upper(NEW.period) END
        ) AS gap (origin, destination, length)
        LEFT JOIN travel ON travel.origin = gap.origin AND travel.destination = gap.destination
        WHERE other.inspector = NEW.inspector AND other.id <> NEW.id
          AND other.date BETWEEN NEW.date - 1 AND NEW.date + 1
          AND gap.origin <> gap.destination
          AND gap.length < make_interval(mins => coalesce(travel.minutes, 1440))
    ) THEN
        PERFORM violated('duty_leaves_travel', 'two duties leave less time than the way takes');
    END IF;
    IF EXISTS (SELECT FROM absence WHERE inspector = NEW.inspector AND period && NEW.period) THEN
        PERFORM violated('duty_never_during_absence', 'the inspector is absent');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER duty_leaves_way AFTER INSERT OR UPDATE ON duty
    FOR EACH ROW EXECUTE FUNCTION duty_leaves_way();

CREATE FUNCTION absence_meets_no_duty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM duty WHERE inspector = NEW.inspector AND period && NEW.period) THEN
        PERFORM violated('duty_never_during_absence', 'the inspector still has a duty then');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER absence_meets_no_duty AFTER INSERT OR UPDATE ON absence
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION absence_meets_no_duty();

-- ---------------------------------------------------------------- bookings

CREATE FUNCTION booking_is_crewed(asked bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE now_live boolean; may_keep boolean; seats integer; minimum integer; filled integer;
BEGIN
    SELECT b.state IN ('hold', 'confirmed', 'in_progress'), b.state = 'done', t.minimum_crew,
           (SELECT count(*) FROM seat WHERE seat.type = b.type),
           (SELECT count(*) FROM crew WHERE crew.booking = b.id)
    INTO now_live, may_keep, minimum, seats, filled
    FROM booking AS b JOIN inspection_type AS t ON t.id = b.type WHERE b.id = asked;
    IF now_live AND (filled <> seats OR filled < minimum) THEN
        PERFORM violated('booking_crew_complete', 'a live booking has an empty seat');
    ELSIF NOT now_live AND NOT may_keep AND filled > 0 THEN
        PERFORM violated('booking_crew_released', 'a booking that is not live keeps a crew');
    END IF;
END $$;

CREATE FUNCTION booking_commits_crewed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM booking_is_crewed(NEW.id);
    IF NOT EXISTS (SELECT FROM event WHERE booking = NEW.id AND new_version = NEW.version) THEN
        PERFORM violated('booking_version_has_event', 'a version of a booking has no event');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER booking_crew_complete AFTER INSERT OR UPDATE ON booking
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION booking_commits_crewed();

CREATE FUNCTION crew_commits_complete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM booking_is_crewed(CASE WHEN TG_OP = 'DELETE' THEN OLD.booking ELSE NEW.booking END);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER crew_booking_complete AFTER INSERT OR DELETE ON crew
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION crew_commits_complete();

CREATE FUNCTION booking_steps_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.version <> 1 THEN
            PERFORM violated('booking_version_step', 'a booking starts with version 1');
        END IF;
        RETURN NEW;
    END IF;
    -- the dock is part of the witness: it may move under an unchanged promise
    IF NEW.version = OLD.version AND to_jsonb(NEW) - 'dock' = to_jsonb(OLD) - 'dock' THEN
        RETURN NEW;
    END IF;
    IF NEW.version <> OLD.version + 1 THEN
        PERFORM violated('booking_version_step', 'versions of a booking have no gap');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER booking_version_step BEFORE INSERT OR UPDATE ON booking
    FOR EACH ROW EXECUTE FUNCTION booking_steps_version();

CREATE FUNCTION booking_takes(state text, replaces bigint) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT replaces IS NULL AND state IN ('hold', 'requested', 'confirmed', 'in_progress', 'displaced');
$$;

CREATE FUNCTION instruction_taken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT booking_takes(booking.state, booking.replaces) INTO NEW.takes
    FROM booking WHERE booking.id = NEW.booking;
    RETURN NEW;
END $$;
CREATE TRIGGER booking_instruction_takes BEFORE INSERT OR UPDATE ON booking_instruction
    FOR EACH ROW EXECUTE FUNCTION instruction_taken();

CREATE FUNCTION booking_frees_instructions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF booking_takes(NEW.state, NEW.replaces) <> booking_takes(OLD.state, OLD.replaces) THEN
        UPDATE booking_instruction SET takes = takes WHERE booking = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER booking_frees_instructions AFTER UPDATE OF state, replaces ON booking
    FOR EACH ROW EXECUTE FUNCTION booking_frees_instructions();

-- ---------------------------------------------------------------- histories

CREATE FUNCTION recorded_now() RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE kept text := nullif(current_setting('inspection.recorded_now', true), '');
BEGIN
    IF kept IS NULL THEN
        kept := set_config('inspection.recorded_now', clock_timestamp()::text, true);
    END IF;
    RETURN kept::timestamptz;
END $$;

CREATE FUNCTION booking_remembers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE stamp timestamptz := recorded_now();
BEGIN
    UPDATE booking_history SET recorded_to = stamp WHERE booking = NEW.id AND recorded_to IS NULL;
    INSERT INTO booking_history (booking, version, state, dock, occupied, recorded_from)
    VALUES (NEW.id, NEW.version, NEW.state, NEW.dock, NEW.occupied, stamp);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER booking_history AFTER INSERT OR UPDATE ON booking
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION booking_remembers();

CREATE FUNCTION crew_remembers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE stamp timestamptz := recorded_now();
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE crew_history SET recorded_to = stamp
        WHERE booking = OLD.booking AND seat = OLD.seat AND recorded_to IS NULL;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO crew_history (booking, seat, inspector, duty, occupied, recorded_from)
        VALUES (NEW.booking, NEW.seat, NEW.inspector, NEW.duty, NEW.occupied, stamp);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER crew_history AFTER INSERT OR UPDATE OR DELETE ON crew
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION crew_remembers();

CREATE FUNCTION duty_remembers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE stamp timestamptz := recorded_now();
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE duty_history SET recorded_to = stamp WHERE duty = OLD.id AND recorded_to IS NULL;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO duty_history (duty, inspector, office, kind, period, recorded_from)
        VALUES (NEW.id, NEW.inspector, NEW.office, NEW.kind, NEW.period, stamp);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER duty_history AFTER INSERT OR UPDATE OR DELETE ON duty
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION duty_remembers();

CREATE FUNCTION visit_remembers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.version <> OLD.version + 1 THEN
        PERFORM violated('visit_version_step', 'versions of a visit have no gap');
    END IF;
    INSERT INTO visit_history (booking, version, entry, replaced_at)
    VALUES (OLD.booking, OLD.version, row_to_json(OLD)::text, clock_timestamp());
    RETURN NEW;
END $$;
CREATE TRIGGER visit_history BEFORE UPDATE ON visit
    FOR EACH ROW EXECUTE FUNCTION visit_remembers();

-- ---------------------------------------------------------------- records nobody edits

CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM violated(TG_TABLE_NAME || '_append_only', 'rows of this table are never changed');
    RETURN NULL;
END $$;
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON event
    FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER policy_append_only BEFORE UPDATE OR DELETE ON policy
    FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER calendar_append_only BEFORE UPDATE OR DELETE ON calendar
    FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER work_day_append_only BEFORE UPDATE OR DELETE ON work_day
    FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER visit_history_append_only BEFORE UPDATE OR DELETE ON visit_history
    FOR EACH ROW EXECUTE FUNCTION append_only();
