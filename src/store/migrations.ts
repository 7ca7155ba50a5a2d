/** The schema, as the steps that lead to it. A step that was released is never changed. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE container (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    -- What it is made of, as JSON; written once.
    config  TEXT NOT NULL,
    -- What was last seen of it, as JSON.
    status  TEXT NOT NULL,
    created_usec INTEGER NOT NULL
  ) STRICT;

  -- How containers that are gone have ended.
  CREATE TABLE ended (
    id     TEXT PRIMARY KEY,
    name   TEXT NOT NULL,
    exit   TEXT NOT NULL,
    at_ms  INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX ended_name ON ended (name, at_ms);
  CREATE INDEX ended_at ON ended (at_ms);
  `,
];
