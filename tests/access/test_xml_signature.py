"""Signed messages: everything that is known against XML signatures, tried on a real payment message."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree

from access_world import DAY, NOW, World, bank, later
from fondaco.access import (
    CONNECT,
    SIGN,
    SignedMessage,
    from_pem,
    is_signed,
    note_messages,
    read_certificate,
    sign_message,
    verify_message,
)
from fondaco.core import Instant, MalformedMessage, Reason, Refusal
from fondaco.messages import CustomerTransfers, read, wrap

SIZE = 64 * 1024
DS = "http://www.w3.org/2000/09/xmldsig#"
BODY = (
    "<FIToFICstmrCdtTrf><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-23T10:00:00Z</CreDtTm><NbOfTxs>1</NbOfTxs><SttlmInf><SttlmMtd>CLRG</SttlmMtd>"
    "</SttlmInf></GrpHdr><CdtTrfTxInf><PmtId><EndToEndId>E1</EndToEndId><UETR>8a562c67-ca16-48ba-b074-65581be6f001</UETR></PmtId>"
    '<IntrBkSttlmAmt Ccy="SGD">100.00</IntrBkSttlmAmt><IntrBkSttlmDt>2026-11-23</IntrBkSttlmDt><ChrgBr>SHAR</ChrgBr>'
    "<InstgAgt><FinInstnId><BICFI>ZZBASG01</BICFI></FinInstnId></InstgAgt><InstdAgt><FinInstnId><BICFI>ZZBBSG02</BICFI></FinInstnId></InstdAgt>"
    "<Dbtr><Nm>Payer</Nm></Dbtr><DbtrAgt><FinInstnId><BICFI>ZZBASG01</BICFI></FinInstnId></DbtrAgt>"
    "<CdtrAgt><FinInstnId><BICFI>ZZBBSG02</BICFI></FinInstnId></CdtrAgt><Cdtr><Nm>Payee</Nm></Cdtr></CdtTrfTxInf></FIToFICstmrCdtTrf>"
)


def envelope(body: str = BODY, sender: str = "ZZBASG01", message_id: str = "M1", created: str = "2026-11-23T10:00:00Z") -> bytes:
    return wrap("pacs.008.001.08", sender, "ZZHUSG01", message_id, created, body)


def key_of(world: World, name: str):  # type: ignore[no-untyped-def]
    return load_pem_private_key((world.folder / "ca" / f"{name}.key").read_bytes(), None)


def signer(world: World, name: str = "bank-a.signer", institution: str = "ZZBASG01", **words: object) -> Callable[[bytes], bytes]:
    der = world.machine(name, grant=bank(name, institution), purpose=SIGN, **words)  # type: ignore[arg-type]
    certificate = read_certificate(der).loaded()
    return lambda raw: sign_message(raw, key_of(world, name), certificate, SIZE)


def verified(world: World, raw: bytes, at: Instant = NOW) -> SignedMessage | Refusal:
    return verify_message(raw, world.register, at, SIZE)


def refused(world: World, raw: bytes, at: Instant = NOW) -> Reason:
    answer = verified(world, raw, at)
    assert isinstance(answer, Refusal), answer
    return answer.reason


def amount(message: bytes) -> int:
    body = read(message).body
    assert isinstance(body, CustomerTransfers)
    return body.transfers[0].amount_minor


def test_what_was_signed_goes_on_and_nothing_else(world: World) -> None:
    sign = signer(world)
    raw = sign(envelope())
    assert is_signed(raw)
    assert not is_signed(envelope())
    answer = verified(world, raw)
    assert isinstance(answer, SignedMessage)
    assert (answer.signer.institution, answer.message_id, answer.created) == ("ZZBASG01", "M1", NOW)
    assert b"Sgntr" not in answer.message
    assert amount(answer.message) == 100_00
    assert read(answer.message) == read(envelope()), "the hub reads the same as from the unsigned message"


def test_an_unsigned_message_says_so(world: World) -> None:
    assert refused(world, envelope()) is Reason.SIGNATURE_MISSING
    assert refused(world, b"no xml") is Reason.MALFORMED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b">100.00<", b">900.00<"),
        (b'Ccy="SGD"', b'Ccy="THB"'),
        (b"<ns:x/>", b""),
        (b"Payee", b"Mallory"),
        (b"ZZBBSG02", b"ZZBCSG03"),
        (b"<BizMsgIdr>M1<", b"<BizMsgIdr>M2<"),
        (b"<CreDt>2026-11-23T10:00:00Z", b"<CreDt>2026-11-23T10:00:01Z"),
        (b"<MsgDefIdr>pacs.008.001.08", b"<MsgDefIdr>pacs.008.001.09"),
        (b"ZZHUSG01", b"ZZHUSG02"),
        (b"<Nm>Payee</Nm>", b"<Nm>Payee</Nm><CtryOfRes>SG</CtryOfRes>"),
        (b"<Nm>Payee</Nm>", b"<Nm>Pa<?x y?>yee</Nm>"),
    ],
)
def test_a_changed_byte_is_found(world: World, old: bytes, new: bytes) -> None:
    raw = signer(world)(envelope())
    if old == b"<ns:x/>":
        old, new = b"</GrpHdr>", b"</GrpHdr> "
    assert raw.count(old) >= 1
    changed = raw.replace(old, new)
    if b"<?x" in new:  # the gate takes processing instructions out: what is left is what was signed
        answer = verified(world, changed)
        assert isinstance(answer, SignedMessage)
        assert b"<?x y?>" not in answer.message
        return
    assert refused(world, changed) is Reason.SIGNATURE_WRONG


def test_a_comment_splits_no_text(world: World) -> None:
    raw = signer(world)(envelope())
    answer = verified(world, raw.replace(b"Payee", b"Pay<!-- x -->ee"))
    assert isinstance(answer, SignedMessage)
    assert b"<!--" not in answer.message
    assert b"<Nm>Payee</Nm>" in answer.message


def test_a_stripped_signature_is_no_signature(world: World) -> None:
    tree = etree.fromstring(signer(world)(envelope()))
    (signature,) = tree.iter(f"{{{DS}}}Signature")
    holder = signature.getparent()
    assert holder is not None
    holder.remove(signature)
    assert refused(world, etree.tostring(tree)) is Reason.SIGNATURE_MISSING
    for part in ("SignatureValue", "KeyInfo", "SignedInfo"):
        tree = etree.fromstring(signer(world, f"bank-a.{part.lower()}")(envelope()))
        (found,) = tree.iter(f"{{{DS}}}{part}")
        parent = found.getparent()
        assert parent is not None
        parent.remove(found)
        assert refused(world, etree.tostring(tree)) is Reason.SIGNATURE_WRONG
    for name in ("SignatureValue", "DigestValue"):
        tree = etree.fromstring(signer(world, f"bank-a.empty.{name.lower()}")(envelope()))
        (found,) = tree.iter(f"{{{DS}}}{name}")
        found.text = ""
        assert refused(world, etree.tostring(tree)) is Reason.SIGNATURE_WRONG


# Wrapping: the eight of Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be", 2012, with the message in the assertion's place.


def evil_of(good: etree._Element) -> etree._Element:
    evil = copy.deepcopy(good)
    for found in list(evil.iter(f"{{{DS}}}Signature")):
        parent = found.getparent()
        assert parent is not None
        parent.remove(found)
    for one in evil.iter("{*}IntrBkSttlmAmt"):
        one.text = "900.00"
    return evil


def place(tree: etree._Element, name: str = "Sgntr") -> etree._Element:
    (found,) = tree.iter(f"{{*}}{name}")
    return found


def xsw1(good: etree._Element) -> etree._Element:
    """The evil message is the root; the good one hangs inside its signature."""
    evil, (signature,) = evil_of(good), list(good.iter(f"{{{DS}}}Signature"))
    moved = copy.deepcopy(signature)
    moved.append(strip(copy.deepcopy(good)))
    place(evil).append(moved)
    return evil


def xsw2(good: etree._Element) -> etree._Element:
    """The evil message is the root; good message and signature stand beside each other in it."""
    evil, (signature,) = evil_of(good), list(good.iter(f"{{{DS}}}Signature"))
    place(evil).append(copy.deepcopy(signature))
    evil.append(strip(copy.deepcopy(good)))
    return evil


def xsw3(good: etree._Element) -> etree._Element:
    """The evil document stands before the good one in the same envelope."""
    tree = copy.deepcopy(good)
    document = place(tree, "Document")
    holder = document.getparent()
    assert holder is not None
    holder.insert(0, place(evil_of(good), "Document"))
    return tree


def xsw4(good: etree._Element) -> etree._Element:
    """The evil document holds the good one."""
    tree = copy.deepcopy(good)
    document = place(tree, "Document")
    holder = document.getparent()
    assert holder is not None
    evil = place(evil_of(good), "Document")
    holder.replace(document, evil)
    evil.append(document)
    return tree


def xsw5(good: etree._Element) -> etree._Element:
    """The signed document is changed; its copy stands at the end of the envelope."""
    tree = copy.deepcopy(good)
    kept = copy.deepcopy(place(tree, "Document"))
    for one in tree.iter("{*}IntrBkSttlmAmt"):
        one.text = "900.00"
    tree.append(kept)
    return tree


def xsw6(good: etree._Element) -> etree._Element:
    """The same, with the good copy inside the signature."""
    tree = copy.deepcopy(good)
    kept = copy.deepcopy(place(tree, "Document"))
    for one in tree.iter("{*}IntrBkSttlmAmt"):
        one.text = "900.00"
    next(tree.iter(f"{{{DS}}}Signature")).append(kept)
    return tree


def xsw7(good: etree._Element) -> etree._Element:
    """An element of anything holds the evil document."""
    tree = copy.deepcopy(good)
    holder = etree.SubElement(tree, "Extensions")
    holder.append(place(evil_of(good), "Document"))
    return tree


def xsw8(good: etree._Element) -> etree._Element:
    """An Object of the signature holds the good document, the evil one stands in its place."""
    tree = copy.deepcopy(good)
    kept = copy.deepcopy(place(tree, "Document"))
    for one in place(tree, "Document").iter("{*}IntrBkSttlmAmt"):
        one.text = "900.00"
    inner = etree.SubElement(next(tree.iter(f"{{{DS}}}Signature")), f"{{{DS}}}Object")
    inner.append(kept)
    return tree


def strip(tree: etree._Element) -> etree._Element:
    for found in list(tree.iter(f"{{{DS}}}Signature")):
        parent = found.getparent()
        assert parent is not None
        parent.remove(found)
    return tree


@pytest.mark.parametrize("attack", [xsw1, xsw2, xsw3, xsw4, xsw5, xsw6, xsw7, xsw8], ids=lambda one: one.__name__)
@pytest.mark.parametrize("uri", ["", "#signed"])
def test_wrapping_is_refused(world: World, attack: Callable[[etree._Element], etree._Element], uri: str) -> None:
    """With the reference as it was, and with one that names the good part by an Id."""
    good = etree.fromstring(signer(world)(envelope()))
    tree = attack(good)
    if uri:
        next(tree.iter(f"{{{DS}}}Reference")).set("URI", uri)
        (*_, last) = tree.iter("{*}Document")
        last.set("Id", "signed")
    answer = verified(world, etree.tostring(tree))
    assert isinstance(answer, Refusal), "900.00 must never come out of this"
    assert answer.reason in (Reason.SIGNATURE_WRONG, Reason.SIGNATURE_MISSING)


def test_a_second_signature_anywhere_is_refused(world: World) -> None:
    tree = etree.fromstring(signer(world)(envelope()))
    (signature,) = tree.iter(f"{{{DS}}}Signature")
    tree.append(copy.deepcopy(signature))
    assert refused(world, etree.tostring(tree)) is Reason.SIGNATURE_WRONG


def test_a_signature_elsewhere_than_in_the_header_is_refused(world: World) -> None:
    tree = etree.fromstring(signer(world)(envelope()))
    (signature,) = tree.iter(f"{{{DS}}}Signature")
    tree.append(signature)
    assert refused(world, etree.tostring(tree)) is Reason.SIGNATURE_WRONG


WEAK = {
    "signature": ("SignatureMethod", ["http://www.w3.org/2000/09/xmldsig#rsa-sha1", "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1", "", "none"]),
    "digest": ("DigestMethod", ["http://www.w3.org/2000/09/xmldsig#sha1", "http://www.w3.org/2001/04/xmldsig-more#md5", ""]),
    "form": ("CanonicalizationMethod", ["http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"]),
    "transform": ("Transform", ["http://www.w3.org/TR/1999/REC-xslt-19991116", "http://www.w3.org/TR/1999/REC-xpath-19991116",
        "http://www.w3.org/2000/09/xmldsig#base64"]),
    "reference": ("Reference", []),
}  # fmt: skip


@pytest.mark.parametrize(("name", "algorithm"), [(element, one) for element, many in WEAK.values() for one in many])
def test_weak_and_strange_algorithms_are_refused(world: World, name: str, algorithm: str) -> None:
    tree = etree.fromstring(signer(world)(envelope()))
    next(tree.iter(f"{{{DS}}}{name}")).set("Algorithm", algorithm)
    assert refused(world, etree.tostring(tree)) is Reason.SIGNATURE_WRONG


@pytest.mark.parametrize("uri", ["#x", "http://192.0.2.1/x", "file:///etc/passwd", "#xpointer(/)", None])
def test_a_reference_to_anything_but_the_whole_is_refused(world: World, uri: str | None) -> None:
    tree = etree.fromstring(signer(world)(envelope()))
    reference = next(tree.iter(f"{{{DS}}}Reference"))
    if uri is None:
        del reference.attrib["URI"]
    else:
        reference.set("URI", uri)
    assert refused(world, etree.tostring(tree)) is Reason.SIGNATURE_WRONG


def test_two_references_or_an_object_are_refused(world: World) -> None:
    tree = etree.fromstring(signer(world)(envelope()))
    reference = next(tree.iter(f"{{{DS}}}Reference"))
    reference.addnext(copy.deepcopy(reference))
    assert refused(world, etree.tostring(tree)) is Reason.SIGNATURE_WRONG


def test_the_certificate_is_one_that_two_registered_to_sign_for_the_sender(world: World) -> None:
    sign = signer(world)
    other = signer(world, "bank-b.signer", "ZZBBSG02")
    assert refused(world, other(envelope())) is Reason.SIGNATURE_WRONG, "another member's signature"
    tree, theirs = etree.fromstring(sign(envelope())), etree.fromstring(other(envelope()))
    next(tree.iter(f"{{{DS}}}X509Certificate")).text = next(theirs.iter(f"{{{DS}}}X509Certificate")).text
    assert refused(world, etree.tostring(tree)) is Reason.SIGNATURE_WRONG, "another's certificate beside our value"
    stranger = from_pem(world.authority.issue("stranger", "client", NOW, 9).read_bytes())
    unknown = sign_message(envelope(), key_of(world, "stranger"), stranger.loaded(), SIZE)
    assert refused(world, unknown) is Reason.SIGNATURE_WRONG, "of the same authority, not registered"
    connects = read_certificate(world.machine("bank-a", purpose=CONNECT))
    assert refused(world, sign_message(envelope(), key_of(world, "bank-a"), connects.loaded(), SIZE)) is Reason.SIGNATURE_WRONG


def test_revoked_replaced_and_expired_certificates_sign_nothing(world: World) -> None:
    raw = signer(world)(envelope())
    late = envelope(created="2027-03-23T10:00:00Z")
    assert refused(world, signer(world, "short.signer", days=9)(late), Instant(int(NOW) + 120 * DAY)) is Reason.NOT_RECOGNISED
    found = from_pem((world.folder / "ca" / "bank-a.signer.pem").read_bytes())
    world.register.revoke(found.thumbprint, "operator-1", "lost", NOW)
    assert refused(world, raw) is Reason.NOT_RECOGNISED


@pytest.mark.parametrize(("created", "counts"), [
    ("2026-11-22T10:00:00Z", True), ("2026-11-22T09:59:59Z", False), ("2026-11-23T10:05:00Z", True), ("2026-11-23T10:05:01Z", False), ("2026-11-23T18:00:00+08:00", True),
])  # fmt: skip
def test_a_header_has_its_time(world: World, created: str, counts: bool) -> None:
    answer = verified(world, signer(world)(envelope(created=created)))
    assert isinstance(answer, SignedMessage) is counts
    if isinstance(answer, Refusal):
        assert answer.reason is Reason.SIGNATURE_STALE


def test_the_same_again_is_told_from_another_under_the_same_name(world: World) -> None:
    sign = signer(world)
    first = verified(world, sign(envelope()))
    again = verified(world, sign(envelope()))  # ECDSA signs otherwise each time; the message is the same
    other = verified(world, sign(envelope(BODY.replace("100.00", "900.00"))))
    assert isinstance(first, SignedMessage) and isinstance(again, SignedMessage) and isinstance(other, SignedMessage)
    noted = note_messages([first], world.seen, NOW)
    assert noted == [first]
    repeated, replaced = note_messages([again, other], world.seen, later(5))
    assert repeated == msgspec.structs.replace(first, again=True)
    assert isinstance(replaced, Refusal)
    assert replaced.reason is Reason.SIGNATURE_STALE


def test_signing_needs_a_header_without_a_signature(world: World) -> None:
    sign = signer(world)
    with pytest.raises(MalformedMessage):
        sign(sign(envelope()))
    with pytest.raises(MalformedMessage):
        sign(re.sub(rb"<Hdr>.*</Hdr>", b"", envelope()))


def test_xmlsec_agrees_where_it_is_installed(world: World, tmp_path: Path) -> None:
    """A stranger's program verifies what we sign, and we what it signed: tried with the module that an extra brings along."""
    xmlsec = pytest.importorskip("xmlsec")
    raw = signer(world)(envelope())
    tree = etree.fromstring(raw)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_file(str(world.folder / "ca" / "bank-a.signer.pem"), xmlsec.KeyFormat.CERT_PEM)
    context.verify(next(tree.iter(f"{{{DS}}}Signature")))
