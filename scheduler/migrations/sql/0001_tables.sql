-- The tables, their named constraints and indexes, in the order of their references.
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE booking_history (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    booking BIGINT NOT NULL,
    version INTEGER NOT NULL,
    state VARCHAR NOT NULL,
    dock BIGINT,
    occupied TSTZRANGE,
    recorded_from TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_to TIMESTAMP WITH TIME ZONE,
    CONSTRAINT booking_history_pkey PRIMARY KEY (id)
);

CREATE INDEX booking_history_open ON booking_history (booking) WHERE recorded_to IS NULL;

CREATE TABLE calendar (
    version BIGINT GENERATED ALWAYS AS IDENTITY,
    imported_at TIMESTAMP WITH TIME ZONE NOT NULL,
    source VARCHAR NOT NULL,
    digest VARCHAR NOT NULL,
    CONSTRAINT calendar_pkey PRIMARY KEY (version)
);

CREATE TABLE crew_history (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    booking BIGINT NOT NULL,
    seat INTEGER NOT NULL,
    inspector BIGINT NOT NULL,
    duty BIGINT NOT NULL,
    occupied TSTZRANGE NOT NULL,
    recorded_from TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_to TIMESTAMP WITH TIME ZONE,
    CONSTRAINT crew_history_pkey PRIMARY KEY (id)
);

CREATE INDEX crew_history_open ON crew_history (booking, seat) WHERE recorded_to IS NULL;

CREATE TABLE district (
    code VARCHAR NOT NULL,
    name_zh VARCHAR NOT NULL,
    name_en VARCHAR NOT NULL,
    is_example BOOLEAN DEFAULT 'false' NOT NULL,
    source VARCHAR,
    verified_on DATE,
    CONSTRAINT district_pkey PRIMARY KEY (code)
);

CREATE TABLE duty_history (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    duty BIGINT NOT NULL,
    inspector BIGINT NOT NULL,
    office BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    period TSTZRANGE NOT NULL,
    recorded_from TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_to TIMESTAMP WITH TIME ZONE,
    CONSTRAINT duty_history_pkey PRIMARY KEY (id)
);

CREATE INDEX duty_history_open ON duty_history (duty) WHERE recorded_to IS NULL;

CREATE TABLE enterprise (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    uscc TEXT NOT NULL,
    customs_code TEXT,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    verified BOOLEAN DEFAULT 'true' NOT NULL,
    is_example BOOLEAN DEFAULT 'false' NOT NULL,
    CONSTRAINT enterprise_pkey PRIMARY KEY (id),
    CONSTRAINT enterprise_kind_known CHECK (kind IN ('trader', 'broker')),
    CONSTRAINT enterprise_uscc_key UNIQUE (uscc),
    CONSTRAINT enterprise_customs_code_key UNIQUE (customs_code)
);

CREATE TABLE heartbeat (
    name TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT heartbeat_pkey PRIMARY KEY (name)
);

CREATE TABLE idempotent_answer (
    tenant TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash VARCHAR NOT NULL,
    status INTEGER NOT NULL,
    headers JSONB NOT NULL,
    body BYTEA NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT idempotent_answer_pkey PRIMARY KEY (tenant, key)
);

CREATE INDEX idempotent_answer_age ON idempotent_answer (created_at);

CREATE TABLE inspection_type (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    code TEXT NOT NULL,
    name_zh VARCHAR NOT NULL,
    name_en VARCHAR NOT NULL,
    mode VARCHAR NOT NULL,
    minimum_crew INTEGER DEFAULT '2' NOT NULL,
    site_kinds TEXT[] NOT NULL,
    CONSTRAINT inspection_type_pkey PRIMARY KEY (id),
    CONSTRAINT inspection_type_mode_known CHECK (mode IN ('standard', 'green_channel', 'high_tech', 'special_articles', 'release_before_inspection', 'on_application', 'result_accepted', 'off_site_large', 'exhibition', 'batch_warehouse', 'direct_pick_up')),
    CONSTRAINT inspection_type_crew_minimum CHECK (minimum_crew >= 1),
    CONSTRAINT inspection_type_code_key UNIQUE (code)
);

CREATE TABLE qualification (
    code TEXT NOT NULL,
    name_zh VARCHAR NOT NULL,
    name_en VARCHAR NOT NULL,
    CONSTRAINT qualification_pkey PRIMARY KEY (code)
);

CREATE TABLE rules_revision (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    cause VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT rules_revision_pkey PRIMARY KEY (id)
);

CREATE TABLE sign_in_try (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    subject VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT sign_in_try_pkey PRIMARY KEY (id)
);

CREATE INDEX sign_in_try_recent ON sign_in_try (subject, at);

CREATE TABLE contact (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    enterprise BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    phone VARCHAR NOT NULL,
    is_mobile BOOLEAN DEFAULT 'true' NOT NULL,
    language VARCHAR NOT NULL,
    CONSTRAINT contact_pkey PRIMARY KEY (id),
    CONSTRAINT contact_enterprise_fkey FOREIGN KEY(enterprise) REFERENCES enterprise (id) ON DELETE RESTRICT
);

CREATE INDEX contact_enterprise_index ON contact (enterprise);

CREATE TABLE duration (
    type BIGINT NOT NULL,
    goods_category TEXT NOT NULL,
    base_minutes INTEGER NOT NULL,
    per_unit_minutes NUMERIC(6, 2) NOT NULL,
    unit VARCHAR NOT NULL,
    CONSTRAINT duration_pkey PRIMARY KEY (type, goods_category),
    CONSTRAINT duration_goods_category_known CHECK (goods_category IN ('live_animals', 'aquatic', 'meat', 'vegetables', 'fruit', 'food', 'commodity', 'dangerous', 'relief', 'high_tech', 'special_articles', 'minerals', 'textiles', 'large_equipment', 'exhibits', 'e_commerce')),
    CONSTRAINT duration_minutes_positive CHECK (base_minutes > 0 AND per_unit_minutes >= 0),
    CONSTRAINT duration_type_fkey FOREIGN KEY(type) REFERENCES inspection_type (id) ON DELETE RESTRICT
);

CREATE TABLE enterprise_credit (
    enterprise BIGINT NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    level VARCHAR NOT NULL,
    CONSTRAINT enterprise_credit_pkey PRIMARY KEY (enterprise, valid_from),
    CONSTRAINT enterprise_credit_level_known CHECK (level IN ('advanced_certified', 'certified', 'regular', 'dishonest', 'seriously_dishonest')),
    CONSTRAINT enterprise_credit_enterprise_fkey FOREIGN KEY(enterprise) REFERENCES enterprise (id) ON DELETE RESTRICT
);

CREATE TABLE office (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    district VARCHAR NOT NULL,
    code TEXT NOT NULL,
    customs_code VARCHAR,
    name_zh VARCHAR NOT NULL,
    name_en VARCHAR NOT NULL,
    short_zh VARCHAR NOT NULL,
    short_en VARCHAR NOT NULL,
    phone VARCHAR,
    phone_source VARCHAR,
    phone_verified_on DATE,
    is_example BOOLEAN DEFAULT 'false' NOT NULL,
    CONSTRAINT office_pkey PRIMARY KEY (id),
    CONSTRAINT office_phone_has_source CHECK (phone IS NULL OR phone_source IS NOT NULL),
    CONSTRAINT office_district_fkey FOREIGN KEY(district) REFERENCES district (code),
    CONSTRAINT office_code_key UNIQUE (code)
);

CREATE TABLE seat (
    type BIGINT NOT NULL,
    number INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    qualifications TEXT[] DEFAULT '{}' NOT NULL,
    CONSTRAINT seat_pkey PRIMARY KEY (type, number),
    CONSTRAINT seat_type_fkey FOREIGN KEY(type) REFERENCES inspection_type (id) ON DELETE RESTRICT
);

CREATE TABLE work_day (
    calendar BIGINT NOT NULL,
    date DATE NOT NULL,
    kind VARCHAR NOT NULL,
    published BOOLEAN DEFAULT 'false' NOT NULL,
    name VARCHAR NOT NULL,
    CONSTRAINT work_day_pkey PRIMARY KEY (calendar, date),
    CONSTRAINT work_day_kind_known CHECK (kind IN ('workday', 'makeup_workday', 'weekend', 'holiday')),
    CONSTRAINT work_day_calendar_fkey FOREIGN KEY(calendar) REFERENCES calendar (version) ON DELETE RESTRICT
);

CREATE TABLE inspector (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    office BIGINT NOT NULL,
    badge TEXT NOT NULL,
    name VARCHAR NOT NULL,
    staff_category VARCHAR NOT NULL,
    mobile VARCHAR,
    in_service BOOLEAN DEFAULT 'true' NOT NULL,
    CONSTRAINT inspector_pkey PRIMARY KEY (id),
    CONSTRAINT inspector_staff_category_known CHECK (staff_category IN ('officer', 'contract')),
    CONSTRAINT inspector_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT,
    CONSTRAINT inspector_badge_key UNIQUE (badge)
);

CREATE INDEX inspector_office_index ON inspector (office);

CREATE TABLE office_day (
    office BIGINT NOT NULL,
    date DATE NOT NULL,
    version INTEGER DEFAULT '0' NOT NULL,
    calendar_version BIGINT NOT NULL,
    CONSTRAINT office_day_pkey PRIMARY KEY (office, date),
    CONSTRAINT office_day_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT,
    CONSTRAINT office_day_calendar_version_fkey FOREIGN KEY(calendar_version) REFERENCES calendar (version) ON DELETE RESTRICT
);

CREATE TABLE opening_hours (
    office BIGINT NOT NULL,
    day_kind VARCHAR NOT NULL,
    valid_from DATE NOT NULL,
    opens TIME WITHOUT TIME ZONE,
    closes TIME WITHOUT TIME ZONE,
    CONSTRAINT opening_hours_pkey PRIMARY KEY (office, day_kind, valid_from),
    CONSTRAINT opening_hours_day_kind_known CHECK (day_kind IN ('workday', 'makeup_workday', 'weekend', 'holiday')),
    CONSTRAINT opening_hours_closes_after_opens CHECK (closes > opens),
    CONSTRAINT opening_hours_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT
);

CREATE TABLE priority_rule (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    office BIGINT,
    direction VARCHAR,
    hs_prefix VARCHAR NOT NULL,
    goods_category VARCHAR,
    priority VARCHAR NOT NULL,
    answer VARCHAR NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    source VARCHAR NOT NULL,
    CONSTRAINT priority_rule_pkey PRIMARY KEY (id),
    CONSTRAINT priority_rule_priority_known CHECK (priority IN ('relief_or_dangerous', 'live_animals', 'green_channel', 'ordinary')),
    CONSTRAINT priority_rule_answer_known CHECK (answer IN ('not_applied', 'granted', 'refused', 'awaiting_office')),
    CONSTRAINT priority_rule_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT
);

CREATE TABLE site (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    office BIGINT NOT NULL,
    code VARCHAR NOT NULL,
    name_zh VARCHAR NOT NULL,
    name_en VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    latitude FLOAT NOT NULL,
    longitude FLOAT NOT NULL,
    valid_from DATE,
    valid_to DATE,
    is_example BOOLEAN DEFAULT 'false' NOT NULL,
    CONSTRAINT site_pkey PRIMARY KEY (id),
    CONSTRAINT site_kind_known CHECK (kind IN ('office', 'supervised_area', 'enterprise_premises', 'bonded_zone', 'cold_store', 'clean_room', 'airside', 'exhibition', 'returns_centre')),
    CONSTRAINT site_office_code_key UNIQUE (office, code),
    CONSTRAINT site_latitude_range CHECK (latitude BETWEEN -90 AND 90),
    CONSTRAINT site_longitude_range CHECK (longitude BETWEEN -180 AND 180),
    CONSTRAINT site_validity_order CHECK (valid_to IS NULL OR valid_to > valid_from),
    CONSTRAINT site_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT
);

CREATE INDEX site_office_index ON site (office);

CREATE TABLE absence (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    inspector BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    period TSTZRANGE NOT NULL,
    reason VARCHAR NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT absence_pkey PRIMARY KEY (id),
    CONSTRAINT absence_kind_known CHECK (kind IN ('leave', 'sick', 'mission', 'training')),
    CONSTRAINT absence_period_half_open CHECK (NOT isempty(period) AND lower_inc(period) AND NOT upper_inc(period) AND NOT lower_inf(period) AND NOT upper_inf(period)),
    CONSTRAINT absence_inspector_fkey FOREIGN KEY(inspector) REFERENCES inspector (id) ON DELETE RESTRICT
);

CREATE INDEX absence_inspector_index ON absence (inspector);

CREATE TABLE account (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    login TEXT NOT NULL,
    role VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    enterprise BIGINT,
    office BIGINT,
    inspector BIGINT,
    is_enterprise_admin BOOLEAN DEFAULT 'false' NOT NULL,
    mobile VARCHAR,
    language VARCHAR NOT NULL,
    password_hash VARCHAR,
    active BOOLEAN DEFAULT 'true' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT account_pkey PRIMARY KEY (id),
    CONSTRAINT account_role_known CHECK (role IN ('enterprise_user', 'desk_agent', 'office_manager', 'inspector', 'administrator', 'integrator', 'anonymous', 'system')),
    CONSTRAINT account_enterprise_by_role CHECK ((role IN ('enterprise_user', 'integrator')) = (enterprise IS NOT NULL)),
    CONSTRAINT account_inspector_by_role CHECK ((role = 'inspector') = (inspector IS NOT NULL)),
    CONSTRAINT account_office_by_role CHECK (role NOT IN ('desk_agent', 'office_manager', 'inspector') OR office IS NOT NULL),
    CONSTRAINT account_login_key UNIQUE (login),
    CONSTRAINT account_enterprise_fkey FOREIGN KEY(enterprise) REFERENCES enterprise (id) ON DELETE RESTRICT,
    CONSTRAINT account_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT,
    CONSTRAINT account_inspector_fkey FOREIGN KEY(inspector) REFERENCES inspector (id) ON DELETE RESTRICT
);

CREATE INDEX account_enterprise_index ON account (enterprise);

CREATE TABLE dock (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    site BIGINT NOT NULL,
    code VARCHAR NOT NULL,
    in_use BOOLEAN DEFAULT 'true' NOT NULL,
    CONSTRAINT dock_pkey PRIMARY KEY (id),
    CONSTRAINT dock_site_code_key UNIQUE (site, code),
    CONSTRAINT dock_site_fkey FOREIGN KEY(site) REFERENCES site (id) ON DELETE RESTRICT
);

CREATE INDEX dock_site_index ON dock (site);

CREATE TABLE duty (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    inspector BIGINT NOT NULL,
    office BIGINT NOT NULL,
    date DATE NOT NULL,
    start_site BIGINT NOT NULL,
    end_site BIGINT NOT NULL,
    period TSTZRANGE NOT NULL,
    kind VARCHAR NOT NULL,
    CONSTRAINT duty_pkey PRIMARY KEY (id),
    CONSTRAINT duty_kind_known CHECK (kind IN ('regular', 'overtime', 'loan')),
    CONSTRAINT duty_period_half_open CHECK (NOT isempty(period) AND lower_inc(period) AND NOT upper_inc(period) AND NOT lower_inf(period) AND NOT upper_inf(period)),
    CONSTRAINT duty_within_one_date CHECK ((lower(period) AT TIME ZONE 'Asia/Shanghai')::date = date AND ((upper(period) AT TIME ZONE 'Asia/Shanghai') - interval '1 microsecond')::date = date),
    CONSTRAINT duty_of_inspector UNIQUE (id, inspector),
    CONSTRAINT duty_inspector_never_overlaps EXCLUDE USING gist (inspector WITH =, period WITH &&),
    CONSTRAINT duty_inspector_fkey FOREIGN KEY(inspector) REFERENCES inspector (id) ON DELETE RESTRICT,
    CONSTRAINT duty_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT,
    CONSTRAINT duty_start_site_fkey FOREIGN KEY(start_site) REFERENCES site (id) ON DELETE RESTRICT,
    CONSTRAINT duty_end_site_fkey FOREIGN KEY(end_site) REFERENCES site (id) ON DELETE RESTRICT
);

CREATE INDEX duty_inspector_index ON duty (inspector);
CREATE INDEX duty_office_date ON duty (office, date);

CREATE TABLE inspector_qualification (
    inspector BIGINT NOT NULL,
    qualification VARCHAR NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    CONSTRAINT inspector_qualification_pkey PRIMARY KEY (inspector, qualification, valid_from),
    CONSTRAINT inspector_qualification_validity_order CHECK (valid_to IS NULL OR valid_to > valid_from),
    CONSTRAINT inspector_qualification_inspector_fkey FOREIGN KEY(inspector) REFERENCES inspector (id) ON DELETE RESTRICT,
    CONSTRAINT inspector_qualification_qualification_fkey FOREIGN KEY(qualification) REFERENCES qualification (code)
);

CREATE TABLE loan (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    inspector BIGINT NOT NULL,
    home_office BIGINT NOT NULL,
    office BIGINT NOT NULL,
    period TSTZRANGE NOT NULL,
    reason VARCHAR NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT loan_pkey PRIMARY KEY (id),
    CONSTRAINT loan_period_half_open CHECK (NOT isempty(period) AND lower_inc(period) AND NOT upper_inc(period) AND NOT lower_inf(period) AND NOT upper_inf(period)),
    CONSTRAINT loan_to_another_office CHECK (office <> home_office),
    CONSTRAINT loan_inspector_fkey FOREIGN KEY(inspector) REFERENCES inspector (id) ON DELETE RESTRICT,
    CONSTRAINT loan_home_office_fkey FOREIGN KEY(home_office) REFERENCES office (id) ON DELETE RESTRICT,
    CONSTRAINT loan_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT
);

CREATE INDEX loan_inspector_index ON loan (inspector);

CREATE TABLE travel (
    origin BIGINT NOT NULL,
    destination BIGINT NOT NULL,
    minutes INTEGER NOT NULL,
    is_override BOOLEAN DEFAULT 'false' NOT NULL,
    CONSTRAINT travel_pkey PRIMARY KEY (origin, destination),
    CONSTRAINT travel_minutes_not_negative CHECK (minutes >= 0),
    CONSTRAINT travel_origin_fkey FOREIGN KEY(origin) REFERENCES site (id) ON DELETE RESTRICT,
    CONSTRAINT travel_destination_fkey FOREIGN KEY(destination) REFERENCES site (id) ON DELETE RESTRICT
);

CREATE TABLE activation_code (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    account BIGINT NOT NULL,
    code_hash VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    tries INTEGER DEFAULT '0' NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT activation_code_pkey PRIMARY KEY (id),
    CONSTRAINT activation_code_account_fkey FOREIGN KEY(account) REFERENCES account (id) ON DELETE RESTRICT
);

CREATE INDEX activation_code_account_index ON activation_code (account);

CREATE TABLE api_token (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    account BIGINT NOT NULL,
    token_hash TEXT NOT NULL,
    label VARCHAR NOT NULL,
    scopes TEXT[] NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT api_token_pkey PRIMARY KEY (id),
    CONSTRAINT api_token_account_fkey FOREIGN KEY(account) REFERENCES account (id) ON DELETE RESTRICT,
    CONSTRAINT api_token_token_hash_key UNIQUE (token_hash)
);

CREATE INDEX api_token_account_index ON api_token (account);

CREATE TABLE authority (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    broker BIGINT NOT NULL,
    represented BIGINT NOT NULL,
    source VARCHAR NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    granted_by BIGINT,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT authority_pkey PRIMARY KEY (id),
    CONSTRAINT authority_source_known CHECK (source IN ('declarant', 'granted')),
    CONSTRAINT authority_for_another CHECK (broker <> represented),
    CONSTRAINT authority_validity_order CHECK (valid_to IS NULL OR valid_to > valid_from),
    CONSTRAINT authority_broker_fkey FOREIGN KEY(broker) REFERENCES enterprise (id) ON DELETE RESTRICT,
    CONSTRAINT authority_represented_fkey FOREIGN KEY(represented) REFERENCES enterprise (id) ON DELETE RESTRICT,
    CONSTRAINT authority_granted_by_fkey FOREIGN KEY(granted_by) REFERENCES account (id) ON DELETE RESTRICT
);

CREATE INDEX authority_broker_index ON authority (broker);
CREATE INDEX authority_represented_index ON authority (represented);

CREATE TABLE call (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    reference TEXT NOT NULL,
    agent BIGINT NOT NULL,
    office BIGINT NOT NULL,
    caller_name VARCHAR NOT NULL,
    caller_phone VARCHAR NOT NULL,
    enterprise BIGINT,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    end_reason VARCHAR,
    note VARCHAR,
    CONSTRAINT call_pkey PRIMARY KEY (id),
    CONSTRAINT call_end_reason_known CHECK (end_reason IN ('booked', 'changed', 'information', 'no_time_suited', 'wrong_number', 'caller_hung_up', 'other')),
    CONSTRAINT call_ended_with_reason CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
    CONSTRAINT call_reference_key UNIQUE (reference),
    CONSTRAINT call_agent_fkey FOREIGN KEY(agent) REFERENCES account (id) ON DELETE RESTRICT,
    CONSTRAINT call_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT,
    CONSTRAINT call_enterprise_fkey FOREIGN KEY(enterprise) REFERENCES enterprise (id) ON DELETE RESTRICT
);

CREATE INDEX call_open ON call (agent) WHERE ended_at IS NULL;

CREATE TABLE closure (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    office BIGINT NOT NULL,
    site BIGINT,
    dock BIGINT,
    period TSTZRANGE NOT NULL,
    reason VARCHAR NOT NULL,
    CONSTRAINT closure_pkey PRIMARY KEY (id),
    CONSTRAINT closure_period_half_open CHECK (NOT isempty(period) AND lower_inc(period) AND NOT upper_inc(period) AND NOT lower_inf(period) AND NOT upper_inf(period)),
    CONSTRAINT closure_dock_of_site CHECK (dock IS NULL OR site IS NOT NULL),
    CONSTRAINT closure_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT,
    CONSTRAINT closure_site_fkey FOREIGN KEY(site) REFERENCES site (id) ON DELETE RESTRICT,
    CONSTRAINT closure_dock_fkey FOREIGN KEY(dock) REFERENCES dock (id) ON DELETE RESTRICT
);

CREATE INDEX closure_dock_index ON closure (dock);
CREATE INDEX closure_office_index ON closure (office);
CREATE INDEX closure_site_index ON closure (site);

CREATE TABLE policy (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    office BIGINT,
    name VARCHAR NOT NULL,
    valid_from DATE NOT NULL,
    document JSONB NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by BIGINT,
    CONSTRAINT policy_pkey PRIMARY KEY (id),
    CONSTRAINT policy_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT,
    CONSTRAINT policy_created_by_fkey FOREIGN KEY(created_by) REFERENCES account (id) ON DELETE RESTRICT
);

CREATE INDEX policy_lookup ON policy (name, office, valid_from);

CREATE TABLE sign_in (
    token_hash TEXT NOT NULL,
    account BIGINT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT sign_in_pkey PRIMARY KEY (token_hash),
    CONSTRAINT sign_in_account_fkey FOREIGN KEY(account) REFERENCES account (id) ON DELETE RESTRICT
);

CREATE INDEX sign_in_account_index ON sign_in (account);

CREATE TABLE booking (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    reference TEXT NOT NULL,
    version INTEGER DEFAULT '1' NOT NULL,
    state VARCHAR NOT NULL,
    office BIGINT NOT NULL,
    date DATE NOT NULL,
    site BIGINT NOT NULL,
    dock BIGINT,
    type BIGINT NOT NULL,
    enterprise BIGINT NOT NULL,
    made_by BIGINT NOT NULL,
    wished_from TIMESTAMP WITH TIME ZONE NOT NULL,
    wished_to TIMESTAMP WITH TIME ZONE NOT NULL,
    promise_from TIMESTAMP WITH TIME ZONE,
    promise_to TIMESTAMP WITH TIME ZONE,
    planned_start TIMESTAMP WITH TIME ZONE,
    planned_minutes INTEGER NOT NULL,
    occupied TSTZRANGE,
    must_finish_by TIMESTAMP WITH TIME ZONE,
    must_finish_kind VARCHAR,
    attendee VARCHAR NOT NULL,
    priority VARCHAR NOT NULL,
    priority_answer VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    requested_by BIGINT,
    call BIGINT,
    replaces BIGINT,
    follows BIGINT,
    excluded BIGINT[] DEFAULT '{}' NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    request_reason VARCHAR,
    answer_by TIMESTAMP WITH TIME ZONE,
    end_reason VARCHAR,
    requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE,
    first_promise TIMESTAMP WITH TIME ZONE,
    goods_ready_at TIMESTAMP WITH TIME ZONE,
    rules_version BIGINT NOT NULL,
    CONSTRAINT booking_pkey PRIMARY KEY (id),
    CONSTRAINT booking_state_known CHECK (state IN ('hold', 'requested', 'confirmed', 'in_progress', 'done', 'cancelled', 'expired', 'displaced', 'no_show', 'missed_by_customs')),
    CONSTRAINT booking_channel_known CHECK (channel IN ('portal', 'phone', 'api', 'office', 'system')),
    CONSTRAINT booking_priority_known CHECK (priority IN ('relief_or_dangerous', 'live_animals', 'green_channel', 'ordinary')),
    CONSTRAINT booking_priority_answer_known CHECK (priority_answer IN ('not_applied', 'granted', 'refused', 'awaiting_office')),
    CONSTRAINT booking_request_reason_known CHECK (request_reason IN ('rest_day', 'out_of_hours', 'high_risk_articles', 'instruction_awaited', 'priority_decision', 'cut_over')),
    CONSTRAINT booking_must_finish_kind_known CHECK (must_finish_kind IN ('loading_cut_off', 'flight', 'vessel', 'other')),
    CONSTRAINT booking_id_occupied_key UNIQUE (id, occupied),
    CONSTRAINT booking_minutes_positive CHECK (planned_minutes > 0 AND planned_minutes <= 1440),
    CONSTRAINT booking_occupied_is_planned CHECK (planned_start IS NULL OR occupied = tstzrange(planned_start, planned_start + make_interval(mins => planned_minutes))),
    CONSTRAINT booking_date_is_local CHECK (planned_start IS NULL OR (planned_start AT TIME ZONE 'Asia/Shanghai')::date = date),
    CONSTRAINT booking_promise_when_live CHECK (NOT (state IN ('hold', 'confirmed', 'in_progress')) OR (promise_from IS NOT NULL AND promise_to IS NOT NULL AND planned_start BETWEEN promise_from AND promise_to)),
    CONSTRAINT booking_finished_in_time CHECK (NOT (state IN ('hold', 'confirmed', 'in_progress')) OR must_finish_by IS NULL OR upper(occupied) <= must_finish_by),
    CONSTRAINT booking_hold_expires CHECK (state <> 'hold' OR expires_at IS NOT NULL),
    CONSTRAINT booking_request_is_answered CHECK (state <> 'requested' OR (answer_by IS NOT NULL AND request_reason IS NOT NULL)),
    CONSTRAINT booking_phone_has_call CHECK (channel <> 'phone' OR call IS NOT NULL),
    CONSTRAINT booking_replaces_another CHECK (replaces IS NULL OR replaces <> id),
    CONSTRAINT booking_dock_never_twice EXCLUDE USING gist (dock WITH =, occupied WITH &&) WHERE (dock IS NOT NULL AND state IN ('hold', 'confirmed', 'in_progress')),
    CONSTRAINT booking_reference_key UNIQUE (reference),
    CONSTRAINT booking_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT,
    CONSTRAINT booking_site_fkey FOREIGN KEY(site) REFERENCES site (id) ON DELETE RESTRICT,
    CONSTRAINT booking_dock_fkey FOREIGN KEY(dock) REFERENCES dock (id) ON DELETE RESTRICT,
    CONSTRAINT booking_type_fkey FOREIGN KEY(type) REFERENCES inspection_type (id) ON DELETE RESTRICT,
    CONSTRAINT booking_enterprise_fkey FOREIGN KEY(enterprise) REFERENCES enterprise (id) ON DELETE RESTRICT,
    CONSTRAINT booking_made_by_fkey FOREIGN KEY(made_by) REFERENCES enterprise (id) ON DELETE RESTRICT,
    CONSTRAINT booking_requested_by_fkey FOREIGN KEY(requested_by) REFERENCES account (id) ON DELETE RESTRICT,
    CONSTRAINT booking_call_fkey FOREIGN KEY(call) REFERENCES call (id) ON DELETE RESTRICT,
    CONSTRAINT booking_replaces_fkey FOREIGN KEY(replaces) REFERENCES booking (id) ON DELETE RESTRICT,
    CONSTRAINT booking_follows_fkey FOREIGN KEY(follows) REFERENCES booking (id) ON DELETE RESTRICT
);

CREATE INDEX booking_answer ON booking (answer_by) WHERE state IN ('requested', 'displaced');
CREATE INDEX booking_enterprise_open ON booking (enterprise, state);
CREATE INDEX booking_expiry ON booking (expires_at) WHERE state = 'hold';
CREATE INDEX booking_made_by_index ON booking (made_by);
CREATE INDEX booking_office_date ON booking (office, date);
CREATE INDEX booking_replaces_index ON booking (replaces);

CREATE TABLE crew (
    booking BIGINT NOT NULL,
    seat INTEGER NOT NULL,
    inspector BIGINT NOT NULL,
    duty BIGINT NOT NULL,
    occupied TSTZRANGE NOT NULL,
    CONSTRAINT crew_pkey PRIMARY KEY (booking, seat),
    CONSTRAINT crew_occupies_as_booking FOREIGN KEY(booking, occupied) REFERENCES booking (id, occupied) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT crew_names_duty FOREIGN KEY(duty, inspector) REFERENCES duty (id, inspector) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT crew_inspector_once UNIQUE (booking, inspector),
    CONSTRAINT crew_inspector_never_twice EXCLUDE USING gist (inspector WITH =, occupied WITH &&),
    CONSTRAINT crew_booking_fkey FOREIGN KEY(booking) REFERENCES booking (id) ON DELETE RESTRICT,
    CONSTRAINT crew_inspector_fkey FOREIGN KEY(inspector) REFERENCES inspector (id) ON DELETE RESTRICT
);

CREATE INDEX crew_duty ON crew (duty);

CREATE TABLE instruction (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    version INTEGER DEFAULT '1' NOT NULL,
    kind VARCHAR NOT NULL,
    reference VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    direction VARCHAR,
    office BIGINT NOT NULL,
    site BIGINT,
    type BIGINT,
    represented BIGINT NOT NULL,
    declarant BIGINT,
    goods_name VARCHAR NOT NULL,
    goods_category VARCHAR,
    hs_code VARCHAR,
    units INTEGER DEFAULT '1' NOT NULL,
    containers TEXT[] DEFAULT '{}' NOT NULL,
    transport_mode VARCHAR,
    port VARCHAR,
    filing_number VARCHAR,
    approval_number VARCHAR,
    risk_level VARCHAR,
    off_site_reason VARCHAR,
    must_finish_by TIMESTAMP WITH TIME ZONE,
    must_finish_kind VARCHAR,
    issued_at TIMESTAMP WITH TIME ZONE,
    arrived_at TIMESTAMP WITH TIME ZONE,
    follows BIGINT,
    excludes_first_crew BOOLEAN DEFAULT 'false' NOT NULL,
    CONSTRAINT instruction_pkey PRIMARY KEY (id),
    CONSTRAINT instruction_kind_known CHECK (kind IN ('declaration', 'export_application', 'e_ledger')),
    CONSTRAINT instruction_state_known CHECK (state IN ('awaited', 'open', 'changed', 'withdrawn')),
    CONSTRAINT instruction_direction_known CHECK (direction IN ('0', '1')),
    CONSTRAINT instruction_goods_category_known CHECK (goods_category IN ('live_animals', 'aquatic', 'meat', 'vegetables', 'fruit', 'food', 'commodity', 'dangerous', 'relief', 'high_tech', 'special_articles', 'minerals', 'textiles', 'large_equipment', 'exhibits', 'e_commerce')),
    CONSTRAINT instruction_risk_level_known CHECK (risk_level IN ('low', 'high')),
    CONSTRAINT instruction_units_not_negative CHECK (units >= 0),
    CONSTRAINT instruction_complete CHECK (state = 'awaited' OR (type IS NOT NULL AND site IS NOT NULL)),
    CONSTRAINT instruction_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT,
    CONSTRAINT instruction_site_fkey FOREIGN KEY(site) REFERENCES site (id) ON DELETE RESTRICT,
    CONSTRAINT instruction_type_fkey FOREIGN KEY(type) REFERENCES inspection_type (id) ON DELETE RESTRICT,
    CONSTRAINT instruction_represented_fkey FOREIGN KEY(represented) REFERENCES enterprise (id) ON DELETE RESTRICT,
    CONSTRAINT instruction_declarant_fkey FOREIGN KEY(declarant) REFERENCES enterprise (id) ON DELETE RESTRICT,
    CONSTRAINT instruction_follows_fkey FOREIGN KEY(follows) REFERENCES booking (id) ON DELETE RESTRICT
);

CREATE UNIQUE INDEX instruction_awaited_once ON instruction (kind, reference, represented) WHERE state = 'awaited';
CREATE INDEX instruction_bookable ON instruction (represented) WHERE state IN ('open', 'changed');
CREATE INDEX instruction_declarant_index ON instruction (declarant);
CREATE INDEX instruction_office_index ON instruction (office);
CREATE UNIQUE INDEX instruction_reference_once ON instruction (kind, reference) WHERE state <> 'awaited';
CREATE INDEX instruction_represented_index ON instruction (represented);

CREATE TABLE message (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    booking BIGINT,
    booking_version INTEGER,
    account BIGINT,
    kind VARCHAR NOT NULL,
    recipient VARCHAR NOT NULL,
    language VARCHAR NOT NULL,
    variables JSONB NOT NULL,
    code TEXT NOT NULL,
    due TIMESTAMP WITH TIME ZONE NOT NULL,
    not_after TIMESTAMP WITH TIME ZONE,
    state VARCHAR NOT NULL,
    reason VARCHAR,
    token INTEGER DEFAULT '0' NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    attempts INTEGER DEFAULT '0' NOT NULL,
    provider VARCHAR,
    provider_id VARCHAR,
    sent_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT message_pkey PRIMARY KEY (id),
    CONSTRAINT message_state_known CHECK (state IN ('due', 'sending', 'unknown', 'sent', 'failed', 'cancelled', 'expired', 'call_back')),
    CONSTRAINT message_once UNIQUE (booking, booking_version, kind, recipient),
    CONSTRAINT message_useful_after_due CHECK (not_after IS NULL OR not_after > due),
    CONSTRAINT message_booking_fkey FOREIGN KEY(booking) REFERENCES booking (id) ON DELETE RESTRICT,
    CONSTRAINT message_account_fkey FOREIGN KEY(account) REFERENCES account (id) ON DELETE RESTRICT,
    CONSTRAINT message_code_key UNIQUE (code)
);

CREATE INDEX message_due ON message (due) WHERE state = 'due';
CREATE INDEX message_lease ON message (lease_until) WHERE state = 'sending';

CREATE TABLE priority_application (
    booking BIGINT NOT NULL,
    answer VARCHAR NOT NULL,
    priority VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,
    rule BIGINT,
    applied_at TIMESTAMP WITH TIME ZONE NOT NULL,
    answer_by TIMESTAMP WITH TIME ZONE,
    decided_by BIGINT,
    decided_at TIMESTAMP WITH TIME ZONE,
    why VARCHAR,
    CONSTRAINT priority_application_pkey PRIMARY KEY (booking),
    CONSTRAINT priority_application_answer_known CHECK (answer IN ('not_applied', 'granted', 'refused', 'awaiting_office')),
    CONSTRAINT priority_application_priority_known CHECK (priority IN ('relief_or_dangerous', 'live_animals', 'green_channel', 'ordinary')),
    CONSTRAINT priority_application_booking_fkey FOREIGN KEY(booking) REFERENCES booking (id) ON DELETE RESTRICT,
    CONSTRAINT priority_application_rule_fkey FOREIGN KEY(rule) REFERENCES priority_rule (id) ON DELETE RESTRICT,
    CONSTRAINT priority_application_decided_by_fkey FOREIGN KEY(decided_by) REFERENCES account (id) ON DELETE RESTRICT
);

CREATE TABLE recipient (
    booking BIGINT NOT NULL,
    position INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    mobile VARCHAR NOT NULL,
    language VARCHAR NOT NULL,
    CONSTRAINT recipient_pkey PRIMARY KEY (booking, position),
    CONSTRAINT recipient_at_most_three CHECK (position BETWEEN 1 AND 3),
    CONSTRAINT recipient_booking_fkey FOREIGN KEY(booking) REFERENCES booking (id) ON DELETE RESTRICT
);

CREATE TABLE visit (
    booking BIGINT NOT NULL,
    version INTEGER DEFAULT '1' NOT NULL,
    on_site TIMESTAMP WITH TIME ZONE,
    opened TIMESTAMP WITH TIME ZONE,
    ended TIMESTAMP WITH TIME ZONE,
    outcome VARCHAR,
    signed_by VARCHAR,
    signing_refused BOOLEAN DEFAULT 'false' NOT NULL,
    delay_reason VARCHAR,
    result VARCHAR,
    result_at TIMESTAMP WITH TIME ZONE,
    released_at TIMESTAMP WITH TIME ZONE,
    note VARCHAR,
    CONSTRAINT visit_pkey PRIMARY KEY (booking),
    CONSTRAINT visit_outcome_known CHECK (outcome IN ('passed', 'not_passed', 'sampled_pending_lab', 'not_finished', 'opened_without_party', 'not_held')),
    CONSTRAINT visit_delay_reason_known CHECK (delay_reason IN ('enterprise', 'customs', 'site', 'laboratory', 'transport')),
    CONSTRAINT visit_opened_after_on_site CHECK (opened IS NULL OR on_site <= opened),
    CONSTRAINT visit_ended_after_opened CHECK (ended IS NULL OR opened <= ended),
    CONSTRAINT visit_signed_or_refused CHECK (outcome IS NULL OR outcome IN ('not_held', 'opened_without_party') OR signed_by IS NOT NULL OR signing_refused),
    CONSTRAINT visit_booking_fkey FOREIGN KEY(booking) REFERENCES booking (id) ON DELETE RESTRICT
);

CREATE TABLE visit_history (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    booking BIGINT NOT NULL,
    version INTEGER NOT NULL,
    entry TEXT NOT NULL,
    replaced_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT visit_history_pkey PRIMARY KEY (id),
    CONSTRAINT visit_history_booking_version_key UNIQUE (booking, version),
    CONSTRAINT visit_history_booking_fkey FOREIGN KEY(booking) REFERENCES booking (id) ON DELETE RESTRICT
);

CREATE TABLE booking_instruction (
    booking BIGINT NOT NULL,
    instruction BIGINT NOT NULL,
    takes BOOLEAN DEFAULT 'true' NOT NULL,
    CONSTRAINT booking_instruction_pkey PRIMARY KEY (booking, instruction),
    CONSTRAINT booking_instruction_booking_fkey FOREIGN KEY(booking) REFERENCES booking (id) ON DELETE RESTRICT,
    CONSTRAINT booking_instruction_instruction_fkey FOREIGN KEY(instruction) REFERENCES instruction (id) ON DELETE RESTRICT
);

CREATE UNIQUE INDEX booking_instruction_taken_once ON booking_instruction (instruction) WHERE takes;

CREATE TABLE event (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    transaction xid8 DEFAULT pg_current_xact_id() NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    kind VARCHAR NOT NULL,
    booking BIGINT,
    instruction BIGINT,
    office BIGINT,
    enterprise BIGINT,
    made_by BIGINT,
    actor BIGINT,
    actor_role VARCHAR NOT NULL,
    on_behalf_of BIGINT,
    channel VARCHAR NOT NULL,
    call BIGINT,
    request_id VARCHAR,
    old_version INTEGER,
    new_version INTEGER,
    details JSONB NOT NULL,
    CONSTRAINT event_pkey PRIMARY KEY (id),
    CONSTRAINT event_actor_role_known CHECK (actor_role IN ('enterprise_user', 'desk_agent', 'office_manager', 'inspector', 'administrator', 'integrator', 'anonymous', 'system')),
    CONSTRAINT event_channel_known CHECK (channel IN ('portal', 'phone', 'api', 'office', 'system')),
    CONSTRAINT event_one_a_version UNIQUE (booking, new_version),
    CONSTRAINT event_phone_names_call CHECK (channel <> 'phone' OR (call IS NOT NULL AND on_behalf_of IS NOT NULL)),
    CONSTRAINT event_actor_known CHECK (actor IS NOT NULL OR actor_role IN ('system', 'anonymous')),
    CONSTRAINT event_version_step CHECK (new_version IS NULL OR booking IS NULL OR new_version = coalesce(old_version, 0) + 1),
    CONSTRAINT event_booking_fkey FOREIGN KEY(booking) REFERENCES booking (id) ON DELETE RESTRICT,
    CONSTRAINT event_instruction_fkey FOREIGN KEY(instruction) REFERENCES instruction (id) ON DELETE RESTRICT,
    CONSTRAINT event_office_fkey FOREIGN KEY(office) REFERENCES office (id) ON DELETE RESTRICT,
    CONSTRAINT event_enterprise_fkey FOREIGN KEY(enterprise) REFERENCES enterprise (id) ON DELETE RESTRICT,
    CONSTRAINT event_made_by_fkey FOREIGN KEY(made_by) REFERENCES enterprise (id) ON DELETE RESTRICT,
    CONSTRAINT event_actor_fkey FOREIGN KEY(actor) REFERENCES account (id) ON DELETE RESTRICT,
    CONSTRAINT event_on_behalf_of_fkey FOREIGN KEY(on_behalf_of) REFERENCES enterprise (id) ON DELETE RESTRICT,
    CONSTRAINT event_call_fkey FOREIGN KEY(call) REFERENCES call (id) ON DELETE RESTRICT
);

CREATE INDEX event_instruction ON event (instruction);
CREATE INDEX event_order ON event (transaction, id);

