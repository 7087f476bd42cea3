"""What is odd about a bill of lading by its own fields: codes of goods, containers, ship and places, and a load that cannot be."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fondaco.trade.flag import Flag, Grade
from fondaco.trade.harmonised import HarmonisedSystem
from fondaco.trade.price_flag import Load, load_flags
from fondaco.trade.transport_code import Locations, container_fault, imo_fault, locode_fault

_KILOGRAMS = {"KGM": Decimal(1), "GRM": Decimal("0.001"), "LBR": Decimal("0.45359237"), "ONZ": Decimal("0.028349523125")}
# ISO 6346: the first character of a size and type code is the length.
_FEET = {"2": 20, "4": 40, "L": 45}


class _Fields(msgspec.Struct, frozen=True, rename="camel"):
    """Names as DCSA writes them."""


class _Weight(_Fields, frozen=True):
    value: float
    unit: str


class _Packaging(_Fields, frozen=True):
    number_of_packages: int | None = None


class _Cargo(_Fields, frozen=True):
    equipment_reference: str
    cargo_gross_weight: _Weight
    outer_packaging: _Packaging = _Packaging()


class _Item(_Fields, frozen=True):
    description_of_goods: tuple[str, ...] = ()
    hs_codes: tuple[str, ...] = msgspec.field(name="HSCodes", default=())
    cargo_items: tuple[_Cargo, ...] = ()


class _Equipment(_Fields, frozen=True):
    equipment_reference: str = ""
    iso_equipment_code: str = msgspec.field(name="ISOEquipmentCode", default="")


class _Utilized(_Fields, frozen=True):
    equipment: _Equipment = _Equipment()


class _Place(_Fields, frozen=True):
    code: str = msgspec.field(name="UNLocationCode", default="")


class _Voyage(_Fields, frozen=True):
    imo: str = msgspec.field(name="vesselIMONumber", default="")


class _Transports(_Fields, frozen=True):
    port_of_loading: _Place = _Place()
    port_of_discharge: _Place = _Place()
    vessel_voyages: tuple[_Voyage, ...] = ()


class _Lading(_Fields, frozen=True):
    consignment_items: tuple[_Item, ...]
    transports: _Transports = _Transports()
    utilized_transport_equipments: tuple[_Utilized, ...] = ()


def lading_flags(content: str, where: str, system: HarmonisedSystem, places: Locations | None = None) -> tuple[Flag, ...]:
    """Flags on a transport document that a record holds (canonical JSON); nothing for a bill of exchange or a note, which have no goods.

    `where` leads each place. `places` is the code list that the operator loaded, None for none: then a place is known by its form alone.
    """
    try:
        said = msgspec.json.decode(content, type=_Lading)
    except msgspec.ValidationError:
        return ()
    flags: list[Flag] = []
    cargo = [each for item in said.consignment_items for each in item.cargo_items]
    for number, item in enumerate(said.consignment_items):
        goods = " ".join(item.description_of_goods)
        for code in item.hs_codes:
            flags += system.flags(code, goods, f"{where}/consignmentItems/{number}/HSCodes")
    containers = {one.equipment.equipment_reference: one.equipment for one in said.utilized_transport_equipments}
    for reference in sorted({*containers, *(each.equipment_reference for each in cargo)} - {""}):
        flags += _code("CONTAINER_CODE", f"{where}/equipmentReference", reference, container_fault(reference))
    for each in said.transports.vessel_voyages:
        if each.imo:
            flags += _code("SHIP_CODE", f"{where}/vesselIMONumber", each.imo, imo_fault(each.imo))
    for name, place in (
        ("portOfLoading", said.transports.port_of_loading),
        ("portOfDischarge", said.transports.port_of_discharge),
    ):
        if place.code:
            fault = places.fault(place.code) if places is not None else locode_fault(place.code)
            flags += _code("PLACE_CODE", f"{where}/{name}", place.code, fault)
    return (*flags, *load_flags(_load(f"{where}/cargoItems", cargo, list(containers.values()))))


def _code(rule: str, where: str, found: str, fault: str) -> tuple[Flag, ...]:
    return (Flag(rule, Grade.QUERY, where, found, "a code that can be", fault),) if fault else ()


def _load(where: str, cargo: list[_Cargo], containers: list[_Equipment]) -> Load:
    """What was loaded in all. A weight is no money: a floating-point number as the standard has it, read by its decimal digits."""
    weights = [(each.cargo_gross_weight, _KILOGRAMS.get(each.cargo_gross_weight.unit)) for each in cargo]
    known = [Decimal(repr(weight.value)) * factor for weight, factor in weights if factor is not None]
    gross = sum(known, Decimal(0)) if known and len(known) == len(weights) else None
    packages = sum(each.outer_packaging.number_of_packages or 0 for each in cargo)
    feet = tuple(_FEET.get(each.iso_equipment_code[:1], 45) for each in containers)
    return Load(where, gross_kg=gross, packages=packages, containers=feet)
