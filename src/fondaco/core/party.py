"""Who stands at the two ends of a payment, as far as the hub must know it."""

from __future__ import annotations

import msgspec


class Party(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A debtor, creditor or ultimate party as the message named it; empty strings where it named nothing."""

    name: str
    country: str = ""
    account: str = ""
    lei: str = ""
    birth_date: str = ""


class Mention(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One text of a message that must be screened: what kind of element held it, where, and what it says.

    `kind` is one of `KINDS`; an element that nobody knows is `text`, never left out. `path` is the element's path
    below the transaction (or below the document), without indices of repeated elements.
    """

    kind: str
    path: str
    text: str


#  name: a person's or organisation's name       agent: a bank, by name or BIC      address: a line, town or district
#  country: an ISO 3166 code                     identifier: an account, LEI, document or vessel number
#  text: free text and everything else           birth: a date of birth      prefix: a form of address (a short code)
#  The last two and country are told of a party, and weigh the score of its name.
KINDS = ("name", "agent", "address", "country", "identifier", "text", "birth", "prefix")
