"""Check the proof file of an electronic transferable record: python verify_title.py FILE [FINGERPRINT...]

No network, no hub, no other file. Exit code 0: all holds, and who controls the record is told; 1: what does not hold. A FINGERPRINT (SHA-256 of a key,
as the hub and its witnesses publish it) must be among those that signed the log; without any, compare what is printed. See docs/transferable-records.md.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Json = dict[str, Any]
# Which facts must hold for which acts; a minus: must not. MOVES: its holder moves a record that nothing keeps still. "hub": without a deed.
ROWS = """ISSUED_ACCEPT ISSUED_REJECT: first -frozen
ISSUED_WITHDRAW: issuer -frozen
TRANSFER OFFER_AGAINST: MOVES offer
PRESENT_FOR_PAYMENT: MOVES offer named
ACCEPT: offered live lock -frozen -against early
REJECT: offered live lock -funded
WITHDRAW: holder live lock -funded -presented
FUND: hub live lock same against -funded -frozen early
UNFUND: hub live lock same funded
SETTLE: hub live lock same against -frozen payable
LAPSE: hub live lock same -funded -early
ENDORSE ENDORSE_TO_ORDER BLANK_ENDORSE PLEDGE: MOVES titled
ACCEPT_PLEDGE DECLINE_PLEDGE: pledgee live -agreed -frozen
WITHDRAW_PLEDGE: holder live pledge -agreed -frozen
RELEASE: pledgee live agreed -frozen
ENFORCE: pledgee live agreed enforceable -frozen
SURRENDER_FOR_DELIVERY SURRENDER_FOR_AMENDMENT: MOVES entitled
SACC: issuer surrendered -amended -frozen
SREJ: issuer surrendered -frozen
SUPERSEDE: hub amended -frozen
FREEZE: two -frozen -ended
UNFREEZE: two frozen -ended
ACCEPT_BILL REFUSE_BILL: obligor live -frozen
AVAL: live -frozen
RECOURSE SIGN: holder live"""
RULES = {act: words for row in ROWS.splitlines() for acts, _, words in [row.partition(": ")] for act in acts.split()}


def need(holds: object, why: str) -> None:
    if not holds:
        raise ValueError(why)


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def check(key: str, signature: str, material: bytes, who: str) -> str:
    need(key + signature == (key + signature).lower(), f"a signature of {who} is not in its one spelling")
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), material)
    except (InvalidSignature, ValueError):
        raise ValueError(f"a signature of {who} does not hold") from None
    return hashlib.sha256(bytes.fromhex(key)).hexdigest()


def deed_of(event: Json) -> bytes:
    """What the actor signed, as msgpack: hub, actor, instrument ("" where the deed begins one), version, action, the hash of the body."""
    v = event["seq"] - 1
    version = bytes([v]) if v < 128 else b"\xcc" + bytes([v]) if v < 256 else b"\xcd" + v.to_bytes(2, "big")
    raw = [text.encode() for text in (event["hub"], event["actor"], event["instrument"] if v else "", event["action"])]
    hub, actor, named, action = ((bytes([0xA0 | len(x)]) if len(x) < 32 else bytes([0xD9, len(x)])) + x for x in raw)
    body = hashlib.sha256(event["body"].encode()).digest()
    return b"fondaco deed 1\0\x96" + hub + actor + named + version + action + b"\xc4\x20" + body


def begun(event: Json, body: Json, superseded: str) -> Json:
    who, named = event["actor"], [body["content"], event["actor"], body["serial"], superseded]
    etr = hashlib.sha256(b"fondaco transferable record 1\0" + canonical(named)).hexdigest()
    issues = event["action"] in ("ISSUE", "CONVERT_IN") and who in (one["party"] for one in event["signatures"])
    need(event["etr"] == etr and issues, "the first event does not issue this document")
    bill = {} if body["kind"] == "BILL_OF_LADING" else json.loads(body["content"])
    empty = "lock offered until code pledgee power due surrenderer frozen agreed against funded presented"
    record: Json = dict.fromkeys(empty.split(), "") | {"first": body["recipient"], "hub": event["hub"]}
    record |= {one: body.get(one, "") for one in ("kind", "serial", "title", "named")}
    return record | {"state": "ISSUED", "holder": who, "issuer": who, "obligor": bill.get("drawee") or bill.get("drawer", "")}


def lawful(r: Json, event: Json, body: Json) -> Json:
    """The record, if the act is one that its actor may do now, and its actor (or, for what the hub records, the hub) is who did it."""
    a, who, at, signers = event["action"], event["actor"], event["at"], {one["party"] for one in event["signatures"]}
    to = r["obligor"] if a == "PRESENT_FOR_PAYMENT" else body.get("recipient", "")
    facts = {one: bool(r[one]) for one in ("lock", "frozen", "against", "funded", "presented", "agreed")}
    facts |= {role: who == r[role] for role in ("holder", "first", "issuer", "offered", "pledgee", "obligor", "hub")}
    facts |= {"live": r["state"] == "LIVE", "ended": r["holder"] == "", "pledge": r["pledgee"] != ""}
    facts |= {"same": body.get("lock") == r["lock"], "early": at < r["until"], "payable": r["funded"] or at < r["until"]}
    facts |= {"enforceable": r["power"] == "ENFORCE" and at[:10] >= r["due"], "surrendered": r["state"].startswith("SURR")}
    facts |= {"amended": r["state"] == "SURRENDERED_FOR_AMENDMENT", "named": r["title"] == "BLANK" or r["named"] == who}
    facts |= {"titled": facts["named"] and r["title"] in ("BLANK", "ORDER"), "two": len(signers) > 1}
    facts["entitled"] = facts["named"] or (r["title"] == "STRAIGHT" and facts["first"])
    facts["offer"] = at < body.get("until", "") and to not in ("", who) and (facts["titled"] or not body.get("endorsement"))
    words = RULES.get(f"{r['state']}_{a}") or RULES[a]
    for word in words.replace("MOVES", "holder live -frozen -lock -pledge").split():
        need(facts[word.lstrip("-")] != word.startswith("-"), f"{a} by {who}, number {event['seq']}: {word} does not hold")
    need(not signers if words.startswith("hub") else who in signers, f"{a} was not signed by {who}")
    need(not signers or body["head"] == event["previous"], f"{who} signed upon another history")
    need((a == "SETTLE") == (len(event["batch"]) == 64), "a batch settles an offer, and an offer settles with a batch")
    return r


def taken(r: Json, event: Json, body: Json) -> Json:
    a, who, to = event["action"], event["actor"], body.get("recipient") or r["offered"] or r["obligor"]
    names = {"ENDORSE": ("NAMED", to), "ENDORSE_TO_ORDER": ("ORDER", to), "BLANK_ENDORSE": ("BLANK", "")}
    if a in ("TRANSFER", "OFFER_AGAINST", "PRESENT_FOR_PAYMENT"):
        r |= {"lock": f"{event['instrument']}/{event['seq']}", "offered": to, "until": body["until"], "funded": False}
        r |= {"code": body.get("endorsement", ""), "against": a != "TRANSFER", "presented": a == "PRESENT_FOR_PAYMENT"}
    elif a in ("FREEZE", "UNFREEZE", "FUND", "UNFUND"):
        r["frozen" if a.endswith("FREEZE") else "funded"] = not a.startswith("UN")
    elif r["state"] == "ISSUED":
        r |= {"state": "LIVE", "holder": who} if a == "ACCEPT" else {"state": "VOID", "holder": ""}
    elif a in ("ACCEPT", "SETTLE", "REJECT", "WITHDRAW", "LAPSE"):
        if a in ("ACCEPT", "SETTLE"):
            r["title"], r["named"] = names.get(r["code"], (r["title"], r["named"]))
            r |= {"state": "ACCOMPLISHED", "holder": ""} if r["presented"] else {"holder": to}
        r["lock"] = r["offered"] = ""
    elif a in names:
        r["title"], r["named"] = names[a]
    elif a == "PLEDGE":
        r |= {"power": body["power"], "due": body["due"], "pledgee": body["pledgee"], "agreed": False}
    elif "PLEDGE" in a or a in ("RELEASE", "ENFORCE"):
        r |= {"agreed": True} if a == "ACCEPT_PLEDGE" else {"pledgee": ""}
        r |= {"holder": who, "named": who, "title": "ORDER"} if a == "ENFORCE" else {}
    elif a.startswith("SURRENDER"):
        state = "SURRENDERED_FOR_PAPER" if body.get("reasonCode") == "SWTP" else a.replace("SURRENDER", "SURRENDERED")
        r |= {"state": state, "surrenderer": who, "holder": r["issuer"]}
    elif a in ("SACC", "SUPERSEDE", "SREJ"):
        end = {"DELIVERY": "ACCOMPLISHED", "AMENDMENT": "VOID", "PAPER": "SWITCHED_TO_PAPER"}[r["state"].rpartition("_")[2]]
        r |= {"state": "LIVE", "holder": r["surrenderer"]} if a == "SREJ" else {"state": end, "holder": ""}
    return r


def check_log(proof: Json, last: Json, hashed: str) -> list[str]:
    """The last event stands in the log that the hub and the witnesses signed, and is the record's last there; the signers' fingerprints."""
    head, key, fn, sn = proof["tree_head"], proof["hub_key"], proof["index"], proof["tree_head"]["size"] - 1
    found = [check(key, proof["tree_head_signature"], b"fondaco tree head 1\0" + canonical(head), head["hub"])]
    said = {"hub": last["hub"], "etr": last["etr"], "seq": last["seq"], "event": hashed, "size": sn + 1}
    need(proof["record_head"] == said and head["hub"] == last["hub"], "the record's head is another event")
    need(head["at"] >= last["at"] and 0 <= fn <= sn, "the last event is not of this log")
    check(key, proof["record_head_signature"], b"fondaco record head 1\0" + canonical(said), head["hub"])
    node = hashlib.sha256(b"\0" + bytes.fromhex(last["etr"]) + last["seq"].to_bytes(8, "big") + bytes.fromhex(hashed)).digest()
    for step in proof["path"]:  # RFC 9162, 2.1.3.2
        other, right = bytes.fromhex(step), fn & 1 or fn == sn
        need(sn > 0 and other.hex() == step, "no path to the root")
        node = hashlib.sha256(b"\1" + (other + node if right else node + other)).digest()
        while right and fn and not fn & 1:
            fn, sn = fn >> 1, sn >> 1
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0 and node.hex() == head["root"], "the path leads to another root")
    for one in proof["witnesses"]:
        said = {"head": head, "party": one["party"]}
        found.append(check(one["key"], one["signature"], b"fondaco witness 1\0" + canonical(said), one["party"]))
    return found


def verify(raw: bytes, trusted: list[str]) -> tuple[Json, Json, list[str]]:
    """The record, the file and the fingerprints of who signed the log. Raises where anything does not hold."""
    proof = json.loads(raw)
    need(canonical(proof) == raw and proof["form"] == "fondaco title proof 1", "the file is not in its one spelling")
    record, previous, at, first = dict[str, Any](), "0" * 64, "", proof["events"][0]
    for number, event in enumerate(proof["events"], 1):
        same = all(event[one] == first[one] for one in ("etr", "hub", "instrument")) and event["at"] >= at
        need(same and (event["seq"], event["previous"]) == (number, previous), f"event {number} does not follow the one before")
        need(len({one["key"] for one in event["signatures"]}) == len(event["signatures"]), "one key signed twice")
        for one in event["signatures"]:
            check(one["key"], one["signature"], deed_of(event), one["party"])
        body = json.loads(event["body"])
        record = taken(lawful(record, event, body), event, body) if record else begun(event, body, proof["superseded"])
        previous, at = hashlib.sha256(b"fondaco control event 1\0" + canonical(event)).hexdigest(), event["at"]
    found = check_log(proof, proof["events"][-1], previous)
    need(set(trusted) <= set(found) and len(set(found)) == len(found), "a key that you trust did not sign the log")
    return record, proof, found


def main(arguments: list[str]) -> int:
    try:
        r, proof, found = verify(Path(arguments[0]).read_bytes(), arguments[1:])
    except Exception as fault:
        print(f"REFUSED: {type(fault).__name__}: {fault}")
        return 1
    for e in proof["events"]:
        print(f"{e['seq']:4} {e['at']} {e['action']:24} {e['actor']}", *(one["key"] for one in e["signatures"]), e["batch"])
    kept = ", ".join(word for word in ("lock", "pledgee", "frozen") if r[word]) or "nothing"
    print(
        f"{r['kind']} {r['serial']} of {r['issuer']}: {r['state']}, {r['title']} {r['named']}, held by {r['holder'] or 'nobody'},"
    )
    print(f"kept still by {kept}; as of {proof['tree_head']['at']}, with {proof['tree_head']['size']} events in the log")
    for who, one in zip([proof["tree_head"]["hub"], *(w["party"] for w in proof["witnesses"])], found, strict=True):
        print(f"signed by {who}, fingerprint {one}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
