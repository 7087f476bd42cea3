-- What an evidence bundle keeps of a day, what must hold of it, and the tables that follow from it. Read by `sqlite3` alone.
-- Amounts are whole minor units, instants nanoseconds since 1970 (UTC), shares and margins millionths, rates thousand millionths.

CREATE TABLE head (size INTEGER NOT NULL, root BLOB NOT NULL, day TEXT NOT NULL);
CREATE TABLE currency (code TEXT PRIMARY KEY, exponent INTEGER NOT NULL) WITHOUT ROWID;

-- The chain: one link for each batch of the day.
CREATE TABLE link (
    number INTEGER PRIMARY KEY, instant INTEGER NOT NULL, previous BLOB NOT NULL, hash BLOB NOT NULL, form INTEGER NOT NULL,
    inputs BLOB NOT NULL, mail BLOB NOT NULL, encoded BLOB NOT NULL
);
-- Where a link stands in the log of all links: the hashes from its leaf upwards, each to the left or the right of what was reached.
CREATE TABLE path (link INTEGER NOT NULL, level INTEGER NOT NULL, side TEXT NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (link, level)) WITHOUT ROWID;
CREATE TABLE entry (
    link INTEGER NOT NULL, place INTEGER NOT NULL, subject TEXT NOT NULL, event TEXT NOT NULL, article TEXT NOT NULL, facts TEXT NOT NULL,
    PRIMARY KEY (link, place)
) WITHOUT ROWID;
-- What came in and went out with each batch; empty where it was erased after its retention.
CREATE TABLE input (
    link INTEGER PRIMARY KEY, first_intent INTEGER NOT NULL, list_set TEXT NOT NULL, commands BLOB NOT NULL, salt BLOB NOT NULL
);
CREATE TABLE mail (
    seq INTEGER PRIMARY KEY, link INTEGER NOT NULL, recipient TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, raw BLOB NOT NULL
);
CREATE INDEX mail_of_link ON mail (link, seq);

-- What the entries say, taken apart: a step of a payment for each event, and the payments that the day touched.
CREATE TABLE step (
    link INTEGER NOT NULL, place INTEGER NOT NULL, ordinal INTEGER NOT NULL, payment INTEGER NOT NULL, event TEXT NOT NULL, article TEXT NOT NULL,
    PRIMARY KEY (link, place, ordinal)
) WITHOUT ROWID;
CREATE INDEX step_of_payment ON step (payment);
CREATE TABLE payment (
    number INTEGER PRIMARY KEY, uetr TEXT NOT NULL, payer TEXT NOT NULL, payee TEXT NOT NULL, urgent INTEGER NOT NULL, received_at INTEGER NOT NULL,
    source_currency TEXT NOT NULL, source_minor INTEGER NOT NULL, target_currency TEXT NOT NULL, target_minor INTEGER NOT NULL,
    fee_minor INTEGER NOT NULL, cycle INTEGER NOT NULL, provider TEXT NOT NULL, rate_nano INTEGER NOT NULL, intent INTEGER NOT NULL
);
CREATE TABLE reference (
    link INTEGER NOT NULL, place INTEGER NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL, rate_nano INTEGER NOT NULL,
    PRIMARY KEY (source, target)
) WITHOUT ROWID;

-- The entries of a link as they are encoded (MessagePack), put together again from the rows of `entry`.
CREATE VIEW said AS
    SELECT link, place, 1 AS part, CAST(subject AS BLOB) AS text FROM entry UNION ALL
    SELECT link, place, 2, CAST(event AS BLOB) FROM entry UNION ALL
    SELECT link, place, 3, CAST(article AS BLOB) FROM entry UNION ALL
    SELECT link, place, 4, CAST(facts AS BLOB) FROM entry;
CREATE VIEW said_hex AS
    SELECT link, place, part,
        CASE WHEN length(text) < 32 THEN printf('%02X', 160 + length(text))
             WHEN length(text) < 256 THEN 'D9' || printf('%02X', length(text))
             WHEN length(text) < 65536 THEN 'DA' || printf('%04X', length(text))
             ELSE 'DB' || printf('%08X', length(text)) END || hex(text) AS hexed
    FROM said;
CREATE VIEW encoding AS
    SELECT number,
        CASE WHEN entries < 16 THEN printf('%02X', 144 + entries)
             WHEN entries < 65536 THEN 'DC' || printf('%04X', entries)
             ELSE 'DD' || printf('%08X', entries) END || hexed AS hexed
    FROM (SELECT number,
            (SELECT count(*) FROM entry WHERE link = number) AS entries,
            coalesce((SELECT group_concat(CASE part WHEN 1 THEN '94' ELSE '' END || hexed, '')
                      FROM (SELECT part, hexed FROM said_hex WHERE link = number ORDER BY place, part)), '') AS hexed
          FROM link);

-- The bytes that are hashed, as hexadecimal text: of a link, and of the commitments to what came in and what went out.
CREATE VIEW material_link AS
    SELECT number, hash AS claimed,
        CASE form WHEN 1 THEN '' ELSE hex('fondaco link 2') || '00' END || hex(previous) || printf('%016X', number) || printf('%016X', instant) ||
        CASE form WHEN 1 THEN '' ELSE hex(inputs) || hex(mail) END || hex(encoded) AS hexed
    FROM link;
CREATE VIEW material_inputs AS
    SELECT number, inputs AS claimed,
        hex('fondaco inputs 2') || '00' || hex(salt) || printf('%016X', 8) || printf('%016X', number) || printf('%016X', 8) ||
        printf('%016X', instant) || printf('%016X', 8) || printf('%016X', first_intent) ||
        printf('%016X', length(CAST(list_set AS BLOB))) || hex(list_set) || printf('%016X', length(commands)) || hex(commands) AS hexed
    FROM link JOIN input ON input.link = number WHERE form = 2 AND length(commands) > 0;
CREATE VIEW material_mail AS
    SELECT number, link.mail AS claimed,
        hex('fondaco mail 2') || '00' || hex(salt) || coalesce((
            SELECT group_concat(printf('%016X', 8) || printf('%016X', seq) ||
                printf('%016X', length(CAST(recipient AS BLOB))) || hex(recipient) || printf('%016X', length(CAST(kind AS BLOB))) || hex(kind) ||
                printf('%016X', length(CAST(subject AS BLOB))) || hex(subject) || printf('%016X', length(raw)) || hex(raw), '')
            FROM (SELECT * FROM mail WHERE mail.link = number ORDER BY seq)), '') AS hexed
    FROM link JOIN input ON input.link = number WHERE form = 2 AND length(commands) > 0;

-- What must hold. Each view has a row for each fault, and is empty.
CREATE VIEW fault_chain AS
    SELECT number AS link, 'does not follow the one before it' AS why
    FROM (SELECT number, previous, lag(hash) OVER (ORDER BY number) AS before, lag(number) OVER (ORDER BY number) AS place FROM link)
    WHERE before IS NOT NULL AND (before <> previous OR place <> number - 1);
CREATE VIEW fault_encoding AS
    SELECT number AS link, 'the entries are not those that were hashed' AS why
    FROM link JOIN encoding USING (number) WHERE hex(encoded) <> hexed;
CREATE VIEW fault_step AS
    SELECT link, 'the steps of entry ' || place || ' are not those that it says' AS why FROM entry
    WHERE subject LIKE 'payment %' AND (
        event <> coalesce((SELECT group_concat(event, ' ') FROM (SELECT event FROM step
                  WHERE step.link = entry.link AND step.place = entry.place ORDER BY ordinal)), '')
        OR EXISTS (SELECT 1 FROM step WHERE step.link = entry.link AND step.place = entry.place AND subject <> 'payment ' || payment))
    UNION ALL
    SELECT link, 'a step of no entry' FROM step WHERE NOT EXISTS (
        SELECT 1 FROM entry WHERE entry.link = step.link AND entry.place = step.place AND subject = 'payment ' || payment);
CREATE VIEW fault_payment AS
    SELECT number AS payment, 'the amounts are not those of entry ' || settled.link || ' ' || settled.place AS why
    FROM payment JOIN (SELECT payment, link, place FROM step WHERE event IN ('CYCLE_SETTLED', 'CREDITOR_ACCEPTED_GROSS')) AS settled
        ON settled.payment = number JOIN entry USING (link, place)
    WHERE facts <> uetr || ' ' || source_minor || ' ' || source_currency || ' ' || target_minor || ' ' || target_currency
    UNION ALL
    SELECT payment.number, 'it was not received when it was admitted' FROM payment JOIN step ON step.payment = payment.number
        JOIN link ON link.number = step.link WHERE step.event = 'ADMITTED' AND link.instant <> received_at
    UNION ALL
    SELECT DISTINCT step.payment, 'it is not among the payments' FROM step LEFT JOIN payment ON payment.number = step.payment WHERE payment.number IS NULL;

-- What was settled, by whom to whom. Who changes money stands between the two.
CREATE VIEW settled AS
    SELECT payment.*, step.link, step.place, link.instant AS settled_at, source_currency || '-' || target_currency AS corridor,
        CASE event WHEN 'CYCLE_SETTLED' THEN 'net' ELSE 'gross' END AS mode
    FROM step JOIN payment ON payment.number = step.payment JOIN link ON link.number = step.link
    WHERE event IN ('CYCLE_SETTLED', 'CREDITOR_ACCEPTED_GROSS');
CREATE VIEW leg AS
    SELECT number, link, place, mode, cycle, source_currency AS currency, payer, CASE provider WHEN '' THEN payee ELSE provider END AS payee, source_minor AS minor FROM settled
    UNION ALL
    SELECT number, link, place, mode, cycle, target_currency, provider, payee, target_minor FROM settled WHERE provider <> '';

-- PFMI principle 23, key consideration 5: volumes and values.
CREATE VIEW table_volumes AS
    SELECT currency, mode, count(*) AS legs, sum(minor) AS value_minor, exponent FROM leg JOIN currency ON code = currency GROUP BY currency, mode ORDER BY currency, mode;
-- PFMI principles 7 and 8: what cycles save, by currency. Net is what all banks that owe owe together.
CREATE VIEW net AS
    SELECT cycle, currency, bank, sum(minor) AS minor FROM (
        SELECT cycle, currency, payee AS bank, minor FROM leg WHERE mode = 'net' UNION ALL
        SELECT cycle, currency, payer, -minor FROM leg WHERE mode = 'net') GROUP BY cycle, currency, bank;
CREATE VIEW table_netting AS
    SELECT cycle, currency, count(*) AS legs, sum(minor) AS gross_minor,
        (SELECT coalesce(sum(net.minor), 0) FROM net WHERE net.cycle = leg.cycle AND net.currency = leg.currency AND net.minor > 0) AS net_minor, exponent
    FROM leg JOIN currency ON code = currency WHERE mode = 'net' GROUP BY cycle, currency ORDER BY cycle, currency;
-- PFMI principle 3: who pays most of what is paid in a currency.
-- A million times a sum may pass 63 bits, where SQLite goes over to fractions: a large sum is divided first, to the same millionth or the next.
CREATE VIEW table_concentration AS
    SELECT currency, payers,
        CASE WHEN whole < 9000000000000 THEN first * 1000000 / whole ELSE first / (whole / 1000000) END AS first_ppm,
        CASE WHEN whole < 9000000000000 THEN five * 1000000 / whole ELSE five / (whole / 1000000) END AS first_five_ppm
    FROM (SELECT currency, count(*) AS payers, sum(minor) AS whole, max(minor) AS first, sum(CASE WHEN place <= 5 THEN minor ELSE 0 END) AS five
          FROM (SELECT currency, minor, row_number() OVER (PARTITION BY currency ORDER BY minor DESC, payer) AS place
                FROM (SELECT currency, payer, sum(minor) AS minor FROM leg GROUP BY currency, payer))
          GROUP BY currency)
    ORDER BY currency;
-- PFMI principle 7: payments that waited for money, and how many of them settled.
CREATE VIEW table_queue AS
    SELECT currency, count(*) AS queued, sum(minor) AS value_minor, sum(settled_at IS NOT NULL) AS settled
    FROM (SELECT DISTINCT payment.number, payment.source_currency AS currency, payment.source_minor AS minor, settled.settled_at
          FROM step JOIN payment ON payment.number = step.payment LEFT JOIN settled ON settled.number = step.payment WHERE event = 'CAP_REACHED')
    GROUP BY currency ORDER BY currency;
-- PFMI principle 17: when the day opened and ended, and how long each cycle took from its cut-off to its settlement.
CREATE VIEW table_operation AS
    SELECT replace(subject, ' ', '-') AS what, event, (instant / 1000000) AS at_ms, link, place FROM entry JOIN link ON link.number = entry.link
    WHERE subject LIKE 'day %' OR (subject LIKE 'cycle %' AND event IN ('CUT_OFF_REACHED', 'NETS_POSTED')) OR subject = 'lists' ORDER BY link, place;
-- What ended how, and by which article.
CREATE VIEW table_outcomes AS
    SELECT event, article, count(*) AS steps FROM step
    WHERE event IN ('CYCLE_SETTLED', 'CREDITOR_ACCEPTED_GROSS', 'NOT_ADMITTED', 'HIT_FOUND', 'SCREENING_UNSURE', 'HIT_RELEASED', 'HIT_CONFIRMED', 'CASE_EXPIRED',
        'HOLD_EXPIRED', 'RATE_REFUSED', 'CAP_REACHED', 'BOOKS_REFUSED', 'CREDITOR_REFUSED', 'ANSWER_TIMED_OUT', 'PAYER_FAILED', 'REVOKED', 'DAY_ENDED',
        'PARTICIPANT_STOPPED', 'INSTRUCTION_EXPIRED', 'DELIVERY_BARRED')
    GROUP BY event, article ORDER BY event, article;
-- G20 targets for cross-border payments: speed by corridor, from receipt to finality. Percentiles are the smallest time that so many did not exceed.
CREATE VIEW table_speed AS
    SELECT corridor, count(*) AS payments,
        max(CASE WHEN place * 100 < 50 * many + 100 THEN ms END) AS p50_ms, max(CASE WHEN place * 100 < 90 * many + 100 THEN ms END) AS p90_ms,
        max(CASE WHEN place * 100 < 99 * many + 100 THEN ms END) AS p99_ms, max(ms) AS most_ms,
        sum(ms <= 3600000) * 1000000 / count(*) AS within_hour_ppm, sum(ms <= 86400000) * 1000000 / count(*) AS within_day_ppm
    FROM (SELECT corridor, ms, row_number() OVER (PARTITION BY corridor ORDER BY ms) AS place, count(*) OVER (PARTITION BY corridor) AS many
          FROM (SELECT corridor, (settled_at - received_at) / 1000000 AS ms FROM settled))
    GROUP BY corridor ORDER BY corridor;
-- G20 targets: cost by corridor. The fee as a share of what was paid; the margin by which the rate is worse than the day's reference rate.
CREATE VIEW table_cost AS
    SELECT corridor, count(*) AS payments, sum(fee_minor) AS fees_minor, sum(fee_minor * 1000000 / source_minor) / count(*) AS mean_fee_ppm,
        max(fee_minor * 1000000 / source_minor) AS most_fee_ppm,
        sum((reference.rate_nano - settled.rate_nano) * 1000 / (reference.rate_nano / 1000 + 1)) / count(reference.rate_nano) AS mean_margin_ppm
    FROM settled LEFT JOIN reference ON source = source_currency AND target = target_currency GROUP BY corridor ORDER BY corridor;

-- From each row of a table to the entries that it rests on.
CREATE VIEW lineage AS
    SELECT 'volumes' AS of_table, currency || ' ' || mode AS of_row, link, place, number AS payment FROM leg UNION ALL
    SELECT 'netting', cycle || ' ' || currency, link, place, number FROM leg WHERE mode = 'net' UNION ALL
    SELECT 'concentration', currency, link, place, number FROM leg UNION ALL
    SELECT 'queue', source_currency, link, place, step.payment FROM step JOIN payment ON payment.number = step.payment WHERE event = 'CAP_REACHED' UNION ALL
    SELECT 'outcomes', event || ' ' || article, link, place, payment FROM step UNION ALL
    SELECT 'speed', corridor, link, place, number FROM settled UNION ALL
    SELECT 'cost', corridor, link, place, number FROM settled UNION ALL
    SELECT 'cost', corridor, reference.link, reference.place, NULL FROM settled JOIN reference ON source = source_currency AND target = target_currency;
