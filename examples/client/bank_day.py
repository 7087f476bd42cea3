"""A bank's day at the door of a hub: read the mailbox, answer an offer, send a payment, follow it to its end.

    fondaco serve --hub fondaco-demo --demo-keys
    python bank_day.py http://127.0.0.1:8440 fondaco-demo-keys/api.json

Two invented banks of the union `straits` are played here: one of Singapore, whose day it is, and one of Thailand at the other end. With keys of a
demo this works on the hub's own machine alone; a bank shows its certificate instead: `Client(address, tls=ClientCertificate(...))`.
"""

from __future__ import annotations

import json
import sys
import uuid
from pathlib import Path

from fondaco.client import Client, Refused, Sent
from fondaco.core import Money, minor_text
from fondaco.messages import CustomerTransfers, Status, pacs_002, wrap

SINGAPORE, THAILAND = "ZZBASG01", "ZZBATH01"
PACS_008, PACS_002 = "pacs.008.001.08", "pacs.002.001.10"


def send_payment(client: Client, own: str, other: str, amount: Money, decimals: int, debtor: str, creditor: str) -> Sent:
    """Send one customer's payment. The UETR is its name for ever: were no answer to come, the client sends the same message again."""
    uetr, day, hub = str(uuid.uuid4()), client.day(), client.members().hub
    created = f"{day.now:%Y-%m-%dT%H:%M:%S}.000Z"
    name = f"M{uetr[:13]}"
    document = (
        f"<FIToFICstmrCdtTrf><GrpHdr><MsgId>{name}</MsgId><CreDtTm>{created}</CreDtTm><NbOfTxs>1</NbOfTxs>"
        "<SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr>"
        f"<CdtTrfTxInf><PmtId><EndToEndId>E-{uetr[:13]}</EndToEndId><UETR>{uetr}</UETR></PmtId>"
        "<PmtTpInf><InstrPrty>HIGH</InstrPrty></PmtTpInf>"
        f'<IntrBkSttlmAmt Ccy="{amount.currency}">{minor_text(amount.minor, decimals)}</IntrBkSttlmAmt>'
        f"<IntrBkSttlmDt>{day.day}</IntrBkSttlmDt><ChrgBr>SHAR</ChrgBr>"
        f"<Dbtr><Nm>{debtor}</Nm><PstlAdr><TwnNm>Townville</TwnNm><Ctry>{own[4:6]}</Ctry></PstlAdr></Dbtr>"
        "<DbtrAcct><Id><Othr><Id>1234567890</Id></Othr></Id></DbtrAcct>"
        f"<DbtrAgt><FinInstnId><BICFI>{own}</BICFI></FinInstnId></DbtrAgt>"
        f"<CdtrAgt><FinInstnId><BICFI>{other}</BICFI></FinInstnId></CdtrAgt>"
        f"<Cdtr><Nm>{creditor}</Nm></Cdtr><CdtrAcct><Id><Othr><Id>9876543210</Id></Othr></Id></CdtrAcct>"
        "<Purp><Cd>GDDS</Cd></Purp></CdtTrfTxInf></FIToFICstmrCdtTrf>"
    )
    return client.send(wrap(PACS_008, own, hub, name, created, document))


def answer_offers(client: Client, own: str, after: int) -> int:
    """Say yes to every payment that the hub offers behind the number `after`; the number behind which to go on.

    A real bank looks first whether it knows the creditor's account. An answer to what is no longer offered is refused.
    """
    hub = client.members().hub
    for letter in client.mailbox(after, wait_s=2):
        after = letter.seq
        if not letter.kind.startswith("pacs.008"):
            continue
        offered = letter.read()
        assert isinstance(offered.body, CustomerTransfers), "a pacs.008 carries customers' transfers"
        created = f"{client.day().now:%Y-%m-%dT%H:%M:%S}.000Z"
        for transfer in offered.body.transfers:
            name = f"A{transfer.uetr[:13]}"
            status = [Status(transfer.instruction_id, transfer.end_to_end_id, "", transfer.uetr, "ACSP")]
            report = pacs_002(name, created, offered.message_id, offered.kind, status)
            try:
                client.send(wrap(PACS_002, own, hub, name, created, report))
            except Refused as refused:
                print(f"{own}: our answer is refused: {refused}")
            else:
                print(f"{own}: takes a payment of {Money(transfer.currency, transfer.amount_minor)} for {transfer.creditor.name}")
    return after


def main(address: str, keys: Path) -> None:
    tokens = json.loads(keys.read_text())
    with (
        Client(address, token=tokens[f"{SINGAPORE}-maker"]) as singapore,
        Client(address, token=tokens[f"{THAILAND}-maker"]) as thailand,
    ):
        # The morning: what came so far is dealt with; we go on behind it.
        here = max([letter.seq for letter in singapore.mailbox()], default=0)
        there = max([letter.seq for letter in thailand.mailbox()], default=0)
        # A customer in Thailand pays one of ours: the hub offers it to us, and we say yes.
        arriving = send_payment(thailand, THAILAND, SINGAPORE, Money("THB", 250_000), 2, "Somchai Foods", "Tan Wei Trading")
        answer_offers(singapore, SINGAPORE, here)
        # One of ours pays a customer in Thailand, whose bank says yes in turn.
        leaving = send_payment(singapore, SINGAPORE, THAILAND, Money("SGD", 10_000), 2, "Tan Wei Trading", "Somchai Foods")
        answer_offers(thailand, THAILAND, there)
        for who, client, sent in ((THAILAND, thailand, arriving), (SINGAPORE, singapore, leaving)):
            for story in client.wait(sent, timeout_s=30):
                row = story.payment
                print(f"{who}: paid {row.pays}, {row.creditor_agent} receives {row.arrives}: {row.state}")
        for position in singapore.positions().positions:
            print(f"{SINGAPORE}: {position.available} available")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
