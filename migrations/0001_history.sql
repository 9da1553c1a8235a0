-- The history of runs. Only words that SQLite and PostgreSQL both know.

-- What this is, and the number of the newest run. A number is never used twice.
CREATE TABLE store (
    name TEXT PRIMARY KEY,
    last_run BIGINT NOT NULL
);
INSERT INTO store (name, last_run) VALUES ('pimaudit.history', 0);

-- Texts by the SHA-256 of what they say, packed: whole, or as what differs from another one.
CREATE TABLE blob (
    digest TEXT PRIMARY KEY,
    base TEXT REFERENCES blob (digest),
    depth BIGINT NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX blob_base ON blob (base);

-- One reading of one tenant, judged. Times are RFC 3339 in UTC with nine decimals, so that their order is
-- that of their text. Configuration is the digest of the organisation file, null without one.
CREATE TABLE run (
    id BIGINT PRIMARY KEY,
    identity TEXT NOT NULL UNIQUE,
    tenant TEXT NOT NULL,
    tenant_name TEXT NOT NULL,
    cloud TEXT NOT NULL,
    collected_at TEXT NOT NULL,
    judged_at TEXT NOT NULL,
    program TEXT NOT NULL,
    source TEXT NOT NULL,
    gate TEXT NOT NULL,
    manifest TEXT NOT NULL REFERENCES blob (digest),
    configuration TEXT
);
CREATE INDEX run_time ON run (tenant, collected_at);
CREATE INDEX run_manifest ON run (manifest);

-- The rows of a run, one text a collection. State: complete, partial, missing.
CREATE TABLE run_dataset (
    run BIGINT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    dataset TEXT NOT NULL,
    state TEXT NOT NULL,
    digest TEXT NOT NULL REFERENCES blob (digest),
    PRIMARY KEY (run, dataset)
);
CREATE INDEX run_dataset_digest ON run_dataset (digest);

-- What one baseline made of a run. Posture is null where nothing was scored, grade where not graded.
CREATE TABLE score (
    run BIGINT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    baseline TEXT NOT NULL,
    title TEXT NOT NULL,
    rules TEXT NOT NULL,
    posture DOUBLE PRECISION,
    raw DOUBLE PRECISION,
    low DOUBLE PRECISION NOT NULL,
    high DOUBLE PRECISION NOT NULL,
    coverage DOUBLE PRECISION NOT NULL,
    coverage_percent DOUBLE PRECISION NOT NULL,
    waived_share DOUBLE PRECISION NOT NULL,
    grade TEXT,
    passed BIGINT NOT NULL,
    partial BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    not_assessed BIGINT NOT NULL,
    waived BIGINT NOT NULL,
    findings TEXT NOT NULL REFERENCES blob (digest),
    PRIMARY KEY (run, baseline)
);
CREATE INDEX score_findings ON score (findings);

-- The same of each check and kind of subject. Credit is null where nothing was judged.
CREATE TABLE check_score (
    run BIGINT NOT NULL,
    baseline TEXT NOT NULL,
    check_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    weight DOUBLE PRECISION NOT NULL,
    effective DOUBLE PRECISION NOT NULL,
    unread DOUBLE PRECISION NOT NULL,
    credit DOUBLE PRECISION,
    cost DOUBLE PRECISION NOT NULL,
    passed BIGINT NOT NULL,
    partial BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    not_assessed BIGINT NOT NULL,
    waived BIGINT NOT NULL,
    PRIMARY KEY (run, baseline, check_id, kind),
    FOREIGN KEY (run, baseline) REFERENCES score (run, baseline) ON DELETE CASCADE
);

-- The same of each role, over the findings on the role and on its grants. Worst is the highest severity
-- of an open failure, null without one.
CREATE TABLE role_score (
    run BIGINT NOT NULL,
    baseline TEXT NOT NULL,
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    passed BIGINT NOT NULL,
    partial BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    not_assessed BIGINT NOT NULL,
    waived BIGINT NOT NULL,
    worst TEXT,
    PRIMARY KEY (run, baseline, role),
    FOREIGN KEY (run, baseline) REFERENCES score (run, baseline) ON DELETE CASCADE
);
