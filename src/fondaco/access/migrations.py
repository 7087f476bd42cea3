"""What the store of access went through, release by release. A row is never changed once it was released: the next one mends it."""

from __future__ import annotations

from fondaco.core import Migration

# What the register answers from. Whoever writes there, by whatever way, counts: nobody can forget it.
_ANSWERED_FROM = ("certificate", "crl", "crl_entry")
MIGRATIONS = (
    Migration(
        1,
        "certificates, deeds of two, what was seen, people, sessions, looks",
        (
            "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID",
            """CREATE TABLE certificate (thumbprint TEXT PRIMARY KEY, der BLOB NOT NULL, purpose TEXT NOT NULL, granted BLOB NOT NULL,
               name TEXT NOT NULL, issuer TEXT NOT NULL, serial TEXT NOT NULL, not_before INTEGER NOT NULL, not_after INTEGER NOT NULL,
               registered_at INTEGER NOT NULL, ends_at INTEGER, revoked_at INTEGER, revoked_by TEXT NOT NULL DEFAULT '',
               why TEXT NOT NULL DEFAULT '') WITHOUT ROWID""",
            "CREATE INDEX certificate_name ON certificate (name)",
            "CREATE TABLE crl_entry (issuer TEXT, serial TEXT, at INTEGER NOT NULL, PRIMARY KEY (issuer, serial)) WITHOUT ROWID",
            "CREATE TABLE crl (issuer TEXT PRIMARY KEY, number TEXT NOT NULL, this_update INTEGER NOT NULL, next_update INTEGER NOT NULL) WITHOUT ROWID",
            """CREATE TABLE proposal (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, content BLOB NOT NULL,
               state TEXT NOT NULL, made_at INTEGER NOT NULL, until INTEGER NOT NULL)""",
            """CREATE TABLE word (proposal INTEGER NOT NULL, person TEXT NOT NULL, public_key TEXT NOT NULL, verb TEXT NOT NULL,
               note TEXT NOT NULL, at INTEGER NOT NULL, signature BLOB NOT NULL, PRIMARY KEY (proposal, person, verb)) WITHOUT ROWID""",
            "CREATE UNIQUE INDEX word_signature ON word (signature) WHERE length(signature) > 0",
            """CREATE TABLE seen (scope TEXT, id TEXT, digest BLOB NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (scope, id)) WITHOUT ROWID""",
            "CREATE INDEX seen_until ON seen (until)",
            # How many there are of a scope, without counting them each time.
            "CREATE TABLE seen_count (scope TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID",
            """CREATE TRIGGER seen_more AFTER INSERT ON seen BEGIN
               INSERT INTO seen_count VALUES (new.scope, 1) ON CONFLICT (scope) DO UPDATE SET count=count+1; END""",
            """CREATE TRIGGER seen_less AFTER DELETE ON seen BEGIN
               UPDATE seen_count SET count=count-1 WHERE scope=old.scope; DELETE FROM seen_count WHERE count=0; END""",
            """CREATE TABLE person (name TEXT PRIMARY KEY, granted BLOB NOT NULL, active INTEGER NOT NULL, password TEXT NOT NULL DEFAULT '',
               totp BLOB NOT NULL DEFAULT x'', totp_step INTEGER NOT NULL DEFAULT 0, made_at INTEGER NOT NULL) WITHOUT ROWID""",
            """CREATE TABLE passkey (id BLOB PRIMARY KEY, person TEXT NOT NULL, public_key BLOB NOT NULL, count INTEGER NOT NULL,
               made_at INTEGER NOT NULL, used_at INTEGER NOT NULL) WITHOUT ROWID""",
            """CREATE TABLE session (hash BLOB PRIMARY KEY, person TEXT NOT NULL, how TEXT NOT NULL, made_at INTEGER NOT NULL,
               seen_at INTEGER NOT NULL, ends_at INTEGER NOT NULL) WITHOUT ROWID""",
            "CREATE INDEX session_person ON session (person)",
            """CREATE TABLE once (hash BLOB PRIMARY KEY, kind TEXT NOT NULL, person TEXT NOT NULL, content BLOB NOT NULL,
               until INTEGER NOT NULL) WITHOUT ROWID""",
            "CREATE INDEX once_until ON once (until)",
            "CREATE TABLE failure (name BLOB PRIMARY KEY, count INTEGER NOT NULL, last_at INTEGER NOT NULL) WITHOUT ROWID",
            """CREATE TABLE look (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, institution TEXT NOT NULL,
               roles TEXT NOT NULL, verb TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL, hash BLOB NOT NULL)""",
            "CREATE INDEX look_subject ON look (subject, seq)",
            "CREATE INDEX look_who ON look (who, seq)",
        ),
    ),
    Migration(2, "passkeys have names", ("ALTER TABLE passkey ADD COLUMN name TEXT NOT NULL DEFAULT 'passkey'",)),
    Migration(
        3,
        "changes of the register are counted",
        (
            "CREATE TABLE register_changes (count INTEGER NOT NULL)",
            "INSERT INTO register_changes VALUES (0)",
            *(
                f"CREATE TRIGGER {table}_{verb.lower()} AFTER {verb} ON {table} BEGIN UPDATE register_changes SET count=count+1; END"  # noqa: S608 - names of ours
                for table in _ANSWERED_FROM
                for verb in ("INSERT", "UPDATE", "DELETE")
            ),
        ),
    ),
)  # fmt: skip
