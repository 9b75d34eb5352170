/**
 * The schema Signet owns, as numbered migrations. A migration is never edited once released: a change is a new one that
 * the version before can still work beside (expand first, contract one version later).
 */

/** Each text brings the schema from its index to the next version. */
export const sqliteMigrations: readonly string[] = [
  `
  CREATE TABLE sessions (
    sid TEXT PRIMARY KEY,
    hs TEXT NOT NULL,
    subject TEXT NOT NULL,
    claims TEXT NOT NULL,
    audience TEXT NOT NULL,
    scope TEXT,
    client TEXT,
    cnf TEXT,
    context TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    gen INTEGER NOT NULL,
    rotated_at INTEGER NOT NULL,
    replays INTEGER NOT NULL,
    attempt TEXT NOT NULL,
    context_hash TEXT,
    secret_hash TEXT NOT NULL,
    mac_kid TEXT NOT NULL,
    born_at INTEGER NOT NULL,
    idle_at INTEGER NOT NULL,
    absolute_at INTEGER NOT NULL,
    revoked_at INTEGER,
    history TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX sessions_by_subject ON sessions (hs, born_at, sid);
  CREATE INDEX sessions_by_end ON sessions (min(coalesce(revoked_at, idle_at), idle_at));

  CREATE TABLE registers (
    hs TEXT PRIMARY KEY,
    stamp INTEGER NOT NULL,
    cut INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE log (
    p INTEGER PRIMARY KEY,
    tag TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    issuer TEXT NOT NULL,
    key TEXT NOT NULL,
    epoch INTEGER,
    reason TEXT,
    at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;

  -- One row. Positions come from here and not from the log's own row ids, which SQLite gives out again after a trim.
  CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    p INTEGER NOT NULL,
    tag TEXT NOT NULL,
    floor INTEGER NOT NULL
  ) STRICT;
  INSERT INTO head VALUES (1, 0, '', 0);

  CREATE TABLE issuers (issuer TEXT PRIMARY KEY, max_life INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE members (
    id TEXT PRIMARY KEY,
    p INTEGER NOT NULL,
    tag TEXT NOT NULL,
    beats INTEGER NOT NULL,
    max_staleness INTEGER NOT NULL,
    on_stale TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE ring (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    version INTEGER NOT NULL,
    public_part TEXT NOT NULL,
    sealed TEXT NOT NULL
  ) STRICT;
  `,
]
