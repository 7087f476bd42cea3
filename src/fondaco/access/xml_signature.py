"""Signatures of ISO 20022 messages: XMLDSig in the business application header (`AppHdr/Sgntr`), over the whole envelope.

One form is spoken: enveloped, one reference to the whole document (URI ""), exclusive canonicalisation, SHA-256, ECDSA on P-256 with a
certificate that two people registered. Whatever could point elsewhere (other references, transforms, objects, keys) is refused before
anything is computed; and what goes on to the hub is written from the tree of the bytes whose digest was signed, never from what came in.

Digests, ECDSA and canonicalisation are libraries'; the form is ours (decision 0053). Tests hold it against two implementations of others: whatever they refuse is
refused here, and they verify whatever is signed here.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from fondaco.access.caller import Grant
from fondaco.access.register import SIGN, Register, standing_fault
from fondaco.access.seen import SeenBefore, Sight
from fondaco.core import Instant, MalformedMessage, Reason, Refusal, instant_of
from fondaco.messages import well_formed

_DS = "http://www.w3.org/2000/09/xmldsig#"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_PLACE = ("Hdr", "AppHdr", "Sgntr")
# A message is new within a day of its header's instant, and up to five minutes ahead of our clock.
AGE_MAX_S, AHEAD_MAX_S = 86_400, 300
_S = 1_000_000_000
# Reads what canonicalisation wrote: no entity, no declaration of a type, no comment is left in it.
_CANONICAL_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
# Bytes of a coordinate of P-256.
_COORDINATE = 32
# What is signed, as exclusive canonicalisation has it: it is signed by these bytes, and read again into the same.
_SIGNED_INFO = (
    f'<ds:SignedInfo xmlns:ds="{_DS}"><ds:CanonicalizationMethod Algorithm="{_EXCLUSIVE}"></ds:CanonicalizationMethod>'
    f'<ds:SignatureMethod Algorithm="{_ECDSA_SHA256}"></ds:SignatureMethod><ds:Reference URI=""><ds:Transforms>'
    f'<ds:Transform Algorithm="{_ENVELOPED}"></ds:Transform><ds:Transform Algorithm="{_EXCLUSIVE}"></ds:Transform></ds:Transforms>'
    f'<ds:DigestMethod Algorithm="{_SHA256}"></ds:DigestMethod><ds:DigestValue>{{digest}}</ds:DigestValue></ds:Reference></ds:SignedInfo>'
)
_SIGNATURE = (
    f'<ds:Signature xmlns:ds="{_DS}">{{info}}<ds:SignatureValue>{{value}}</ds:SignatureValue><ds:KeyInfo><ds:X509Data>'
    "<ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>"
)


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
    key = known.facts.loaded().public_key()
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        return Refusal(Reason.SIGNATURE_WRONG, "Sgntr", "XML is signed with P-256")
    try:
        tree = _verified(root, signature, key)
    except etree.LxmlError:
        return Refusal(Reason.SIGNATURE_WRONG, "Sgntr", "it has no canonical form")
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
    """The envelope with a signature in its header, by a key of P-256. Raises `MalformedMessage` for what has no header of an envelope, or a signature already.

    ECDSA's two numbers stand side by side, each with all its bytes (XMLDSig 1.1, 6.4.3).
    """
    root = well_formed(raw, size_max)
    header = _child(_child(root, "Hdr"), "AppHdr")
    if header is None or _child(header, "Sgntr") is not None:
        raise MalformedMessage(Reason.HEADER_CONTRADICTS, "AppHdr", "no header of an envelope, or one that is signed")
    holder = etree.Element(f"{{{etree.QName(header).namespace}}}Sgntr")
    related = _child(header, "Rltd")
    header.append(holder) if related is None else related.addprevious(holder)
    # The transform takes the signature out before anything is hashed: what is hashed is the document with an empty place for it.
    digest = hashlib.sha256(_canonical(root)).digest()
    info = _SIGNED_INFO.format(digest=b64encode(digest).decode())
    r, s = decode_dss_signature(key.sign(info.encode(), ECDSA(SHA256())))
    value = b64encode(r.to_bytes(_COORDINATE, "big") + s.to_bytes(_COORDINATE, "big")).decode()
    named = b64encode(certificate.public_bytes(Encoding.DER)).decode()
    holder.append(etree.fromstring(_SIGNATURE.format(info=info, value=value, certificate=named)))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


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
    wanted = [_EXCLUSIVE, _ECDSA_SHA256, "", _ENVELOPED, _EXCLUSIVE, _SHA256]
    if said != wanted:
        wrong = next(f"{one} for {other or 'the whole'}" for one, other in zip(said, wanted, strict=True) if one != other)
        return Refusal(Reason.SIGNATURE_WRONG, "Signature", wrong[:200])
    return None


def _verified(root: etree._Element, signature: etree._Element, key: EllipticCurvePublicKey) -> etree._Element | Refusal:
    """The tree of the very bytes whose digest was signed. `root` is without its signature afterwards. Core validation of XMLDSig 1.1, 3.2, for the one form."""
    info = signature.find(f"{{{_DS}}}SignedInfo")
    try:
        digest = _decoded(info.findtext(f"{{{_DS}}}Reference/{{{_DS}}}DigestValue"))
        value = _decoded(signature.findtext(f"{{{_DS}}}SignatureValue"))
    except ValueError:
        return Refusal(Reason.SIGNATURE_WRONG, "Sgntr", "no base64")
    if len(value) != 2 * _COORDINATE:
        return Refusal(Reason.SIGNATURE_WRONG, "Sgntr", "no signature of P-256")
    numbers = (int.from_bytes(value[:_COORDINATE], "big"), int.from_bytes(value[_COORDINATE:], "big"))
    try:
        key.verify(encode_dss_signature(*numbers), _canonical(info), ECDSA(SHA256()))
    except InvalidSignature:
        return Refusal(Reason.SIGNATURE_WRONG, "Sgntr", "the signature does not hold")
    holder = signature.getparent()
    assert holder is not None, "it stands at its place"
    # The transform takes the element out, and leaves the text behind it.
    holder.text = f"{holder.text or ''}{signature.tail or ''}" or None
    holder.remove(signature)
    signed = _canonical(root)
    if hashlib.sha256(signed).digest() != digest:
        return Refusal(Reason.SIGNATURE_WRONG, "Sgntr", "the message is another than was signed")
    # What was hashed goes on, and nothing that stood beside it.
    return etree.fromstring(signed, _CANONICAL_PARSER)


def _canonical(element: etree._Element) -> bytes:
    """Exclusive canonicalisation without comments."""
    return bytes(etree.tostring(element, method="c14n", exclusive=True, with_comments=False))


def _decoded(text: str | None) -> bytes:
    """Base64 as XML has it: blanks may stand anywhere. Raises `ValueError`."""
    return b64decode("".join((text or "").split()), validate=True)


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
    found = [] if element is None else [one for one in element if one.tag.rpartition("}")[2] == name]
    return found[0] if len(found) == 1 else None
