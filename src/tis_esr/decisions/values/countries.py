"""Countries and nationalities: TIS's values and ESR's ISO 3166 alpha-2 codes.

A line is a code, the names of the country, the words for its people. The first of each is TIS's present value, to which
a code is mapped; the others are older or more common names, accepted towards ESR too. Names for several countries
(Congolese, Dominican, Channel Islander, Latin American) or for former ones (Dutch Antillean, Yugoslavian) have no code.
"""

_TABLE = """
AD | Andorra | Andorran
AE | United Arab Emirates | Emirati
AF | Afghanistan | Afghan
AG | Antigua and Barbuda | Antiguan; Barbudan
AI | Anguilla | Anguillan
AL | Albania | Albanian
AM | Armenia | Armenian
AO | Angola | Angolan
AQ | Antarctica |
AR | Argentina | Argentine; Argentinian
AS | American Samoa | American Samoan
AT | Austria | Austrian
AU | Australia | Australian
AW | Aruba | Aruban
AX | Aland Islands; Åland Islands |
AZ | Azerbaijan | Azerbaijani
BA | Bosnia And Herzegovina | Bosnian
BB | Barbados | Barbadian
BD | Bangladesh | Bangladeshi
BE | Belgium | Belgian
BF | Burkina Faso | Burkinabe
BG | Bulgaria | Bulgarian
BH | Bahrain | Bahraini
BI | Burundi | Burundi; Burundian
BJ | Benin | Beninese
BL | Saint Barthelemy; Saint Barthélemy |
BM | Bermuda | Bermudian
BN | Brunei Darussalam; Brunei | Bruneian
BO | Bolivia, Plurinational State Of; Bolivia | Bolivian
BQ | Bonaire, Sint Eustatius And Saba; Caribbean Netherlands |
BR | Brazil | Brazilian
BS | Bahamas | Bahamian
BT | Bhutan | Bhutanese
BV | Bouvet Island |
BW | Botswana | Motswana; Botswanan
BY | Belarus | Belarusian
BZ | Belize | Belizean
CA | Canada | Canadian
CC | Cocos (Keeling) Islands | Cocos Islander
CD | Congo, The Democratic Republic of The |
CF | Central African Republic | Central African
CG | Congo |
CH | Switzerland | Swiss
CI | Cote D'Ivoire; Ivory Coast; Côte d'Ivoire | Ivorian
CK | Cook Islands | Cook Islander
CL | Chile | Chilean
CM | Cameroon | Cameroonian
CN | China | Chinese
CO | Colombia | Colombian
CR | Costa Rica | Costa Rican
CU | Cuba | Cuban
CV | Cape Verde; Cabo Verde | Cape Verdean
CW | Curacao; Curaçao |
CX | Christmas Island | Christmas Islander
CY | Cyprus | Cypriot
CZ | Czech Republic; Czechia | Czech
DE | Germany | German
DJ | Djibouti | Djiboutian
DK | Denmark | Danish
DM | Dominica |
DO | Dominican Republic |
DZ | Algeria | Algerian
EC | Ecuador | Ecuadorian; Ecuadorean
EE | Estonia | Estonian
EG | Egypt | Egyptian
EH | Western Sahara | Sahrawian
ER | Eritrea | Eritrean
ES | Spain | Spanish
ET | Ethiopia | Ethiopian
FI | Finland | Finnish
FJ | Fiji | Fijian
FK | Falkland Islands (Malvinas); Falkland Islands | Falkland Islander
FM | Micronesia, Federated States Of; Micronesia | Micronesian; Chuukese; Kosrae; Pohnpeian; Trukese; Yapese
FO | Faroe Islands | Faroese
FR | France | French
GA | Gabon | Gabonese
GB | United Kingdom; England; Scotland; Wales; Northern Ireland; UK; Great Britain | British; English; Northern Irish; Scottish; Welsh
GD | Grenada | Grenadian
GE | Georgia | Georgian
GF | French Guiana | French Guianese
GG | Guernsey |
GH | Ghana | Ghanaian
GI | Gibraltar | Gibraltar
GL | Greenland | Greenlandic
GM | Gambia | Gambian
GN | Guinea | Guinean
GP | Guadeloupe | Guadeloupe
GQ | Equatorial Guinea | Equatorial Guinean
GR | Greece | Greek
GS | South Georgia and the South Sandwich Islands |
GT | Guatemala | Guatemalan
GU | Guam | Guamanian
GW | Guinea-Bissau |
GY | Guyana | Guyanese
HK | Hong Kong | Hong Kong (British/Chinese); Hong Konger
HM | Heard Island And Mcdonald Islands |
HN | Honduras | Honduran
HR | Croatia | Croatian
HT | Haiti | Haitian
HU | Hungary | Hungarian
ID | Indonesia | Indonesian
IE | Ireland | Irish
IL | Israel | Israeli
IM | Isle of Man | Manx
IN | India | Indian
IO | British Indian Ocean Territory |
IQ | Iraq | Iraqi
IR | Iran, Islamic Republic Of; Iran | Iranian
IS | Iceland | Icelandic
IT | Italy | Italian
JE | Jersey |
JM | Jamaica | Jamaican
JO | Jordan | Jordanian
JP | Japan | Japanese
KE | Kenya | Kenyan
KG | Kyrgyzstan | Kyrgyzstani; Kyrgyz
KH | Cambodia | Cambodian
KI | Kiribati | I-Kiribati
KM | Comoros | Comoran
KN | Saint Kitts And Nevis | Kittitian
KP | Korea, Democratic People's Republic Of; North Korea | North Korean
KR | Korea, Republic Of; South Korea | Korean; South Korean
KW | Kuwait | Kuwaiti
KY | Cayman Islands | Caymanian
KZ | Kazakhstan | Kazakhstani; Kazakh
LA | Lao People's Democratic Republic; Laos | Laotian
LB | Lebanon | Lebanese
LC | Saint Lucia; St Lucia | Saint Lucian; St Lucian
LI | Liechtenstein | Liechtenstein; Liechtenstein citizen
LK | Sri Lanka | Sri Lankan
LR | Liberia | Liberian
LS | Lesotho | Basotho; Mosotho
LT | Lithuania | Lithuanian
LU | Luxembourg | Luxembourg; Luxembourger
LV | Latvia | Latvian
LY | Libya | Libyan
MA | Morocco | Moroccan
MC | Monaco | Monegasque
MD | Moldova, Republic Of; Moldova | Moldovan
ME | Montenegro | Montenegrin
MF | Saint Martin (French Part) |
MG | Madagascar | Malagasy
MH | Marshall Islands | Marshallese
MK | Macedonia, The Former Yugoslav Republic of; North Macedonia | Macedonian
ML | Mali | Malian
MM | Myanmar; Burma | Burmese
MN | Mongolia | Mongolian
MO | Macao; Macau |
MP | Northern Mariana Islands |
MQ | Martinique | Martiniquais
MR | Mauritania | Mauritanian
MS | Montserrat | Montserratian
MT | Malta | Maltese
MU | Mauritius | Mauritian
MV | Maldives | Maldivian
MW | Malawi | Malawian
MX | Mexico | Mexican
MY | Malaysia | Malaysian
MZ | Mozambique | Mozambican
NA | Namibia | Namibian
NC | New Caledonia | New Caledonian
NE | Niger | Nigerien
NF | Norfolk Island | Norfolk Islander
NG | Nigeria | Nigerian
NI | Nicaragua | Nicaraguan
NL | Netherlands | Dutch
NO | Norway | Norwegian; Norwegian (Old)
NP | Nepal | Nepalese
NR | Nauru | Nauruan
NU | Niue | Niuean
NZ | New Zealand | New Zealand; New Zealander
OM | Oman | Omani
PA | Panama | Panamanian
PE | Peru | Peruvian
PF | French Polynesia | French Polynesian
PG | Papua New Guinea | Papua New Guinean
PH | Philippines | Philippine; Filipino
PK | Pakistan | Pakistani
PL | Poland | Polish; Polish (Old)
PM | Saint Pierre And Miquelon |
PN | Pitcairn | Pitcairn Islander
PR | Puerto Rico | Puerto Rican
PS | Palestine, State of; Palestine; Palestinian Territories | Palestinian
PT | Portugal | Portuguese
PW | Palau | Palauan
PY | Paraguay | Paraguayan
QA | Qatar | Qatari
RE | Reunion; Réunion | Reunionese
RO | Romania | Romanian
RS | Serbia | Serbian
RU | Russian Federation; Russia | Russian
RW | Rwanda | Rwandan
SA | Saudi Arabia | Saudi Arabian
SB | Solomon Islands | Solomon Islander
SC | Seychelles | Seychellois; Citizen of Seychelles
SD | Sudan | Sudanese
SE | Sweden | Swedish
SG | Singapore | Singapore; Singaporean
SH | Saint Helena, Ascension And Tristan Da Cunha | Saint Helenian
SI | Slovenia | Slovenian
SJ | Svalbard And Jan Mayen |
SK | Slovakia | Slovak
SL | Sierra Leone | Sierra Leonean
SM | San Marino | Sammarinese
SN | Senegal | Senegalese
SO | Somalia | Somali
SR | Suriname | Surinamese
SS | South Sudan | South Sudanese
ST | Sao Tome And Principe | Sao Tomean
SV | El Salvador | Salvadoran; Salvadorean
SX | Sint Maarten (Dutch Part) |
SY | Syrian Arab Republic; Syria | Syrian
SZ | Swaziland; Eswatini | Swazi
TC | Turks And Caicos Islands |
TD | Chad | Chadian
TF | French Southern Territories |
TG | Togo | Togolese
TH | Thailand | Thai
TJ | Tajikistan | Tajikistani; Tajik
TK | Tokelau | Tokelauan
TL | Timor-Leste; East Timor | Timorese
TM | Turkmenistan | Turkmen
TN | Tunisia | Tunisian
TO | Tonga | Tongan
TR | Turkey; Türkiye | Turkish
TT | Trinidad And Tobago | Trinidadian; Tobagonian
TV | Tuvalu | Tuvaluan
TW | Taiwan, Province Of China; Taiwan | Taiwanese
TZ | Tanzania, United Republic Of; Tanzania | Tanzanian
UA | Ukraine | Ukrainian
UG | Uganda | Ugandan
UM | United States Minor Outlying Islands |
US | United States; United States of America; USA | American
UY | Uruguay | Uruguayan
UZ | Uzbekistan | Uzbekistani; Uzbek
VA | Holy See (Vatican City State); Vatican City |
VC | Saint Vincent And The Grenadines | Saint Vincentian
VE | Venezuela, Bolivarian Republic Of; Venezuela | Venezuelan
VG | Virgin Islands, British; British Virgin Islands | British Virgin Islander
VI | Virgin Islands, U.S.; US Virgin Islands | Virgin Islander
VN | Vietnam; Viet Nam | Vietnamese
VU | Vanuatu | Ni-Vanuatu
WF | Wallis And Futuna | Wallis and Futuna Islander
WS | Samoa | Samoan
YE | Yemen | Yemeni
YT | Mayotte | Mahoran
ZA | South Africa | South African
ZM | Zambia | Zambian
ZW | Zimbabwe | Zimbabwean
"""


def _words(column: int) -> list[tuple[str, str]]:
    rows = [[cell.strip() for cell in line.split("|")] for line in _TABLE.strip().splitlines()]
    return [(word.strip(), row[0]) for row in rows for word in row[column].split(";") if word.strip()]


COUNTRIES = _words(1)
"""TIS's country and its ISO code; a country's own name comes before the other words for it."""

NATIONALITIES = _words(2)
"""TIS's nationality and the ISO code of its country."""
