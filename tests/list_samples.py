"""Small files of invented people, bodies, ships and goods, one for each list format."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence

from fondaco.compliance.demo_lists import demo_list

UN = b"""<?xml version="1.0" encoding="UTF-8"?>
<CONSOLIDATED_LIST dateGenerated="2026-11-23T00:00:09.554Z"><INDIVIDUALS><INDIVIDUAL>
<DATAID>1</DATAID><FIRST_NAME> VELOSTA </FIRST_NAME><SECOND_NAME>QEBANDRUOV</SECOND_NAME><UN_LIST_TYPE>INVENTED</UN_LIST_TYPE>
<REFERENCE_NUMBER>INi.900</REFERENCE_NUMBER><GENDER>Male</GENDER><COMMENTS1>Nothing known.</COMMENTS1>
<NAME_ORIGINAL_SCRIPT>\xd0\x92\xd0\xb5\xd0\xbb\xd0\xbe\xd1\x81\xd1\x82\xd0\xb0 \xd0\x9a\xd0\xb5\xd0\xb1</NAME_ORIGINAL_SCRIPT>
<NATIONALITY><VALUE>Iran (Islamic Republic of)</VALUE></NATIONALITY>
<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Velosta Kebandro; Velosto Keban b) V. Quebandro</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>Vel</ALIAS_NAME></INDIVIDUAL_ALIAS>
<INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Old Velosta</ALIAS_NAME><NOTE>formerly listed as</NOTE></INDIVIDUAL_ALIAS>
<INDIVIDUAL_ADDRESS><STREET>1 Made Up Street</STREET><CITY>Nowhere</CITY><COUNTRY>Kenya</COUNTRY></INDIVIDUAL_ADDRESS>
<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1961-05-14</DATE></INDIVIDUAL_DATE_OF_BIRTH>
<INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1962</FROM_YEAR><TO_YEAR>1963</TO_YEAR></INDIVIDUAL_DATE_OF_BIRTH>
<INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>Passport</TYPE_OF_DOCUMENT><NUMBER> X1234567 </NUMBER><ISSUING_COUNTRY>Kenya</ISSUING_COUNTRY>
</INDIVIDUAL_DOCUMENT></INDIVIDUAL></INDIVIDUALS><ENTITIES><ENTITY><DATAID>2</DATAID>
<FIRST_NAME>ORKEMIR SHIPPING COMPANY (OSC)</FIRST_NAME><UN_LIST_TYPE>INVENTED</UN_LIST_TYPE><REFERENCE_NUMBER>INe.901</REFERENCE_NUMBER>
<COMMENTS1>Operates a vessel, IMO Number: 9074729. SWIFT: ORKEKPA1.</COMMENTS1>
<ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>Joint Stock Company</ALIAS_NAME></ENTITY_ALIAS>
<ENTITY_ALIAS><QUALITY>f.k.a.</QUALITY><ALIAS_NAME>Feltha Lines</ALIAS_NAME></ENTITY_ALIAS>
<ENTITY_ADDRESS><COUNTRY>Korea, North</COUNTRY></ENTITY_ADDRESS></ENTITY></ENTITIES></CONSOLIDATED_LIST>"""

OFAC_XML = b"""<?xml version="1.0"?><sdnList xmlns="http://tempuri.org/sdnList.xsd"><publshInformation>
<Publish_Date>11/23/2026</Publish_Date><Record_Count>2</Record_Count></publshInformation><sdnEntry><uid>7</uid>
<firstName>Velosta</firstName><lastName>QEBANDRUOV</lastName><sdnType>Individual</sdnType><programList><program>INVENTED</program></programList>
<akaList><aka><uid>1</uid><type>a.k.a.</type><category>weak</category><lastName>VEL</lastName></aka>
<aka><uid>2</uid><type>f.k.a.</type><category>strong</category><lastName>KEBAN</lastName><firstName>Velosto</firstName></aka></akaList>
<idList><id><idType>Passport</idType><idNumber>X12345</idNumber><idCountry>Kenya</idCountry></id>
<id><idType>Gender</idType><idNumber>Male</idNumber></id><id><idType>Website</idType><idNumber>www.invented.example</idNumber></id></idList>
<nationalityList><nationality><country>Iran</country></nationality></nationalityList>
<dateOfBirthList><dateOfBirthItem><dateOfBirth>circa 1961</dateOfBirth></dateOfBirthItem></dateOfBirthList></sdnEntry>
<sdnEntry><uid>8</uid><lastName>ORKEMIR STAR</lastName><sdnType>Vessel</sdnType><programList><program>INVENTED</program></programList>
<akaList><aka><uid>3</uid><type>f.k.a.</type><category>strong</category><lastName>FELTHA MOON</lastName></aka></akaList>
<idList><id><idType>Vessel Registration Identification</idType><idNumber>IMO 9074729</idNumber></id>
<id><idType>Former Vessel Flag</idType><idNumber>Malta</idNumber></id></idList>
<vesselInfo><callSign>5INV1</callSign><vesselFlag>Iran</vesselFlag></vesselInfo></sdnEntry></sdnList>"""

OFAC_ADVANCED = b"""<?xml version="1.0" encoding="utf-8"?>
<Sanctions xmlns="https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/ADVANCED_XML">
<DateOfIssue CalendarTypeID="1"><Year>2026</Year><Month>11</Month><Day>23</Day></DateOfIssue><ReferenceValueSets>
<AliasTypeValues><AliasType ID="1400">A.K.A.</AliasType><AliasType ID="1401">F.K.A.</AliasType><AliasType ID="1403">Name</AliasType></AliasTypeValues>
<FeatureTypeValues><FeatureType ID="3">Vessel Flag</FeatureType><FeatureType ID="8">Birthdate</FeatureType>
<FeatureType ID="10">Nationality Country</FeatureType><FeatureType ID="25">Location</FeatureType><FeatureType ID="224">Gender</FeatureType></FeatureTypeValues>
<NamePartTypeValues><NamePartType ID="1520">Last Name</NamePartType><NamePartType ID="1521">First Name</NamePartType></NamePartTypeValues>
<PartySubTypeValues><PartySubType ID="1" PartyTypeID="4">Vessel</PartySubType><PartySubType ID="3" PartyTypeID="2">Unknown</PartySubType>
<PartySubType ID="4" PartyTypeID="1">Unknown</PartySubType></PartySubTypeValues>
<IDRegDocTypeValues><IDRegDocType ID="1571">Passport</IDRegDocType><IDRegDocType ID="1626">Vessel Registration Identification</IDRegDocType></IDRegDocTypeValues>
<CountryValues><Country ID="11">Iran</Country><Country ID="12">Kenya</Country></CountryValues>
<DetailReferenceValues><DetailReference ID="91526">Male</DetailReference></DetailReferenceValues>
<RelationTypeValues><RelationType ID="15001">Owned or Controlled By</RelationType></RelationTypeValues>
<SanctionsTypeValues><SanctionsType ID="1">Program</SanctionsType></SanctionsTypeValues></ReferenceValueSets>
<Locations><Location ID="25"><LocationCountry CountryID="11"/></Location>
<Location ID="26"><LocationPart><LocationPartValue><Value>1 Made Up Street</Value></LocationPartValue></LocationPart><LocationCountry CountryID="12"/></Location></Locations>
<IDRegDocuments><IDRegDocument ID="2" IDRegDocTypeID="1571" IdentityID="71" IssuedBy-CountryID="12"><IDRegistrationNo>X12345</IDRegistrationNo></IDRegDocument>
<IDRegDocument ID="3" IDRegDocTypeID="1626" IdentityID="81"><IDRegistrationNo>IMO 9074729</IDRegistrationNo></IDRegDocument></IDRegDocuments>
<DistinctParties><DistinctParty FixedRef="7"><Profile ID="70" PartySubTypeID="4"><Identity ID="71" Primary="true">
<Alias AliasTypeID="1403" Primary="true" LowQuality="false"><DocumentedName ID="1"><DocumentedNamePart><NamePartValue NamePartGroupID="1">QEBANDRUOV</NamePartValue></DocumentedNamePart>
<DocumentedNamePart><NamePartValue NamePartGroupID="2">Velosta</NamePartValue></DocumentedNamePart></DocumentedName></Alias>
<Alias AliasTypeID="1400" Primary="false" LowQuality="true"><DocumentedName ID="2"><DocumentedNamePart><NamePartValue NamePartGroupID="1">VEL</NamePartValue></DocumentedNamePart></DocumentedName></Alias>
<Alias AliasTypeID="1401" Primary="false" LowQuality="false"><DocumentedName ID="3"><DocumentedNamePart><NamePartValue NamePartGroupID="1">KEBAN</NamePartValue></DocumentedNamePart></DocumentedName></Alias>
<NamePartGroups><MasterNamePartGroup><NamePartGroup ID="1" NamePartTypeID="1520"/></MasterNamePartGroup>
<MasterNamePartGroup><NamePartGroup ID="2" NamePartTypeID="1521"/></MasterNamePartGroup></NamePartGroups></Identity>
<Feature ID="1" FeatureTypeID="8"><FeatureVersion><DatePeriod><Start><From><Year>1961</Year><Month>1</Month><Day>1</Day></From><To><Year>1961</Year><Month>1</Month><Day>1</Day></To></Start>
<End><From><Year>1961</Year><Month>12</Month><Day>31</Day></From><To><Year>1961</Year><Month>12</Month><Day>31</Day></To></End></DatePeriod></FeatureVersion></Feature>
<Feature ID="2" FeatureTypeID="10"><FeatureVersion><VersionLocation LocationID="25"/></FeatureVersion></Feature>
<Feature ID="3" FeatureTypeID="25"><FeatureVersion><VersionLocation LocationID="26"/></FeatureVersion></Feature>
<Feature ID="4" FeatureTypeID="224"><FeatureVersion><VersionDetail DetailReferenceID="91526"/></FeatureVersion></Feature></Profile></DistinctParty>
<DistinctParty FixedRef="8"><Profile ID="80" PartySubTypeID="1"><Identity ID="81" Primary="true"><Alias AliasTypeID="1403" Primary="true" LowQuality="false">
<DocumentedName ID="4"><DocumentedNamePart><NamePartValue>ORKEMIR STAR</NamePartValue></DocumentedNamePart></DocumentedName></Alias></Identity>
<Feature ID="5" FeatureTypeID="3"><FeatureVersion><VersionDetail>Iran</VersionDetail></FeatureVersion></Feature></Profile></DistinctParty></DistinctParties>
<ProfileRelationships><ProfileRelationship ID="1" From-ProfileID="80" To-ProfileID="70" RelationTypeID="15001" Former="false"/></ProfileRelationships>
<SanctionsEntries><SanctionsEntry ID="1" ProfileID="70"><SanctionsMeasure SanctionsTypeID="1"><Comment>INVENTED</Comment></SanctionsMeasure></SanctionsEntry>
<SanctionsEntry ID="2" ProfileID="80"><SanctionsMeasure SanctionsTypeID="1"><Comment>INVENTED</Comment></SanctionsMeasure></SanctionsEntry></SanctionsEntries></Sanctions>"""

EU_XML = b"""<?xml version="1.0"?><export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-11-23T10:00:00.000+01:00">
<sanctionEntity euReferenceNumber="EU.1.1" logicalId="13"><regulation programme="INV"/><subjectType code="person"/>
<nameAlias wholeName="Mosketh Nazaron" strong="true" gender="F"/><nameAlias wholeName="Mosk" strong="false"/>
<citizenship countryIso2Code="IR"/><birthdate birthdate="1960-01-02" year="1960"/><birthdate year="1961" circa="true"/>
<address street="1 Made Up Street" city="Nowhere" countryIso2Code="KE" countryDescription="KENYA"/>
<identification identificationTypeCode="passport" identificationTypeDescription="National passport" number="X12345" countryIso2Code="KE"/></sanctionEntity>
<sanctionEntity euReferenceNumber="EU.1.1" logicalId="13"><regulation programme="INW"/><subjectType code="person"/>
<nameAlias wholeName="Mosketh Nazaronov" strong="true"/></sanctionEntity></export>"""

SECO = b"""<?xml version="1.0" encoding="UTF-8"?>
<swiss-sanctions-list list-type="whole-list" date="2026-11-23"><sanctions-program ssid="1"><program-key lang="eng">Invented</program-key>
<sanctions-set ssid="11" lang="eng">article 1</sanctions-set></sanctions-program>
<target ssid="100"><sanctions-set-id>11</sanctions-set-id><individual sex="female"><identity ssid="101" main="true">
<name ssid="102" name-type="primary-name" quality="good"><name-part order="1" name-part-type="family-name"><value>Nazaron</value>
<spelling-variant lang="RUS" script="LATN">Nazaronov</spelling-variant></name-part><name-part order="2" name-part-type="given-name"><value>Mosketh</value></name-part></name>
<name ssid="103" name-type="alias" quality="low"><name-part order="1" name-part-type="whole-name"><value>Mosk</value></name-part></name>
<nationality><country iso-code="IR">Iran</country></nationality><day-month-year day="2" month="1" year="1960"/>
<address place-id="900"><address-details>1 Made Up Street</address-details></address>
<identification-document document-type="passport"><number>X12345</number><issuer code="KE">Kenya</issuer></identification-document></identity></individual>
<modification modification-type="listed" effective-date="2020-01-01"/>
<modification modification-type="amended" effective-date="2022-01-01"><removed><identity ssid="101" main="true"><name ssid="104" name-type="alias" quality="good">
<name-part order="1" name-part-type="whole-name"><value>Mosketh Oldname</value></name-part></name></identity></removed>
<added><identity ssid="101"><name ssid="105"><name-part name-part-type="whole-name"><value>Mosketh Neverread</value></name-part></name></identity></added></modification></target>
<target ssid="200"><sanctions-set-id>11</sanctions-set-id><entity><identity main="true"><name name-type="primary-name" quality="good">
<name-part order="1" name-part-type="whole-name"><value>Gone From The List</value></name-part></name></identity></entity>
<modification modification-type="de-listed" effective-date="2024-01-01"/><modification modification-type="listed" effective-date="2020-01-01"/></target>
<target ssid="300"><sanctions-set-id>11</sanctions-set-id><object object-type="vessel"><identity main="true"><name name-type="primary-name" quality="good">
<name-part order="1" name-part-type="whole-name"><value>Orkemir Star</value></name-part></name></identity><other-information>IMO Number: 9074729</other-information></object>
<modification modification-type="de-listed" effective-date="2020-01-01"/><modification modification-type="listed" effective-date="2021-01-01"/></target>
<place ssid="900"><location>Nowhere</location><country iso-code="KE">Kenya</country></place></swiss-sanctions-list>"""

CANADA = b"""<?xml version="1.0" encoding="UTF-8"?><data-set><record><Country>Invented / Invent\xc3\xa9</Country><LastName>Qebandruov</LastName>
<GivenName>Velosta</GivenName><DateOfBirthOrShipBuildDate>1961-05-14</DateOfBirthOrShipBuildDate><Aliases>Velosta Kebandro, Vel Keban</Aliases>
<Schedule>1, Part 1</Schedule><Item>1</Item><DateOfListing>2020-09-28</DateOfListing></record>
<record><Country>Invented / Invent\xc3\xa9</Country><EntityOrShip>Orkemir Trading</EntityOrShip><Aliases>Feltha Trading, Ltd.; Orkemir Group</Aliases>
<Schedule>1, Part 2</Schedule><Item>1</Item></record>
<record><Country>Invented / Invent\xc3\xa9</Country><EntityOrShip>Orkemir Star</EntityOrShip><ShipIMONumber>9074729</ShipIMONumber>
<DateOfBirthOrShipBuildDate>2004</DateOfBirthOrShipBuildDate><Schedule>1.1</Schedule><Item>1</Item></record></data-set>"""
CANADA_BILINGUAL = (
    CANADA.replace(b"EntityOrShip>", b"EntityOrShip-EntiteOuNavire>")
    .replace(b"Country>", b"Country-Pays>")
    .replace(b"Item>", b"Item-NumeroDarticle>")
    .replace(b"LastName>", b"LastName-NomDeFamille>")
    .replace(b"ShipIMONumber>", b"ShipIMONumber-NumeroOMIDuNavire>")
)

FTM = b"""{"id":"p","schema":"Person","target":true,"properties":{"name":["Velosta Qebandruov"],"weakAlias":["Vel"],"birthDate":["1961-05-14"],"nationality":["ir"],"topics":["sanction"],"passportNumber":["X12345"],"programId":["INV"]}}
{"id":"v","schema":"Vessel","target":true,"properties":{"name":["Orkemir Star"],"previousName":["Feltha Moon"],"imoNumber":["IMO9074729"],"flag":["ir"],"pastFlags":["mt"]}}
{"id":"c","schema":"Company","target":false,"properties":{"name":["Orkemir Holding"],"jurisdiction":["ke"]}}
{"id":"d","schema":"Company","target":false,"properties":{"name":["Feltha Daughter"]}}
{"id":"n","schema":"Company","target":false,"properties":{"name":["Not Enough Held"]}}
{"id":"u","schema":"Company","target":false,"properties":{"name":["Nobody Holds"]}}
{"id":"o1","schema":"Ownership","properties":{"owner":["p"],"asset":["c"],"percentage":["50 %"],"startDate":["2020"]}}
{"id":"o2","schema":"Ownership","properties":{"owner":["c"],"asset":["d"],"percentage":["60"]}}
{"id":"o3","schema":"Ownership","properties":{"owner":["p"],"asset":["n"],"percentage":["49.99"]}}
{"id":"o4","schema":"Ownership","properties":{"owner":["p"],"asset":["u"],"percentage":["100"],"endDate":["2019-12-31"]}}
{"id":"s","schema":"Sanction","properties":{"entity":["v"],"program":["Ships"]}}
"""


def table(
    rows: Sequence[dict[str, str]], columns: Sequence[str], delimiter: str = ",", head: str = "", seed: int | None = None
) -> bytes:
    """A CSV of `rows`; with a seed its columns stand in another order."""
    order = list(columns)
    if seed is not None:
        random.Random(seed).shuffle(order)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(order)
    for row in rows:
        writer.writerow([row.get(column, "") for column in order])
    return (head + text.getvalue()).encode()


EU_CSV_COLUMNS = (
    "fileGenerationDate Entity_LogicalId Entity_EU_ReferenceNumber Entity_Remark Entity_SubjectType Entity_SubjectType_ClassificationCode "
    "Entity_Regulation_Programme NameAlias_LastName NameAlias_FirstName NameAlias_WholeName NameAlias_Gender Address_City Address_Street "
    "Address_CountryIso2Code Address_CountryDescription BirthDate_BirthDate BirthDate_Year Identification_Number Identification_TypeCode "
    "Identification_CountryIso2Code Citizenship_CountryIso2Code"
).split()
_EU = {
    "fileGenerationDate": "23/11/2026",
    "Entity_LogicalId": "13",
    "Entity_SubjectType": "P",
    "Entity_Regulation_Programme": "INV",
}
EU_CSV_ROWS: list[dict[str, str]] = [
    _EU | {"NameAlias_WholeName": "Mosketh Nazaron", "NameAlias_Gender": "F"},
    _EU | {"NameAlias_WholeName": "Mosketh Nazaronov"},
    _EU | {"BirthDate_BirthDate": "1960-01-02", "BirthDate_Year": "1960"},
    _EU | {"Citizenship_CountryIso2Code": "IR"},
    _EU | {"Address_City": "Nowhere", "Address_CountryIso2Code": "KE"},
    _EU | {"Identification_Number": "X12345", "Identification_TypeCode": "passport", "Identification_CountryIso2Code": "KE"},
    _EU | {"Entity_LogicalId": "14", "Entity_SubjectType": "E", "NameAlias_WholeName": "Orkemir Trading"},
]


def eu_csv(seed: int | None = None) -> bytes:
    return b"\xef\xbb\xbf" + table(EU_CSV_ROWS, EU_CSV_COLUMNS, ";", seed=seed)


OFSI_COLUMNS = (
    "Name 6|Name 1|Name 2|Name 3|Name 4|Name 5|Title|Name Non-Latin Script|Non-Latin Script Type|Non-Latin Script Language|DOB|Town of Birth|"
    "Country of Birth|Nationality|Passport Number|Passport Details|National Identification Number|NI Details|Position|Address 1|Address 2|"
    "Address 3|Address 4|Address 5|Address 6|Post/Zip Code|Country|Other Information|Group Type|Alias Type|Alias Quality|Regime|Listed On|"
    "UK Sanctions List Date Designated|Last Updated|Group ID"
).split("|")
OFSI_ROWS: list[dict[str, str]] = [
    {"Name 6": "QEBANDRUOV", "Name 1": "Velosta", "DOB": "14/05/1961", "Nationality": "Iran", "Passport Number": "X12345", "Group Type": "Individual",
     "Alias Type": "Prime Alias", "Regime": "Invented", "Group ID": "7", "Name Non-Latin Script": "Велоста Кеб"},
    {"Name 6": "VEL", "DOB": "00/00/1962", "Group Type": "Individual", "Alias Type": "AKA", "Alias Quality": "Low", "Regime": "Invented", "Group ID": "7"},
    {"Name 6": "KEBAN", "Name 1": "Velosto", "Group Type": "Individual", "Alias Type": "FKA", "Alias Quality": "Good", "Group ID": "7"},
    {"Name 6": "ORKEMIR STAR", "Group Type": "Ship", "Alias Type": "Prime Alias", "Regime": "Invented", "Group ID": "8",
     "Other Information": "(IMO number): 9074729 (Flag of ship): Iran"},
]  # fmt: skip


def ofsi(seed: int | None = None) -> bytes:
    return table(OFSI_ROWS, OFSI_COLUMNS, head="Last Updated,23/11/2026\r\n", seed=seed)


UK_COLUMNS = demo_list("uk")[0].decode("utf-8-sig").splitlines()[1].split(",")
UK_ROWS: list[dict[str, str]] = [
    {"Unique ID": "INV1", "Name 6": "QEBANDRUOV", "Name 1": "Velosta", "Name type": "Primary Name", "Designation Type": "Individual", "D.O.B": "14/05/1961",
     "Nationality(/ies)": "Iran", "Passport number": "X12345", "Regime Name": "Invented", "Gender": "Male", "Address Line 1": "1 Made Up Street",
     "Address Country": "Kenya", "Name non-latin script": "Велоста Кеб"},
    {"Unique ID": "INV1", "Name 6": "VEL", "Name type": "Alias", "Alias strength": "Low quality a.k.a", "Designation Type": "Individual", "D.O.B": "dd/mm/1962"},
    {"Unique ID": "INV2", "Name 6": "ORKEMIR STAR", "Name type": "Primary Name", "Designation Type": "Ship", "IMO number": "IMO9074729",
     "Current believed flag of ship": "Iran", "Previous flags": "Malta", "Regime Name": "Invented"},
    {"Unique ID": "INV3", "Name 6": "FELTHA TRADING", "Name type": "Primary Name", "Designation Type": "Entity", "Parent company": "Orkemir Holding",
     "Business registration number (s)": "(INN): 7704734000 (Nowhere)", "Regime Name": "Invented"},
]  # fmt: skip


def uk(seed: int | None = None) -> bytes:
    return table(UK_ROWS, UK_COLUMNS, head="Report Date: 23-Nov-2026\r\n", seed=seed)


SIMPLE_COLUMNS = (
    "id schema name aliases birth_date countries addresses identifiers sanctions phones emails program_ids dataset first_seen last_seen last_change"
).split()
SIMPLE_ROWS: list[dict[str, str]] = [
    {"id": "NK-1", "schema": "Person", "name": "Velosta Qebandruov", "aliases": "Velosta Kebandro;Велоста Кеб", "birth_date": "1961-05-14", "countries": "ir;ke",
     "identifiers": "X12345", "program_ids": "INV;INW", "dataset": "Invented", "last_seen": "2026-11-23T06:00:00"},
    {"id": "NK-2", "schema": "Vessel", "name": "Orkemir Star", "identifiers": "IMO9074729", "dataset": "Invented", "last_seen": "2026-11-23T06:00:00"},
]  # fmt: skip


def simple(seed: int | None = None) -> bytes:
    return table(SIMPLE_ROWS, SIMPLE_COLUMNS, seed=seed)


PRIVATE_COLUMNS = "id type name aliases weak_aliases former_names birth_dates countries programmes identifiers addresses gender flags owners listed".split()
PRIVATE_ROWS: list[dict[str, str]] = [
    {"id": "A", "type": "person", "name": "Velosta Qebandruov", "aliases": "Velosta Kebandro", "weak_aliases": "Vel", "birth_dates": "1961-05-14|1962",
     "countries": "Iran", "programmes": "house", "identifiers": "passport:X12345@Kenya", "gender": "male"},
    {"id": "B", "type": "vessel", "name": "Orkemir Star", "former_names": "Feltha Moon", "identifiers": "imo:9074729", "flags": "Iran|Malta"},
    {"id": "C", "type": "organisation", "name": "Held By Velosta", "owners": "id:A 50 % from 2020-01-01|Somebody Else 50 %", "listed": "no"},
    {"id": "D", "type": "organisation", "name": "Held By Nobody Listed", "owners": "Somebody Else 100 %", "listed": "no"},
]  # fmt: skip


def private(seed: int | None = None) -> bytes:
    return table(PRIVATE_ROWS, PRIVATE_COLUMNS, head="published,2026-11-23\r\n", seed=seed)


GOODS_COLUMNS = ["id", "code", "tier", "text", "phrases", "licence", "source"]
GOODS_ROWS: list[dict[str, str]] = [
    {"code": "8542.31", "tier": "1", "text": "Processors and controllers", "phrases": "integrated circuit|microcontroller", "licence": "export licence",
     "source": "Invented Act, annex 1"},
    {"code": "8482", "tier": "2", "text": "Ball bearings", "phrases": "ball bearing", "licence": "", "source": "Invented Act, annex 2"},
    {"id": "dual-1", "text": "Vacuum pumps", "phrases": "vacuum pump", "licence": "dual-use authorisation", "source": "Invented Act, annex 3"},
]  # fmt: skip


def goods(seed: int | None = None) -> bytes:
    return table(GOODS_ROWS, GOODS_COLUMNS, head="published,2026-11-23\r\n", seed=seed)


SAMPLES: dict[str, list[bytes]] = {
    "un_xml": [UN],
    "ofac_xml": [OFAC_XML],
    "ofac_advanced_xml": [OFAC_ADVANCED],
    "ofac_csv": demo_list("ofac"),
    "eu_xml": [EU_XML],
    "eu_csv": [eu_csv()],
    "uk_csv": [uk()],
    "ofsi_csv": [ofsi()],
    "seco_xml": [SECO],
    "canada_xml": [CANADA],
    "opensanctions_csv": [simple()],
    "ftm_json": [FTM],
    "private_csv": [private()],
    "goods_csv": [goods()],
}
TABLES = {
    "eu_csv": eu_csv, "uk_csv": uk, "ofsi_csv": ofsi, "opensanctions_csv": simple, "private_csv": private, "goods_csv": goods,
}  # fmt: skip
