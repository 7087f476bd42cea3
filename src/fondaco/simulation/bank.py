"""A bank's side of the hub in small: what the conformance kit asks of a candidate, answered. An example to begin from, and no bank.

`fondaco small-bank KEYFILE` speaks the kit's protocol: one JSON object a line in, one a line out (docs/certification.md).
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TextIO
from xml.sax.saxutils import escape, unescape

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.core import CURRENCIES, Instant, MalformedMessage, Refusal, instant_of, minor_of, minor_text
from fondaco.fx import source_for
from fondaco.messages import (
    Additional,
    CustomerTransfers,
    Investigation,
    Recall,
    Returns,
    Statement,
    Status,
    StatusReport,
    UnionAccount,
    Verification,
    Verified,
    acmt_024,
    camt_029,
    camt_056,
    camt_111,
    cancellation,
    cancellation_status,
    carried,
    code_carried,
    expired,
    findings,
    merchant_code,
    pacs_002,
    pacs_004,
    payment_facts,
    read,
    read_qr,
    seal_holds,
    sealed,
    wrap,
    write_qr,
)

Request = Mapping[str, Any]
Answer = dict[str, Any]
ACCOUNT, HOLDER, CLOSED = "5550001234", "Contoh Trading", "5559999999"


def code_fault(remittance: str, seal: bytes, minor: int, currency: str, at: Instant) -> str:
    """Why the bank that seals with `seal` does not take a payment whose remittance information (XML) carries a merchant's code: a code
    of ExternalStatusReason1Code, "" for nothing and for no code. `minor` whole minor units of `currency` arrive, at the instant `at`
    (docs/qr.md, from scan to confirmed payment)."""
    text = code_carried([unescape(line) for line in re.findall(r"<Ustrd>(.*?)</Ustrd>", remittance)])
    if not text:
        return ""
    try:
        code = read_qr(text, read_qr(text).schemes[0])
    except (MalformedMessage, IndexError):
        return "NARR"
    if not seal_holds(code, seal):
        return "DS0H"  # signer not allowed: not a code that this bank made
    if expired(code, at):
        return "TM01"
    return "AM09" if currency != code.currency or (code.amount_minor is not None and minor != code.amount_minor) else ""


def demo_seal(bic: str) -> bytes:
    """The seal of a simulated bank (BIC), which everybody can compute: for the demo's invented shops alone."""
    return hashlib.sha256(f"fondaco demo seal {bic[:8]}".encode()).digest()


def challenge_material(challenge: str, bic: str) -> bytes:
    """The bytes that a candidate signs to show that it holds its key."""
    return b"fondaco conformance challenge 1\0" + f"{challenge} {bic}".encode()


class SmallBank:
    """Answers one request at a time; remembers what it sent, what it received and what became of it."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._bic = self._hub = self._day = ""
        self._seal = hashlib.sha256(key.private_bytes_raw() + b"merchant codes").digest()
        self._clock = 0
        self._sent: dict[str, str] = {}
        self._received: dict[str, tuple[str, str, str]] = {}
        self._answers: dict[str, str] = {}
        self.status: dict[str, str] = {}

    def answer(self, request: Request) -> Answer:
        """Raises `KeyError` for a deed that it does not know."""
        return {"hello": self.hello, "pay": self.pay, "resend": self.resend, "recall": self.recall, "return": self.give_back,
                "enquire": self.enquire, "deliver": self.deliver, "status": self.told, "statement": self.statement, "issue": self.issue, "scan": self.scan}[request["do"]](request)  # fmt: skip

    def hello(self, request: Request) -> Answer:
        self._bic, self._hub, self._day = request["bic"], request["hub"], request["day"]
        signature = self._key.sign(challenge_material(request["challenge"], self._bic)).hex()
        return {"signature": signature, "account": ACCOUNT, "holder": HOLDER, "closed_account": CLOSED}

    def pay(self, request: Request) -> Answer:
        uetr = str(uuid.UUID(bytes=hashlib.sha256(f"{self._bic} {len(self._sent)}".encode()).digest()[:16], version=4))
        name, text = self._name(), request["at"]
        priority = "<PmtTpInf><InstrPrty>HIGH</InstrPrty></PmtTpInf>" if request["urgent"] else ""
        row = (
            f"<CdtTrfTxInf><PmtId><EndToEndId>{name}E</EndToEndId><UETR>{uetr}</UETR></PmtId>{priority}"
            f'<IntrBkSttlmAmt Ccy="{request["currency"]}">{request["amount"]}</IntrBkSttlmAmt>'
            f"<IntrBkSttlmDt>{self._day}</IntrBkSttlmDt>{request.get('price', '')}<ChrgBr>SHAR</ChrgBr>"
            f"<Dbtr><Nm>{escape(request.get('debtor', HOLDER))}</Nm><PstlAdr><TwnNm>Contoh</TwnNm><Ctry>{request['country']}</Ctry></PstlAdr></Dbtr>"
            f"<DbtrAcct><Id><Othr><Id>{request.get('debtor_account', ACCOUNT)}</Id></Othr></Id></DbtrAcct>"
            f"<DbtrAgt><FinInstnId><BICFI>{self._bic}</BICFI></FinInstnId></DbtrAgt>"
            f"<CdtrAgt><FinInstnId><BICFI>{request['creditor_agent']}</BICFI></FinInstnId></CdtrAgt>"
            f"<Cdtr><Nm>{escape(request['creditor'])}</Nm></Cdtr>"
            f"<CdtrAcct><Id><Othr><Id>{request['account']}</Id></Othr></Id></CdtrAcct>"
            f"<Purp><Cd>{request['purpose']}</Cd></Purp>{request.get('remittance', '')}</CdtTrfTxInf>"
        )
        document = (
            f"<FIToFICstmrCdtTrf><GrpHdr><MsgId>{name}</MsgId><CreDtTm>{text}</CreDtTm><NbOfTxs>1</NbOfTxs>"
            f"<SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr>{row}</FIToFICstmrCdtTrf>"
        )
        # Only the newer version can name a quote.
        self._sent[uetr] = self._wrapped("pacs.008.001.13" if "price" in request else "pacs.008.001.08", name, text, document)
        return {"uetr": uetr, "messages": [self._sent[uetr]]}

    def issue(self, request: Request) -> Answer:
        """A merchant's code, sealed by this bank: dynamic with an amount, a reference and an expiry (an instant in nanoseconds), else static."""
        account = UnionAccount(request["union"], self._bic, ACCOUNT, "MP2B", request.get("expires"))
        amount, currency = request.get("amount", ""), request["currency"]
        code = merchant_code(
            account, name=HOLDER, city="Contoh", country=request["country"], currency=currency, category="5411",
            amount_minor=minor_of(amount, CURRENCIES[currency].exponent) if amount else None, dynamic=bool(amount),
            additional=Additional(reference=request.get("reference", "")),
        )  # fmt: skip
        return {"code": write_qr(sealed(code, self._seal))}

    def scan(self, request: Request) -> Answer:
        """Pay a code that was scanned. `amount` is the payer's word for a static one; `quote` (identification, rate, currency) prices it
        where the payer's account is in another currency. What cannot be paid is refused here, and nothing is sent."""
        code = read_qr(request["code"], request["union"])
        if expired(code, request["now"]):
            return {"refused": "the code has expired", "messages": []}
        said = request.get("amount", "")
        facts = payment_facts(code, minor_of(said, CURRENCIES[code.currency].exponent) if said else None)
        if isinstance(facts, Refusal):
            return {"refused": facts.sentence(), "messages": []}
        exponent = CURRENCIES[facts.currency].exponent
        asked = {
            "do": "pay", "creditor_agent": facts.creditor_agent, "creditor": facts.name, "account": facts.account,
            "currency": facts.currency, "amount": minor_text(facts.amount_minor, exponent), "purpose": facts.purpose or "MP2B",
            "urgent": True, "country": request["country"], "at": request["at"],
            "remittance": f"<RmtInf>{''.join(f'<Ustrd>{escape(line)}</Ustrd>' for line in carried(request['code']))}</RmtInf>",
        }  # fmt: skip
        asked |= {key: request[key] for key in ("debtor", "debtor_account") if key in request}
        if "quote" in request:
            quote_id, rate, own = request["quote"]
            pays = source_for(facts.amount_minor, Decimal(rate), own, facts.currency)
            asked["price"] = (
                f'<InstdAmt Ccy="{facts.currency}">{asked["amount"]}</InstdAmt>'
                f"<AgrdRate><PreAgrdXchgRate>{rate}</PreAgrdXchgRate><QtId>{quote_id}</QtId></AgrdRate>"
            )
            asked["currency"], asked["amount"] = own, minor_text(pays, CURRENCIES[own].exponent)
        return self.pay(asked)

    def resend(self, request: Request) -> Answer:
        return {"messages": [self._sent[request["uetr"]]] if request["uetr"] in self._sent else []}

    def recall(self, request: Request) -> Answer:
        if request["uetr"] not in self._sent:
            return {"messages": []}
        name, text = self._name(), request["at"]
        content = camt_056(name, text, (self._bic, self._hub), cancellation(request["uetr"], "DUPL"))
        return {"messages": [self._wrapped("camt.056.001.08", name, text, content)]}

    def give_back(self, request: Request) -> Answer:
        if request["uetr"] not in self._received:
            return {"messages": []}
        name, text = self._name(), request["at"]
        currency, amount, day = self._received[request["uetr"]]
        content = pacs_004(name, text, request["uetr"], currency, amount, day, "AC04")
        return {"messages": [self._wrapped("pacs.004.001.09", name, text, content)]}

    def enquire(self, request: Request) -> Answer:
        if request["uetr"] not in self._sent | self._received:
            return {"messages": []}
        name, text = self._name(), request["at"]
        content = (
            f"<FIToFIPmtStsReq><GrpHdr><MsgId>{name}</MsgId><CreDtTm>{text}</CreDtTm></GrpHdr>"
            f"<TxInf><OrgnlUETR>{request['uetr']}</OrgnlUETR></TxInf></FIToFIPmtStsReq>"
        )
        return {"messages": [self._wrapped("pacs.028.001.03", name, text, content)]}

    def told(self, request: Request) -> Answer:
        return {"status": self.status.get(request["uetr"], "")}

    def statement(self, request: Request) -> Answer:
        body = read(request["message"].encode(), bulk=True).body
        assert isinstance(body, Statement)
        exponent = CURRENCIES[body.currency].exponent
        sign = "-" if body.closing_minor < 0 else ""
        return {"closing": sign + minor_text(abs(body.closing_minor), exponent), "entries": len(body.entries)}

    def deliver(self, request: Request) -> Answer:
        """Take one message in; what it asks for is answered. What it does not know it leaves."""
        message = read(request["message"].encode(), bulk=True)
        body, text = message.body, request["at"]
        if isinstance(body, CustomerTransfers | Returns):
            return {"messages": [self._offered(request["message"], message.message_id, message.kind, body, text)]}
        if isinstance(body, StatusReport):
            self.status.update({status.uetr: f"{status.status} {status.reason}".strip() for status in body.statuses})
            return {"messages": []}
        ends = (self._bic, self._hub)
        name = self._name()
        if isinstance(body, Recall):
            uetr = body.rows[0].uetr
            content = camt_029(name, text, ends, "", "RJCR", cancellation_status(uetr, "CUST"))
            kind = "camt.029.001.13" if message.kind.endswith(".11") else "camt.029.001.09"
            return {"messages": [self._wrapped(kind, name, text, content)]}
        if isinstance(body, Verification):
            row = body.rows[0]
            known = row.account == ACCOUNT
            said = Verified(row.row, known, "" if known else "AC01", HOLDER if known else "")
            return {
                "messages": [self._wrapped("acmt.024.001.04", name, text, acmt_024(name, text, ends, message.message_id, said))]
            }
        if isinstance(body, Investigation):
            content = camt_111(name, findings("CLSD"), message.message_id, body.passed)
            return {"messages": [self._wrapped("camt.111.001.01", name, text, content)]}
        return {"messages": []}

    def _offered(self, raw: str, message_id: str, kind: str, body: CustomerTransfers | Returns, text: str) -> str:
        if message_id in self._answers:
            return self._answers[message_id]
        statuses = []
        for one in body.transfers:
            ids = (one.instruction_id, one.end_to_end_id, one.transaction_id, one.uetr)
            known = isinstance(body, Returns) or one.creditor.account == ACCOUNT
            why = (
                "" if isinstance(body, Returns) else code_fault(raw, self._seal, one.amount_minor, one.currency, instant_of(text))
            )
            reason = why if known else "AC01"
            known = known and not why
            statuses.append(Status(*ids, "ACSP", "", "", text) if known else Status(*ids, "RJCT", reason))
            if known and isinstance(body, CustomerTransfers):
                amount = minor_text(one.amount_minor, CURRENCIES[one.currency].exponent)
                self._received[one.uetr] = one.currency, amount, one.settlement_date
        name = self._name()
        answer = "pacs.002.001.15" if kind.endswith((".13", ".14")) else "pacs.002.001.10"
        self._answers[message_id] = self._wrapped(answer, name, text, pacs_002(name, text, message_id, kind, statuses))
        return self._answers[message_id]

    def _name(self) -> str:
        self._clock += 1
        return f"{self._bic[:8]}-C{self._clock:06d}"

    def _wrapped(self, kind: str, name: str, text: str, content: str) -> str:
        return wrap(kind, self._bic, self._hub, name, text, content).decode()


def serve(key: Ed25519PrivateKey, requests: TextIO, answers: TextIO) -> None:
    """Serve one run of the kit: a JSON object a line, until the lines end."""
    bank = SmallBank(key)
    for line in requests:
        answers.write(json.dumps(bank.answer(json.loads(line))) + "\n")
        answers.flush()
