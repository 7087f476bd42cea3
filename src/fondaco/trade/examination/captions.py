"""Every rule by its id: the article that it applies, and in our words what it checks.

What stands before a slash is the article, as a bank cites it; what follows tells the rules of one article apart. `CREDIT.46A` is a field of the credit
itself (SWIFT MT 700). The articles of transport documents are parallel, so their ids are made from `TRANSPORT` for each form.
"""

from __future__ import annotations

# What a transport document of each form is examined by. Sub-paragraphs differ for air and land, and are named below.
TRANSPORT_ARTICLE = {
    "MULTIMODAL": "19",
    "BILL_OF_LADING": "20",
    "SEA_WAYBILL": "21",
    "CHARTER_PARTY": "22",
    "AIR_WAYBILL": "23",
    "ROAD": "24",
    "RAIL": "24",
    "INLAND_WATERWAY": "24",
    "COURIER": "25",
}

_SEA = {
    "a.i": "is signed by the carrier, the master or a named agent for one of them, and shows the carrier's name",
    "a.ii": "shows that the goods were shipped on board a named vessel, and when",
    "a.ii/latest": "the day of shipment is not after the latest one",
    "a.iii": "is from the port of loading to the port of discharge of the credit",
    "a.iv": "is the sole original, or all originals that it says were issued",
    "a.vi": "says nothing of a charter party",
    "c": "transhipment: one document covers the whole carriage, and it is not barred save in containers, trailers or barges",
}
_MULTIMODAL = {
    "a.i": _SEA["a.i"],
    "a.ii": "shows that the goods were dispatched, taken in charge or shipped on board, and when",
    "a.ii/latest": _SEA["a.ii/latest"],
    "a.iii": "is from the place of dispatch to the final destination of the credit",
    "a.iv": _SEA["a.iv"],
    "a.vi": _SEA["a.vi"],
    "c": "transhipment: one document covers the whole carriage",
}
_CHARTER = {
    "a.i": "is signed by the master, the owner, the charterer or a named agent for one of them",
    "a.ii": _SEA["a.ii"],
    "a.ii/latest": _SEA["a.ii/latest"],
    "a.iii": "is from the port of loading to the port (or range of ports) of discharge of the credit",
    "a.iv": _SEA["a.iv"],
}
_AIR = {
    "a.i": "shows the carrier's name and is signed by the carrier or a named agent for it",
    "a.iii": "shows a day of issue",
    "a.iii/latest": _SEA["a.ii/latest"],
    "a.iv": "is from the airport of departure to the airport of destination of the credit",
    "a.v": "is the original for the consignor or shipper",
}
_LAND = {
    "a.i": _AIR["a.i"],
    "a.ii": "shows a day of shipment, receipt or issue",
    "a.ii/latest": _SEA["a.ii/latest"],
    "a.iii": "is from the place of shipment to the destination of the credit",
    "b": "is the original for the consignor or shipper, or bears no marking for whom it is",
}
_COURIER = {
    "a.i": "shows the courier's name and is stamped or signed by it",
    "a.ii": "shows a day of pick-up or receipt",
    "a.ii/latest": _SEA["a.ii/latest"],
}

TRANSPORT = {"19": _MULTIMODAL, "20": _SEA, "21": _SEA, "22": _CHARTER, "23": _AIR, "24": _LAND, "25": _COURIER}

# Rules of terms before a credit is issued: what no presentation can meet, or nobody can examine.
TERMS_RULES: dict[str, str] = {
    "CREDIT.20": "the credit's number fits into a SWIFT message",
    "CREDIT.32B": "the amount is above zero, of a currency that is known, and no finer than its minor unit",
    "CREDIT.39A": "a tolerance is of an amount or quantity, in per cent, and stands alone",
    "CREDIT.43P": "partial shipments are allowed where there are instalments",
    "CREDIT.44C": "the days of shipment do not contradict each other, the issue or the expiry",
    "CREDIT.44E": "ports and places exist, and differ where they must",
    "CREDIT.45A": "the goods are named, in quantities that the amount pays for",
    "CREDIT.45A/incoterm": "the trade term exists and agrees with the carriage and the documents demanded",
    "CREDIT.46A/clause": "a compiled clause names a field of the document that it is of",
    "CREDIT.46A/invoice": "a commercial invoice is demanded",
    "CREDIT.47A/clause": "a compiled condition names a field of a document that the credit demands",
    "CREDIT.48": "the period for presentation can be kept",
    "CREDIT.50": "a party's country is one of ISO 3166",
    "CREDIT.59": "beneficiary and applicant are two",
    "UCP600.3/terms": "no words that say nothing",
    "UCP600.6c": "the credit is not available by a draft on the applicant",
    "UCP600.6d": "the credit states an expiry after its issue, and its place",
    "UCP600.8": "who is to confirm is named",
    "UCP600.14f/terms": "a document is demanded with who makes it and what it says",
    "UCP600.14h/terms": "every condition names a document that shows it",
    "UCP600.17/terms": "a demanded document is demanded in some number",
    "UCP600.19c/terms": "transhipment is not barred where that has no effect",
    "UCP600.28f/terms": "the cover demanded is of the whole value",
    "UCP600.38b": "a credit is transferred only where it says that it is transferable",
    "UCP600.38d": "a transferred credit is not transferred again",
    "UCP600.38g": "a transferred credit keeps the first one's terms, save for less, earlier, and more cover",
    "eUCP2.1.e6/place": "a place for the presentation of electronic records is stated",
}

RULES: dict[str, str] = {
    # The clock
    "UCP600.6e": "the presentation is made on or before the expiry, moved to the next banking day where the place is closed (29a)",
    "UCP600.14c": "the presentation is made within the days after shipment that the credit gives (21 where it is silent), and not after expiry",
    "UCP600.33": "what is delivered after the bank has closed counts for the next banking day",
    "UCP600.3/about": "shipment on or about a day is within five days before and after it, both ends counted",
    "UCP600.3/period": "a period for shipment in words is for a person to examine",
    "UCP600.14i": "no document is dated after the day of its presentation",
    "CREDIT.44C/earliest": "shipment is not before the earliest day",
    # The documents
    "UCP600.14a": "every document that the credit demands is presented",
    "UCP600.14d/credit": "every document that names a credit names this one",
    "UCP600.3/issuer": "a document of a 'first class', 'independent', 'official' or the like issuer is made by anybody but the beneficiary",
    "CREDIT.46A/endorsed": "what is made out to the order of the shipper or beneficiary is endorsed",
    "CREDIT.47A/language": "documents are in the language that the credit demands",
    "UCP600.14f": "a document whose issuer or data the credit leaves open appears to fulfil its function",
    "UCP600.14g": "a document that the credit doesn't demand is disregarded",
    "UCP600.14h": "a condition that names no document to show it is disregarded",
    "UCP600.17a": "at least one original of every demanded document is presented",
    "UCP600.17/originals": "as many originals are presented as the credit demands",
    "UCP600.17/copies": "as many copies are presented as the credit demands; originals may stand for copies (17d)",
    "CREDIT.46A": "a demanded document says what the credit demands of it",
    "CREDIT.46A/issuer": "a demanded document is made by whom the credit names",
    "CREDIT.46A/signed": "a document that is to be signed, or is a certificate or declaration by nature, is signed",
    "CREDIT.46A/before": "what is to be done before shipment was done no later",
    "CREDIT.46A/uncompiled": "words of a demand that no rule holds are for a person to examine",
    "CREDIT.47A": "the documents say what the credit's conditions demand",
    "CREDIT.47A/uncompiled": "words of a condition that no rule holds are for a person to examine",
    "UCP600.14d/correction": "a correction is authenticated, on a document that the beneficiary didn't make",
    # Amounts
    "UCP600.18b": "no more is claimed than the credit leaves, tolerance included",
    "UCP600.18b/invoice": "an invoice for more than the credit allows may be taken by the bank, if it claims no more than allowed",
    "UCP600.30a": "an amount, quantity or unit price that is 'about' so much is within a tenth of it",
    "UCP600.30b": "a quantity is within its tolerance: the credit's own, else 5 % where it counts no packages or items",
    "UCP600.30c": "where partial shipment is barred, a drawing is short by no more than 5 %, with the whole quantity at the full unit price",
    "UCP600.31a": "where partial shipment is barred, the goods are shipped whole and by one means of carriage",
    "UCP600.32": "after a missed instalment nothing more is drawn, and each is shipped within its period",
    "UCP600.14d/arithmetic": "a line's amount is its quantity times its price, and the total is the sum of lines and charges",
    # Invoice
    "UCP600.18a.i": "the invoice is made by the beneficiary",
    "UCP600.18a.ii": "the invoice is made out to the applicant",
    "UCP600.18a.iii": "the invoice is in the credit's currency",
    "UCP600.18c": "the goods on the invoice correspond with those of the credit",
    "UCP600.18c/price": "the invoice's unit price is the credit's",
    "UCP600.18c/incoterm": "the invoice shows the credit's trade term and its place",
    "UCP600.18/form": "the invoice is not named provisional or pro forma",
    # Draft
    "CREDIT.42C": "the draft's tenor is the credit's",
    "CREDIT.42A": "the draft is drawn on whom the credit names",
    "CREDIT.42C/drawer": "the draft is drawn and signed by the beneficiary",
    "CREDIT.42C/dated": "the draft is dated",
    "CREDIT.42C/amount": "the draft is for the credit's share of the invoice, in the credit's currency",
    # Data that contradict each other, or the credit
    "UCP600.14e": "goods on other documents may be described generally, without contradicting the credit",
    "UCP600.14d/quantity": "quantities of the goods do not contradict each other",
    "UCP600.14d/weight": "gross and net weights do not contradict each other, nor net exceed gross",
    "UCP600.14d/packages": "numbers of packages do not contradict each other",
    "UCP600.14d/packing": "kinds of packages do not contradict each other",
    "UCP600.14d/marks": "shipping marks do not contradict each other",
    "UCP600.14d/container": "container and seal numbers do not contradict each other",
    "UCP600.14d/vessel": "vessel and voyage do not contradict each other",
    "UCP600.14d/place": "ports and places do not contradict each other",
    "UCP600.14d/party": "consignee and notify parties do not contradict each other",
    "UCP600.14d/reference": "invoice, order and transport document numbers do not contradict each other",
    "UCP600.14d/shipped": "days of shipment do not contradict each other",
    "UCP600.14d/origin": "the goods' origin does not contradict itself or the credit",
    "UCP600.14d/incoterm": "trade terms and the freight paid do not contradict each other",
    "UCP600.14j": "applicant and beneficiary are in the country of the credit; the applicant's address as consignee or notify party is the credit's",
    "UCP600.14k": "the shipper need not be the beneficiary",
    # Transport
    "UCP600.26a": "the goods are not loaded on deck; that they may be is no matter",
    "UCP600.27": "the transport document declares no defect of goods or packing",
    "CREDIT.46A/form": "the transport document is of the form that the credit demands",
    # Insurance
    "UCP600.28a": "the insurance document is issued and signed by an insurer, an underwriter or an agent or proxy of one",
    "UCP600.28b": "all originals of the insurance document are presented",
    "UCP600.28c": "a cover note is no insurance document",
    "UCP600.28d": "an insurance policy may stand for a certificate or declaration; not the other way round",
    "UCP600.28e": "cover begins no later than shipment",
    "UCP600.28f.i": "cover is in the credit's currency, with its amount",
    "UCP600.28f.ii": "cover is at least the credit's share of the goods' value, 110 % where it is silent",
    "UCP600.28f.iii": "cover reaches from the place of shipment to the place of discharge or destination",
    "UCP600.28g": "the risks that the credit names are covered",
    # eUCP
    "eUCP2.1.e1": "electronic records are presented under a credit that is subject to the eUCP",
    "eUCP2.1.e5": "an electronic record is of a format that the credit admits",
    "eUCP2.1.e6": "electronic records are complete only with a notice that says so",
    "eUCP2.1.e6/credit": "the presentation of electronic records says to which credit they belong",
} | {
    f"UCP600.{article}{part}": f"the transport document {text}" if text.startswith(("is ", "shows ", "says ")) else text
    for article, parts in TRANSPORT.items()
    for part, text in parts.items()
}


def article(rule: str) -> str:
    """The article of a rule: what a notice to the presenter cites."""
    return rule.partition("/")[0]
