-- Many instructions asked for at once: what was asked, and for each the time that is held or why there is none.

CREATE TABLE batch (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    reference TEXT NOT NULL,
    made_by BIGINT NOT NULL,
    wished_from TIMESTAMP WITH TIME ZONE NOT NULL,
    wished_to TIMESTAMP WITH TIME ZONE NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE,
    channel VARCHAR NOT NULL,
    requested_by BIGINT,
    call BIGINT,
    CONSTRAINT batch_pkey PRIMARY KEY (id),
    CONSTRAINT batch_channel_known CHECK (channel IN ('portal', 'phone', 'api', 'office', 'system')),
    CONSTRAINT batch_window_order CHECK (wished_from < wished_to),
    CONSTRAINT batch_held_for_a_time CHECK (asked_at < expires_at),
    CONSTRAINT batch_phone_has_call CHECK (channel <> 'phone' OR call IS NOT NULL),
    CONSTRAINT batch_reference_key UNIQUE (reference),
    CONSTRAINT batch_made_by_fkey FOREIGN KEY(made_by) REFERENCES enterprise (id) ON DELETE RESTRICT,
    CONSTRAINT batch_requested_by_fkey FOREIGN KEY(requested_by) REFERENCES account (id) ON DELETE RESTRICT,
    CONSTRAINT batch_call_fkey FOREIGN KEY(call) REFERENCES call (id) ON DELETE RESTRICT
);

CREATE INDEX batch_made_by_index ON batch (made_by);

CREATE TABLE batch_item (
    batch BIGINT NOT NULL,
    position INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    reference VARCHAR NOT NULL,
    booking BIGINT,
    reason VARCHAR,
    details JSONB NOT NULL,
    CONSTRAINT batch_item_pkey PRIMARY KEY (batch, position),
    CONSTRAINT batch_item_kind_known CHECK (kind IN ('declaration', 'export_application', 'e_ledger')),
    CONSTRAINT batch_item_place_or_reason CHECK ((booking IS NULL) <> (reason IS NULL)),
    CONSTRAINT batch_item_booking_key UNIQUE (booking),
    CONSTRAINT batch_item_batch_fkey FOREIGN KEY(batch) REFERENCES batch (id) ON DELETE RESTRICT,
    CONSTRAINT batch_item_booking_fkey FOREIGN KEY(booking) REFERENCES booking (id) ON DELETE RESTRICT
);
