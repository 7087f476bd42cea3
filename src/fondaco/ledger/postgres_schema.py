"""How the books stand in PostgreSQL: tables, numbered migrations, and the statements that a commit is put together from.

A `transfer` is what is recorded of one, for ever; an `account` its counters as of the last commit. Everything else could be found from
these two, slowly: `reserved` says which pending transfers are open, `burnt` which ids were refused for a reason that may pass,
`release` which ran out of time. The row of `fence` says whose commit may count, and where the kernel stood after it.
"""

from __future__ import annotations

from collections.abc import Sequence

from fondaco.core import EPOCH_LOST, FENCE, SchemaMigration
from fondaco.ledger.copy_format import Column

SCHEMA = "fondaco_books"
NO_ID = "'00000000-0000-0000-0000-000000000000'"
COUNTERS = ("debits_pending", "debits_posted", "credits_pending", "credits_posted")

ID = Column("id", "uuid")
POSITION = Column("position", "bigint")
# Fields of eight bytes first: the server pads none of them.
TRANSFER_COLUMNS = (
    POSITION,
    Column("timestamp", "bigint"),
    Column("amount", "bigint", wide=True),
    Column("ledger", "bigint"),
    Column("user_data_64", "bigint"),
    Column("user_data_32", "bigint"),
    Column("timeout", "bigint"),
    Column("code", "integer"),
    Column("flags", "integer"),
    ID,
    Column("debit_account_id", "uuid"),
    Column("credit_account_id", "uuid"),
    Column("pending_id", "uuid"),
    Column("user_data_128", "uuid"),
)
BALANCE_COLUMNS = (*(Column(name, "bigint", wide=True) for name in COUNTERS), Column("flags", "integer"), ID)
ACCOUNT_COLUMNS = (
    *BALANCE_COLUMNS,
    Column("timestamp", "bigint"),
    Column("ledger", "bigint"),
    Column("user_data_64", "bigint"),
    Column("user_data_32", "bigint"),
    Column("code", "integer"),
    Column("user_data_128", "uuid"),
)
BURNT_COLUMNS = (POSITION, ID)
RELEASE_COLUMNS = (
    Column("number", "bigint"),
    POSITION,
    Column("timestamp", "bigint"),
    Column("amount", "bigint", wide=True),
    Column("pending_id", "uuid"),
)


def names(columns: Sequence[Column]) -> str:
    return ", ".join(column.name for column in columns)


def _table(name: str, columns: Sequence[Column], *more: str) -> str:
    fields = [f"{column.name} {column.type} NOT NULL" for column in columns]
    return f"CREATE TABLE {name} ({', '.join([*fields, *more])})"


MIGRATIONS = (
    SchemaMigration(
        1,
        "the first form",
        (
            *FENCE,
            "ALTER TABLE fence ADD COLUMN position bigint NOT NULL DEFAULT 0, ADD COLUMN last_ns bigint NOT NULL DEFAULT 0, "
            "ADD COLUMN last_transfer_ns bigint NOT NULL DEFAULT 0",
            f"""
            CREATE FUNCTION hold_fence(mine bigint, after bigint, ns bigint, transfer_ns bigint) RETURNS boolean LANGUAGE plpgsql AS $$
            BEGIN
                UPDATE fence SET commits = commits + 1, position = after, last_ns = ns, last_transfer_ns = transfer_ns WHERE epoch = mine;
                IF NOT FOUND THEN
                    RAISE EXCEPTION 'another writer opened the books after epoch %', mine USING ERRCODE = '{EPOCH_LOST}';
                END IF;
                RETURN true;
            END $$
            """,
            # Half of every page stays free, so that a new version of a row stands beside the old one and no index has to know.
            _table("account", ACCOUNT_COLUMNS, "PRIMARY KEY (id)") + " WITH (fillfactor = 50)",
            _table("transfer", TRANSFER_COLUMNS, "PRIMARY KEY (position)", "UNIQUE (id)"),
            # A pending transfer is resolved once: here the server itself refuses a second time.
            f"CREATE UNIQUE INDEX resolved_once ON transfer (pending_id) WHERE pending_id <> {NO_ID}",
            # Asked only when accounts are imported; it costs next to nothing.
            "CREATE INDEX transfer_by_time ON transfer USING brin (timestamp) WITH (autosummarize = on)",
            _table("reserved", (ID,), "PRIMARY KEY (id)"),
            _table("burnt", BURNT_COLUMNS, "PRIMARY KEY (id)"),
            "CREATE INDEX burnt_by_position ON burnt (position)",
            _table("release", RELEASE_COLUMNS, "PRIMARY KEY (number)", "UNIQUE (pending_id)"),
            "CREATE INDEX release_by_position ON release (position)",
            "COMMENT ON TABLE transfer IS 'Transfers as recorded, never changed; position counts all events, also refused ones. An id of "
            "zeros is none.'",
            "COMMENT ON COLUMN transfer.amount IS 'In whole minor units: what moved, or what a pending transfer reserves.'",
            "COMMENT ON COLUMN transfer.flags IS '1 linked, 2 pending, 4 post, 8 void, 16 and 32 balancing, 64 and 128 closing, 256 imported'",
            "COMMENT ON COLUMN transfer.timestamp IS 'Nanoseconds since 1970, of its own for each event.'",
            "COMMENT ON TABLE reserved IS 'Pending transfers that are neither posted nor voided nor released.'",
            "COMMENT ON TABLE burnt IS 'Ids that were refused for a reason that may pass; they are refused for ever.'",
            "COMMENT ON TABLE release IS 'Pending transfers whose time ran out, in the order of release.'",
        ),
    ),
    SchemaMigration(
        2,
        "positions by ranges of pages: rows come in their order, and a second tree cost every transfer more than its rare reader saves",
        (
            # The id is unique, and whoever writes holds the fence: no second position can come about that the tree alone would refuse.
            "ALTER TABLE transfer DROP CONSTRAINT transfer_pkey",
            "ALTER TABLE transfer REPLICA IDENTITY USING INDEX transfer_id_key",
            "DROP INDEX transfer_by_time",
            # Times are asked for only when accounts are imported; both rise together.
            "CREATE INDEX transfer_in_order ON transfer USING brin (position, timestamp) WITH (autosummarize = on)",
        ),
    ),
)

# A commit is one statement: the fence is held, and every part that has something to keep takes it from arrays.
HOLD = "WITH held AS MATERIALIZED (SELECT hold_fence(%s, %s, %s, %s))"
PARTS: dict[str, tuple[str, Sequence[Column]]] = {
    "opened": (f"INSERT INTO account ({names(ACCOUNT_COLUMNS)}) SELECT new.* FROM held, {{new}}", ACCOUNT_COLUMNS),
    "made": (f"INSERT INTO transfer ({names(TRANSFER_COLUMNS)}) SELECT new.* FROM held, {{new}}", TRANSFER_COLUMNS),
    "balances": (
        f"UPDATE account SET {', '.join(f'{c.name} = new.{c.name}' for c in BALANCE_COLUMNS[:-1])} "
        "FROM held, {new} WHERE account.id = new.id",
        BALANCE_COLUMNS,
    ),
    "reserved": ("INSERT INTO reserved (id) SELECT new.* FROM held, {new}", (ID,)),
    "resolved": ("DELETE FROM reserved USING held, {new} WHERE reserved.id = new.id", (ID,)),
    "burnt": (f"INSERT INTO burnt ({names(BURNT_COLUMNS)}) SELECT new.* FROM held, {{new}}", BURNT_COLUMNS),
    "released": (f"INSERT INTO release ({names(RELEASE_COLUMNS)}) SELECT new.* FROM held, {{new}}", RELEASE_COLUMNS),
}
COPY_TRANSFERS = f"COPY transfer ({names(TRANSFER_COLUMNS)}) FROM STDIN (FORMAT binary)"


def statement(parts: Sequence[str]) -> str:
    """The statement of a commit with these parts; its parameters are the fence's, then the columns of each part as arrays."""
    steps = [HOLD]
    for part in parts:
        text, columns = PARTS[part]
        arrays = ", ".join(f"%b::{column.type}[]" for column in columns)
        steps.append(f"{part}_kept AS ({text.format(new=f'unnest({arrays}) AS new ({names(columns)})')})")
    return ", ".join(steps) + " SELECT hold_fence FROM held"
