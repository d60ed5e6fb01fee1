-- Who wants something earlier, what was offered to them, and which days were looked at for them.

CREATE TABLE waitlist_entry (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    booking BIGINT NOT NULL,
    state VARCHAR NOT NULL,
    wished_from TIMESTAMP WITH TIME ZONE NOT NULL,
    wished_to TIMESTAMP WITH TIME ZONE NOT NULL,
    joined_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    channel VARCHAR NOT NULL,
    requested_by BIGINT,
    call BIGINT,
    CONSTRAINT waitlist_entry_pkey PRIMARY KEY (id),
    CONSTRAINT waitlist_entry_state_known CHECK (state IN ('waiting', 'taken', 'withdrawn', 'ended')),
    CONSTRAINT waitlist_entry_channel_known CHECK (channel IN ('portal', 'phone', 'api', 'office', 'system')),
    CONSTRAINT waitlist_entry_window_order CHECK (wished_from <= wished_to),
    CONSTRAINT waitlist_entry_waiting_has_no_end CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CONSTRAINT waitlist_entry_phone_has_call CHECK (channel <> 'phone' OR call IS NOT NULL),
    CONSTRAINT waitlist_entry_booking_fkey FOREIGN KEY(booking) REFERENCES booking (id) ON DELETE RESTRICT,
    CONSTRAINT waitlist_entry_requested_by_fkey FOREIGN KEY(requested_by) REFERENCES account (id) ON DELETE RESTRICT,
    CONSTRAINT waitlist_entry_call_fkey FOREIGN KEY(call) REFERENCES call (id) ON DELETE RESTRICT
);

CREATE INDEX waitlist_entry_booking_index ON waitlist_entry (booking);
CREATE UNIQUE INDEX waitlist_entry_waits_once ON waitlist_entry (booking) WHERE state = 'waiting';

CREATE TABLE waitlist_offer (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    entry BIGINT NOT NULL,
    hold BIGINT NOT NULL,
    office BIGINT NOT NULL,
    date DATE NOT NULL,
    start TIMESTAMP WITH TIME ZONE NOT NULL,
    offered_at TIMESTAMP WITH TIME ZONE NOT NULL,
    outcome VARCHAR NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT waitlist_offer_pkey PRIMARY KEY (id),
    CONSTRAINT waitlist_offer_outcome_known CHECK (outcome IN ('open', 'taken', 'declined', 'lapsed', 'released')),
    CONSTRAINT waitlist_offer_stands_or_is_closed CHECK ((outcome = 'open') = (closed_at IS NULL)),
    CONSTRAINT waitlist_offer_hold_key UNIQUE (hold),
    CONSTRAINT waitlist_offer_a_time_once UNIQUE (entry, start),
    CONSTRAINT waitlist_offer_entry_fkey FOREIGN KEY(entry) REFERENCES waitlist_entry (id) ON DELETE RESTRICT,
    CONSTRAINT waitlist_offer_hold_fkey FOREIGN KEY(hold) REFERENCES booking (id) ON DELETE RESTRICT,
    CONSTRAINT waitlist_offer_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT
);

CREATE UNIQUE INDEX waitlist_offer_one_a_day ON waitlist_offer (office, date) WHERE outcome = 'open';
CREATE UNIQUE INDEX waitlist_offer_one_a_party ON waitlist_offer (entry) WHERE outcome = 'open';

CREATE TABLE waitlist_look (
    entry BIGINT NOT NULL,
    date DATE NOT NULL,
    version INTEGER NOT NULL,
    rules_version BIGINT NOT NULL,
    CONSTRAINT waitlist_look_pkey PRIMARY KEY (entry, date),
    CONSTRAINT waitlist_look_entry_fkey FOREIGN KEY(entry) REFERENCES waitlist_entry (id) ON DELETE RESTRICT
);

-- An open offer always has its time held: whoever ends the hold closes the offer in the same transaction.
CREATE FUNCTION hold_ends_with_offer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM waitlist_offer WHERE hold = NEW.id AND outcome = 'open') THEN
        PERFORM violated('waitlist_offer_is_held', 'an open offer lost its hold');
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER waitlist_offer_is_held AFTER UPDATE ON booking
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.state = 'hold' AND NEW.state <> 'hold') EXECUTE FUNCTION hold_ends_with_offer();
