/**
 * The schema Signet owns in Postgres, as numbered migrations. A migration is never edited once released: a change is a new
 * one that the version before can still work beside (expand first, contract one version later). The schema is written
 * `signet.` everywhere; see schema-name.ts for another name.
 */

/** Each text brings the schema from its index to the next version. */
export const postgresMigrations: readonly string[] = [
  `
  -- Store time in milliseconds, read where it is called and not once a transaction: after a lock, not before it.
  CREATE FUNCTION signet.signet_now() RETURNS bigint LANGUAGE sql VOLATILE
    AS 'SELECT floor(date_part(''epoch'', clock_timestamp()) * 1000)::bigint';

  -- The history with one more line in front, as remember() of sessions/history.ts: of more than 20 the last one goes.
  CREATE FUNCTION signet.remember(history text[], mark text, at bigint, gen bigint, note text) RETURNS text[]
    LANGUAGE sql IMMUTABLE
    AS $$ SELECT (ARRAY[mark || ' ' || at || ' ' || gen || ' ' || note || E'\\n'] || history)[1:20] $$;

  -- Room in each page, and no index on what a rotation changes: so a new version of a row stays in its page, and no index
  -- hears of it. That is why there is a day beside the instants.
  CREATE TABLE signet.sessions (
    sid text COLLATE "C" PRIMARY KEY,
    hs text COLLATE "C" NOT NULL,
    subject text NOT NULL,
    audience text NOT NULL,
    scope text,
    client text,
    cnf text,
    context text NOT NULL,
    secret_hash text NOT NULL,
    born_at bigint NOT NULL,
    absolute_at bigint NOT NULL,
    -- What changes comes last: of a new version the write-ahead log holds what differs from the one before.
    claims text NOT NULL,
    epoch bigint NOT NULL,
    mac_kid text NOT NULL,
    context_hash text,
    -- The day (since 1970) in which the session ends if nothing happens to it.
    ends_on bigint NOT NULL,
    revoked_at bigint,
    gen bigint NOT NULL,
    replays bigint NOT NULL,
    rotated_at bigint NOT NULL,
    idle_at bigint NOT NULL,
    attempt text NOT NULL,
    -- One line for each event, its line feed included, the newest first.
    history text[] NOT NULL
  ) WITH (fillfactor = 70);
  CREATE INDEX sessions_by_subject ON signet.sessions (hs, born_at, sid);
  CREATE INDEX sessions_by_end ON signet.sessions (ends_on);

  CREATE TABLE signet.registers (
    hs text COLLATE "C" PRIMARY KEY,
    stamp bigint NOT NULL,
    cut bigint NOT NULL,
    -- No session or token of the subject lives longer.
    keep_until bigint NOT NULL
  ) WITH (fillfactor = 80);
  CREATE INDEX registers_by_end ON signet.registers (keep_until);

  CREATE TABLE signet.log (
    p bigint PRIMARY KEY,
    tag text NOT NULL,
    id text NOT NULL,
    kind text NOT NULL,
    issuer text NOT NULL,
    key text NOT NULL,
    epoch bigint,
    reason text,
    at bigint NOT NULL,
    expires_at bigint NOT NULL
  );

  -- One row, and the last lock of every transaction that appends: its lock is held until the commit, so the order of
  -- positions is the order of commits. A sequence would not be (a transaction may take a number and commit late).
  CREATE TABLE signet.head (
    one integer PRIMARY KEY CHECK (one = 1),
    p bigint NOT NULL,
    tag text NOT NULL,
    floor bigint NOT NULL
  );
  INSERT INTO signet.head VALUES (1, 0, '', 0);

  CREATE TABLE signet.issuers (issuer text PRIMARY KEY, max_life bigint NOT NULL);

  CREATE TABLE signet.members (
    id text PRIMARY KEY,
    p bigint NOT NULL,
    tag text NOT NULL,
    beats bigint NOT NULL,
    max_staleness double precision NOT NULL,
    on_stale text NOT NULL
  );

  CREATE TABLE signet.ring (
    one integer PRIMARY KEY CHECK (one = 1),
    version bigint NOT NULL,
    public_part text NOT NULL,
    sealed text NOT NULL
  );
  `,
]
