"""How lists print countries -> ISO 3166 alpha-2: names as carried by pycountry 26.2.16, and the ways in which official lists write them."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from fondaco.core import COUNTRIES

_NAMES = """
AD Andorra
AE United Arab Emirates | UAE | Dubai
AF Afghanistan | Islamic Republic of Afghanistan
AG Antigua and Barbuda | Antigua & Barbuda
AI Anguilla
AL Albania
AM Armenia
AO Angola
AQ Antarctica
AR Argentina
AS American Samoa
AT Austria
AU Australia
AW Aruba
AX Åland Islands
AZ Azerbaijan
BA Bosnia and Herzegovina | Bosnia | Bosnia-Herzegovina
BB Barbados
BD Bangladesh
BE Belgium
BF Burkina Faso
BG Bulgaria
BH Bahrain
BI Burundi
BJ Benin
BL Saint Barthélemy
BM Bermuda
BN Brunei Darussalam | Brunei
BO Bolivia, Plurinational State of | Bolivia
BQ Bonaire, Sint Eustatius and Saba
BR Brazil
BS Bahamas | Bahamas, The | The Bahamas
BT Bhutan
BV Bouvet Island
BW Botswana
BY Belarus | Republic of Belarus
BZ Belize
CA Canada
CC Cocos (Keeling) Islands
CD Congo, The Democratic Republic of the | Democratic Republic of the Congo | Congo, Democratic Republic of the | Congo (Democratic Republic) | DR Congo | DRC | CONGO, Democratic Republic of (was Zaire) | Democratic Republic of Congo
CF Central African Republic
CG Congo | Republic of the Congo | Congo, Republic of the | Congo-Brazzaville | Congo (Republic)
CH Switzerland
CI Côte d'Ivoire | Ivory Coast
CK Cook Islands
CL Chile
CM Cameroon
CN China | People's Republic of China | PRC | China, People's Republic of
CO Colombia
CR Costa Rica
CU Cuba
CV Cabo Verde | Cape Verde
CW Curaçao
CX Christmas Island
CY Cyprus
CZ Czechia | Czech Republic
DE Germany
DJ Djibouti
DK Denmark
DM Dominica
DO Dominican Republic
DZ Algeria
EC Ecuador
EE Estonia
EG Egypt
EH Western Sahara
ER Eritrea
ES Spain
ET Ethiopia
FI Finland
FJ Fiji
FK Falkland Islands (Malvinas)
FM Micronesia, Federated States of | Micronesia
FO Faroe Islands
FR France
GA Gabon
GB United Kingdom | Great Britain | UK | England | Scotland | United Kingdom of Great Britain and Northern Ireland
GD Grenada
GE Georgia
GF French Guiana
GG Guernsey
GH Ghana
GI Gibraltar
GL Greenland
GM Gambia | Gambia, The | The Gambia
GN Guinea | Republic of Guinea
GP Guadeloupe
GQ Equatorial Guinea
GR Greece
GS South Georgia and the South Sandwich Islands
GT Guatemala
GU Guam
GW Guinea-Bissau
GY Guyana
HK Hong Kong | China, Hong Kong Special Administrative Region | Hong Kong (China) | Hong Kong SAR
HM Heard Island and McDonald Islands
HN Honduras
HR Croatia
HT Haiti
HU Hungary
ID Indonesia
IE Ireland
IL Israel
IM Isle of Man
IN India
IO British Indian Ocean Territory
IQ Iraq
IR Iran, Islamic Republic of | Iran | Islamic Republic of Iran
IS Iceland
IT Italy
JE Jersey
JM Jamaica
JO Jordan | Hashemite Kingdom of Jordan
JP Japan
KE Kenya
KG Kyrgyzstan | Kyrgyz Republic
KH Cambodia
KI Kiribati
KM Comoros | Union of the Comoros
KN Saint Kitts and Nevis | St. Kitts and Nevis | St. Kitts & Nevis | Saint Kitts & Nevis
KP Korea, Democratic People's Republic of | North Korea | Korea, North | DPRK | DPR Korea | Democratic People's Republic of Korea | DEM. PEOPLE'S REP. OF KOREA | North Korea (Democratic People's Republic of Korea)
KR Korea, Republic of | South Korea | Korea, South | Republic of Korea
KW Kuwait
KY Cayman Islands
KZ Kazakhstan
LA Lao People's Democratic Republic | Laos | Lao PDR
LB Lebanon
LC Saint Lucia | St. Lucia
LI Liechtenstein
LK Sri Lanka
LR Liberia
LS Lesotho
LT Lithuania
LU Luxembourg
LV Latvia
LY Libya | Libyan Arab Jamahiriya | State of Libya
MA Morocco
MC Monaco
MD Moldova, Republic of | Moldova | Republic of Moldova
ME Montenegro
MF Saint Martin (French part)
MG Madagascar
MH Marshall Islands | Republic of the Marshall Islands
MK North Macedonia | Macedonia | The Former Yugoslav Republic of Macedonia | Macedonia, The Former Yugoslav Republic of | Republic of North Macedonia
ML Mali
MM Myanmar | Burma | Burma (Myanmar) | Myanmar (Burma)
MN Mongolia
MO Macao | Macau
MP Northern Mariana Islands
MQ Martinique
MR Mauritania
MS Montserrat
MT Malta
MU Mauritius
MV Maldives
MW Malawi
MX Mexico
MY Malaysia
MZ Mozambique
NA Namibia
NC New Caledonia
NE Niger
NF Norfolk Island
NG Nigeria
NI Nicaragua
NL Netherlands | The Netherlands | Holland
NO Norway
NP Nepal
NR Nauru
NU Niue
NZ New Zealand
OM Oman | Sultanate of Oman
PA Panama
PE Peru
PF French Polynesia
PG Papua New Guinea
PH Philippines | The Philippines
PK Pakistan | Islamic Republic of Pakistan
PL Poland
PM Saint Pierre and Miquelon
PN Pitcairn
PR Puerto Rico
PS Palestine, State of | Palestine | Palestinian | Palestinian Territories | West Bank | Gaza | Region: Gaza | State of Palestine | Occupied Palestinian Territories | Palestinian Authority
PT Portugal
PW Palau
PY Paraguay
QA Qatar
RE Réunion
RO Romania
RS Serbia | Republic of Serbia
RU Russian Federation | Russia
RW Rwanda
SA Saudi Arabia | Kingdom of Saudi Arabia
SB Solomon Islands
SC Seychelles
SD Sudan | The Sudan
SE Sweden
SG Singapore
SH Saint Helena, Ascension and Tristan da Cunha
SI Slovenia
SJ Svalbard and Jan Mayen
SK Slovakia | Slovak Republic
SL Sierra Leone
SM San Marino
SN Senegal
SO Somalia
SR Suriname
SS South Sudan | Republic of South Sudan
ST Sao Tome and Principe
SV El Salvador
SX Sint Maarten (Dutch part)
SY Syrian Arab Republic | Syria
SZ Eswatini | Swaziland
TC Turks and Caicos Islands
TD Chad
TF French Southern Territories
TG Togo
TH Thailand
TJ Tajikistan
TK Tokelau
TL Timor-Leste | East Timor
TM Turkmenistan
TN Tunisia
TO Tonga
TR Türkiye | Turkey
TT Trinidad and Tobago | Trinidad & Tobago | Trinidad
TV Tuvalu
TW Taiwan, Province of China | Taiwan | Chinese Taipei
TZ Tanzania, United Republic of | Tanzania | United Republic of Tanzania
UA Ukraine
UG Uganda
UM United States Minor Outlying Islands
US United States | USA | United States of America | US
UY Uruguay
UZ Uzbekistan
VA Holy See (Vatican City State) | Vatican
VC Saint Vincent and the Grenadines | St. Vincent and the Grenadines | St. Vincent & the Grenadines | Saint Vincent
VE Venezuela, Bolivarian Republic of | Venezuela
VG Virgin Islands, British | British Virgin Islands
VI Virgin Islands, U.S. | US Virgin Islands
VN Viet Nam | Vietnam
VU Vanuatu
WF Wallis and Futuna
WS Samoa
XK Kosovo
YE Yemen | Republic of Yemen
YT Mayotte
ZA South Africa
ZM Zambia
ZW Zimbabwe
"""


def _key(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text).casefold() if char.isalnum())


_BY_NAME = {_key(name): line[:2] for line in _NAMES.strip().splitlines() for name in line[3:].split(" | ")}
# States that are no more, and what names none: an entry keeps the first as printed and nothing of the second.
_NONE = frozenset(map(_key, ("", "unknown", "none identified", "undetermined", "not known", "n/a", "-", "00", "zz", "stateless")))


@lru_cache(maxsize=1 << 12)
def country_code(text: str) -> str:
    """ISO 3166 alpha-2 of a country as lists print it; the printed text where no table knows it; "" where it names none."""
    text = " ".join(text.split()).strip(" ,;.")
    if _key(text) in _NONE:
        return ""
    if len(text) == 2 and text.upper() in COUNTRIES:
        return text.upper()
    # Lists write notes after the name: `Kuwait (citizenship withdrawn in 2002)`.
    for shown in (text, *(text.partition(mark)[0] for mark in "(;.,/")):
        code = _BY_NAME.get(_key(shown))
        if code:
            return code
    return text
