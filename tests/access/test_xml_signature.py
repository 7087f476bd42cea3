"""Signed messages: everything that is known against XML signatures, tried on a real payment message."""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from xml.sax.saxutils import escape, quoteattr

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

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
from fondaco.messages import CustomerTransfers, read, well_formed, wrap

SIZE = 64 * 1024
DS = "http://www.w3.org/2000/09/xmldsig#"
DOCUMENT = "urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"
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


# Text as people write it: other scripts, what XML writes otherwise, blanks at both ends.
_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Co", "Cn")), min_size=1, max_size=20).map(lambda text: f"x{text}")


@pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="no xmlsec1 here (Debian's package xmlsec1; ./run check installs it)")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=_TEXT, said=_TEXT, prefix=st.sampled_from(["", "p", "ds"]), related=st.booleans())
def test_a_program_of_others_verifies_what_is_signed_here(world: World, name: str, said: str, prefix: str, related: bool) -> None:
    """The document of the message stands under a prefix, under one that the signature has too, or under none."""
    sign = _signers.get(id(world)) or _signers.setdefault(id(world), signer(world))
    body = BODY.replace("Payee", escape(name)).replace("<Dbtr>", f"<Dbtr><!-- a comment -->{'  '}")
    raw = envelope(body).decode()
    if prefix:
        raw = re.sub(r"<(/?)(?=FIToFI|Document)", rf"<\1{prefix}:", raw).replace(
            "<" + prefix + ":Document xmlns=", f"<{prefix}:Document xmlns:{prefix}="
        )
        raw = raw.replace(f"<{prefix}:FIToFICstmrCdtTrf>", f'<{prefix}:FIToFICstmrCdtTrf xmlns="{DOCUMENT}">')
    if related:
        raw = raw.replace("</AppHdr>", f"<Rltd><BizMsgIdr a={quoteattr(said)}>{escape(said)}</BizMsgIdr></Rltd></AppHdr>")
    signed = sign(raw.encode())
    file = world.folder / "signed.xml"
    file.write_bytes(signed)
    words = ["xmlsec1", "--verify", "--pubkey-cert-pem", str(world.folder / "ca" / "bank-a.signer.pem"), str(file)]
    found = subprocess.run(words, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr + signed.decode()
    assert isinstance(verified(world, signed), SignedMessage), "and the library by which a hub verifies"
    file.write_bytes(signed.replace(b">100.00<", b">100.01<"))
    assert subprocess.run(words, capture_output=True, check=False).returncode != 0
    assert refused(world, file.read_bytes()) is Reason.SIGNATURE_WRONG


_signers: dict[int, Callable[[bytes], bytes]] = {}


def test_a_number_that_is_short_is_written_with_all_its_bytes(world: World) -> None:
    """One signature in 128 has a number that begins with a byte of zero."""
    sign, raw = signer(world), envelope()
    for _ in range(20_000):
        signed = sign(raw)
        value = b64decode(re.search(rb"<ds:SignatureValue>([^<]*)<", signed)[1])  # type: ignore[index]
        assert len(value) == 64
        if not value[0] or not value[32]:
            assert isinstance(verified(world, signed), SignedMessage)
            return
    raise AssertionError("twenty thousand signatures, and none has a short number")


# The judge: a library of others, on the tree that the gate lets through, with the place and the algorithms of the one form.


def judged(world: World, raw: bytes, name: str = "bank-a.signer") -> bytes | None:
    """What was signed by this certificate, as the library canonicalises it; None where it says that nothing was."""
    head = "urn:iso:std:iso:20022:tech:xsd:head.001.001.02"
    envelope_ = "urn:iso:std:iso:20022:tech:xsd:nvlp.001.001.01"
    expected = SignatureConfiguration(
        require_x509=True, location=f"./{{{envelope_}}}Hdr/{{{head}}}AppHdr/{{{head}}}Sgntr/", expect_references=1,
        signature_methods=frozenset({SignatureMethod.ECDSA_SHA256}), digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
        verification_time=datetime.fromtimestamp(int(NOW) // 1_000_000_000, UTC),
    )  # fmt: skip
    certificate = x509.load_pem_x509_certificate((world.folder / "ca" / f"{name}.pem").read_bytes())
    try:
        found = XMLVerifier().verify(well_formed(raw, SIZE), x509_cert=certificate, expect_config=expected, validate_schema=False)
    except (SignXMLException, MalformedMessage, ValueError, TypeError, etree.LxmlError):
        return None
    assert not isinstance(found, list) and isinstance(found.signed_data, bytes)
    return found.signed_data


def agree(world: World, raw: bytes) -> SignedMessage | Refusal:
    """Nothing is taken that the library refuses, and what is taken says what the library says was signed; what only the library takes is of another form."""
    ours, theirs = verified(world, raw), judged(world, raw)
    if isinstance(ours, SignedMessage):
        assert theirs is not None, raw
        place = re.sub(rb"<(\w+:)?Sgntr[^>]*>\s*</(\w+:)?Sgntr>", b"", theirs)
        assert etree.canonicalize(ours.message.decode(), strip_text=False) == etree.canonicalize(place.decode(), strip_text=False)
    elif theirs is not None:
        assert ours.found not in ("the signature does not hold", "the message is another than was signed"), (ours, raw)
    return ours


_DOCUMENT_NS = re.compile(rb' xmlns:ds="[^"]*"')
# Written otherwise, and the same for whoever canonicalises.
SAME: dict[str, Callable[[bytes], bytes]] = {
    "blanks in base64": lambda raw: re.sub(rb"(SignatureValue>)([^<]{8})", rb"\1\n  \2\t ", raw),
    "a namespace declared farther out": lambda raw: _DOCUMENT_NS.sub(b"", raw).replace(
        b"<BizMsgEnvlp ", b'<BizMsgEnvlp xmlns:ds="%s" ' % DS.encode(), 1
    ),
    "a namespace that nobody uses": lambda raw: raw.replace(b"<BizMsgEnvlp ", b'<BizMsgEnvlp xmlns:unused="urn:x" ', 1),
    "a character by its number": lambda raw: raw.replace(b"Payee", b"P&#97;yee"),
    "a part as it stands": lambda raw: raw.replace(b"Payee", b"<![CDATA[Payee]]>"),
    "other quotes": lambda raw: raw.replace(b'Ccy="SGD"', b"Ccy  =  'SGD'"),
    "a comment in what is signed": lambda raw: raw.replace(b"<ds:Reference ", b"<!-- x --><ds:Reference "),
    "line ends of another system": lambda raw: raw.replace(b"?>\n", b"?>\r\n"),
}


@pytest.mark.parametrize("how", SAME)
def test_the_same_written_otherwise_is_taken_by_both(world: World, how: str) -> None:
    raw = signer(world)(envelope())
    changed = SAME[how](raw)
    assert changed != raw or how.startswith("line ends")
    answer = agree(world, changed)
    assert isinstance(answer, SignedMessage), answer
    assert read(answer.message) == read(envelope())


def test_what_has_no_canonical_form_is_refused(world: World) -> None:
    """A namespace that is no absolute name: canonicalisation gives up."""
    raw = signer(world)(envelope()).replace(b"<CdtrAgt>", b'<CdtrAgt xmlns:x="?x">')
    assert isinstance(agree(world, raw), Refusal)
    assert isinstance(
        agree(world, raw.replace(b'xmlns:x="?x"', b"").replace(b"<ds:Reference ", b'<ds:Reference xmlns:x="?x" ')), Refusal
    )


def test_text_behind_the_signature_is_signed_as_well(world: World) -> None:
    raw = signer(world)(envelope())
    for changed in (raw.replace(b"</ds:Signature>", b"</ds:Signature>x"), raw.replace(b"<ds:Signature ", b"x<ds:Signature ")):
        assert changed != raw
        assert isinstance(agree(world, changed), Refusal)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nothing_is_taken_that_a_library_of_others_refuses(world: World, data: st.DataObject) -> None:
    """One to three changes of bytes of a signed message, most of them within the signature."""
    sign = _signers.get(id(world)) or _signers.setdefault(id(world), signer(world))
    raw = _signed.get(id(world)) or _signed.setdefault(id(world), (sign(envelope()), sign(envelope(message_id="M2"))))
    own, other = raw
    for _ in range(data.draw(st.integers(1, 3))):
        first = own.find(b"<ds:Signature") if data.draw(st.booleans()) else 0
        at = data.draw(st.integers(max(first, 0), len(own) - 1))
        length = data.draw(st.integers(0, 12))
        put = data.draw(
            st.one_of(
                st.binary(max_size=3),
                st.sampled_from([b" ", b"=", b"A", b"/", b"\n", b"&#65;", b"<x/>", b"<!--c-->", b'"', b"0"]),
                st.integers(0, len(other) - 1).map(lambda start, length=length: other[start : start + length]),
            )
        )
        own = own[:at] + put + own[at + length :]
    agree(world, own)


_signed: dict[int, tuple[bytes, bytes]] = {}


@pytest.mark.parametrize("part", ["SignedInfo", "SignatureValue", "DigestValue", "X509Certificate"])
def test_a_part_of_another_signature_does_not_fit(world: World, part: str) -> None:
    sign = signer(world)
    one, other = sign(envelope()), sign(envelope(message_id="M2"))
    form = re.compile(rb"<ds:%s[ >].*?</ds:%s>" % (part.encode(), part.encode()), re.DOTALL)
    changed = form.sub(form.search(other)[0], one)  # type: ignore[index]
    answer = agree(world, changed)
    assert isinstance(answer, SignedMessage if part == "X509Certificate" else Refusal), "both have the same certificate"


def test_numbers_out_of_range_are_no_signature(world: World) -> None:
    raw = signer(world)(envelope())
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    value = re.compile(rb"(<ds:SignatureValue>)([^<]*)(<)")
    found = b64decode(value.search(raw)[2])  # type: ignore[index]
    r, s = found[:32], found[32:]
    zero, most = bytes(32), b"\xff" * 32
    above = (int.from_bytes(s, "big") + order) % (1 << 256)
    for numbers in (
        zero + zero,
        zero + s,
        r + zero,
        most + s,
        r + most,
        r + above.to_bytes(32, "big"),
        s + r,
        found[:63],
        found + b"\0",
        b"",
    ):
        assert isinstance(agree(world, value.sub(rb"\g<1>" + b64encode(numbers) + rb"\g<3>", raw)), Refusal), numbers.hex()
