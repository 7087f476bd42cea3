"""Signatures of ISO 20022 messages: XMLDSig in the business application header (`AppHdr/Sgntr`), over the whole envelope.

One form is spoken: enveloped, one reference to the whole document (URI ""), exclusive canonicalisation, SHA-256, ECDSA on P-256 with a
certificate that two people registered. Whatever could point elsewhere (other references, transforms, objects, keys) is refused before
anything is computed; and what goes on to the hub is written from the tree that the verifier returned, never from what came in.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from fondaco.access.caller import Grant
from fondaco.access.register import SIGN, Register, standing_fault
from fondaco.access.seen import SeenBefore, Sight
from fondaco.core import Instant, MalformedMessage, Reason, Refusal, instant_of
from fondaco.messages import well_formed

_DS = "http://www.w3.org/2000/09/xmldsig#"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_PLACE = ("Hdr", "AppHdr", "Sgntr")
# A message is new within a day of its header's instant, and up to five minutes ahead of our clock.
AGE_MAX_S, AHEAD_MAX_S = 86_400, 300
_S = 1_000_000_000
_KEY_INFO = [f"{{{_DS}}}X509Data"]


class SignedMessage(msgspec.Struct, frozen=True):
    """What was signed: `message` is the envelope without its signature, for the hub; `again` says that the same came before, which the hub
    answers as it did then."""

    message: bytes
    signer: Grant
    thumbprint: str
    message_id: str
    created: Instant
    again: bool = False


def is_signed(raw: bytes) -> bool:
    """Whether bytes claim to hold a signature; a quick look that decides only which road to take."""
    return _DS.encode() in raw


def verify_message(raw: bytes, register: Register, at: Instant, size_max: int) -> SignedMessage | Refusal:
    """What a registered certificate signed, now, of an envelope; or why nobody did. What the hub gets is `message` of the answer alone."""
    try:
        root = well_formed(raw, size_max)
    except MalformedMessage as malformed:
        return malformed.refusal
    signature = _signature_of(root)
    if isinstance(signature, Refusal):
        return signature
    fault = _form_fault(signature)
    if fault is not None:
        return fault
    named = signature.findtext(f"{{{_DS}}}KeyInfo/{{{_DS}}}X509Data/{{{_DS}}}X509Certificate") or ""
    known = register.by_text(named)
    if known is None or known.purpose != SIGN:
        return Refusal(Reason.SIGNATURE_WRONG, "Sgntr", "its certificate is not registered to sign")
    late = standing_fault(known, at) or register.crl_fault(known.facts, at)
    if late is not None:
        return late
    certificate = known.facts.loaded()
    if not isinstance(certificate.public_key(), EllipticCurvePublicKey):
        return Refusal(Reason.SIGNATURE_WRONG, "Sgntr", "XML is signed with P-256")
    tree = _verified(root, certificate, at)
    if isinstance(tree, Refusal):
        return tree
    return _told(tree, known.grant, known.facts.thumbprint, at)


def note_messages(signed: list[SignedMessage], seen: SeenBefore, at: Instant) -> list[SignedMessage | Refusal]:
    """Remember what was signed, in one transaction for all. An identification with another content is refused; with the same, it is `again`."""
    sights = [
        Sight(f"xml {one.signer.institution}", one.message_id, one.message, Instant(int(one.created) + AGE_MAX_S * _S))
        for one in signed
    ]
    answers: list[SignedMessage | Refusal] = []
    for one, sight, fault in zip(signed, sights, seen.note(sights, at), strict=True):
        if fault is None:
            answers.append(one)
        elif fault.reason is Reason.SIGNATURE_STALE and seen.same(sight.scope, sight.id, sight.content):
            answers.append(msgspec.structs.replace(one, again=True))
        else:
            answers.append(fault)
    return answers


def sign_message(raw: bytes, key: EllipticCurvePrivateKey, certificate: x509.Certificate, size_max: int) -> bytes:
    """The envelope with a signature in its header. Raises `MalformedMessage` for what has no header of an envelope, or a signature already."""
    root = well_formed(raw, size_max)
    header = _child(_child(root, "Hdr"), "AppHdr")
    if header is None or _child(header, "Sgntr") is not None:
        raise MalformedMessage(Reason.HEADER_CONTRADICTS, "AppHdr", "no header of an envelope, or one that is signed")
    holder = etree.Element(f"{{{etree.QName(header).namespace}}}Sgntr")
    etree.SubElement(holder, f"{{{_DS}}}Signature", nsmap={"ds": _DS}).set("Id", "placeholder")
    related = _child(header, "Rltd")
    header.append(holder) if related is None else related.addprevious(holder)
    signer = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=SignatureMethod.ECDSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    signed = signer.sign(root, key=key, cert=[certificate])
    return bytes(etree.tostring(signed, xml_declaration=True, encoding="UTF-8"))


def _signature_of(root: etree._Element) -> etree._Element | Refusal:
    """The one signature, at its place; none elsewhere, so that nobody can read another than the one that was checked."""
    found = list(root.iter(f"{{{_DS}}}Signature"))
    if not found:
        return Refusal(Reason.SIGNATURE_MISSING, "AppHdr/Sgntr", "none")
    if len(found) != 1:
        return Refusal(Reason.SIGNATURE_WRONG, "AppHdr/Sgntr", f"{len(found)} signatures")
    place: etree._Element | None = root
    for name in _PLACE:
        place = None if place is None else _child(place, name)
    if place is None or found[0].getparent() is not place or len(place) != 1:
        return Refusal(Reason.SIGNATURE_WRONG, "AppHdr/Sgntr", "the signature stands elsewhere")
    return found[0]


def _form_fault(signature: etree._Element) -> Refusal | None:
    """Everything that a signature may say and ours does not."""
    ds = f"{{{_DS}}}"
    shape = [str(one.tag).removeprefix(ds) for one in signature.iter()][1:]
    expected = [
        "SignedInfo", "CanonicalizationMethod", "SignatureMethod", "Reference", "Transforms", "Transform", "Transform", "DigestMethod", "DigestValue",
        "SignatureValue", "KeyInfo", "X509Data", "X509Certificate",
    ]  # fmt: skip
    if shape != expected:
        return Refusal(Reason.SIGNATURE_WRONG, "Signature", "not of the one form: one reference, two transforms, one certificate")
    info = signature.find(f"{ds}SignedInfo")
    reference = info.find(f"{ds}Reference")
    said = [
        info.find(f"{ds}CanonicalizationMethod").get("Algorithm"), info.find(f"{ds}SignatureMethod").get("Algorithm"), reference.get("URI"),
        *[one.get("Algorithm") for one in reference.iter(f"{ds}Transform")], reference.find(f"{ds}DigestMethod").get("Algorithm"),
    ]  # fmt: skip
    wanted = [_EXCLUSIVE, SignatureMethod.ECDSA_SHA256.value, "", _ENVELOPED, _EXCLUSIVE, DigestAlgorithm.SHA256.value]
    if said != wanted:
        wrong = next(f"{one} for {other or 'the whole'}" for one, other in zip(said, wanted, strict=True) if one != other)
        return Refusal(Reason.SIGNATURE_WRONG, "Signature", wrong[:200])
    return None


def _verified(root: etree._Element, certificate: x509.Certificate, at: Instant) -> etree._Element | Refusal:
    head = etree.QName(_child(_child(root, "Hdr"), "AppHdr")).namespace
    envelope = etree.QName(root).namespace
    place = f"./{{{envelope}}}Hdr/{{{head}}}AppHdr/{{{head}}}Sgntr/" if envelope else f"./Hdr/{{{head}}}AppHdr/{{{head}}}Sgntr/"
    expected = SignatureConfiguration(
        require_x509=True, location=place, expect_references=1,
        signature_methods=frozenset({SignatureMethod.ECDSA_SHA256}), digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
        verification_time=datetime.fromtimestamp(int(at) // _S, UTC),
    )  # fmt: skip
    try:
        # The form was checked above, more narrowly than the schema of XMLDSig does.
        found = XMLVerifier().verify(root, x509_cert=certificate, expect_config=expected, validate_schema=False)
    except (SignXMLException, ValueError, TypeError, etree.LxmlError) as fault:
        return Refusal(Reason.SIGNATURE_WRONG, "Sgntr", f"the signature does not hold: {type(fault).__name__}")
    assert not isinstance(found, list), "one reference, one answer"
    tree = found.signed_xml
    if tree is None or tree.tag != root.tag:
        return Refusal(Reason.SIGNATURE_WRONG, "Sgntr", "another part than the envelope is signed")
    return tree


def _told(tree: etree._Element, signer: Grant, thumbprint: str, at: Instant) -> SignedMessage | Refusal:
    """Read the header of the verified tree, and write the envelope without the place of the signature."""
    header = _child(_child(tree, "Hdr"), "AppHdr")
    assert header is not None, "the signature stood in it"
    holder = _child(header, "Sgntr")
    assert holder is not None and len(holder) == 0, "the enveloped signature is taken out by its transform"
    header.remove(holder)
    sender = header.findtext("{*}Fr/{*}FIId/{*}FinInstnId/{*}BICFI") or ""
    if sender[:8] != signer.institution:
        return Refusal(Reason.SIGNATURE_WRONG, "AppHdr/Fr", f"{sender} is not who signed: {signer.institution}")
    try:
        created = instant_of(header.findtext("{*}CreDt") or "")
    except ValueError:
        return Refusal(Reason.MALFORMED, "AppHdr/CreDt", "not an instant")
    if not int(at) - AGE_MAX_S * _S <= int(created) <= int(at) + AHEAD_MAX_S * _S:
        return Refusal(Reason.SIGNATURE_STALE, "AppHdr/CreDt", "older than a day, or of the future")
    message = etree.tostring(tree, xml_declaration=True, encoding="UTF-8")
    return SignedMessage(bytes(message), signer, thumbprint, header.findtext("{*}BizMsgIdr") or "", created)


def _child(element: etree._Element | None, name: str) -> etree._Element | None:
    """The one child of this local name; None for none or several."""
    found = [] if element is None else [one for one in element if etree.QName(one).localname == name]
    return found[0] if len(found) == 1 else None
