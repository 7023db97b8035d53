"""Countries and nationalities by their ISO 3166 alpha-2 code."""

_TABLE = """
AF Afghanistan Afghan|AL Albania Albanian|DZ Algeria Algerian|AD Andorra Andorran|AO Angola Angolan
AR Argentina Argentinian|AM Armenia Armenian|AU Australia Australian|AT Austria Austrian
AZ Azerbaijan Azerbaijani|BS Bahamas Bahamian|BH Bahrain Bahraini|BD Bangladesh Bangladeshi
BB Barbados Barbadian|BY Belarus Belarusian|BE Belgium Belgian|BZ Belize Belizean|BJ Benin Beninese
BT Bhutan Bhutanese|BO Bolivia Bolivian|BA Bosnia_and_Herzegovina Bosnian|BW Botswana Botswanan
BR Brazil Brazilian|BN Brunei Bruneian|BG Bulgaria Bulgarian|BF Burkina_Faso Burkinabe|BI Burundi Burundian
KH Cambodia Cambodian|CM Cameroon Cameroonian|CA Canada Canadian|CV Cape_Verde Cape_Verdean
CF Central_African_Republic Central_African|TD Chad Chadian|CL Chile Chilean|CN China Chinese
CO Colombia Colombian|KM Comoros Comoran|CG Congo Congolese_(Congo)|CD DR_Congo Congolese_(DRC)
CR Costa_Rica Costa_Rican|HR Croatia Croatian|CU Cuba Cuban|CY Cyprus Cypriot|CZ Czech_Republic Czech
DK Denmark Danish|DJ Djibouti Djiboutian|DM Dominica Dominican_(Dominica)|DO Dominican_Republic Dominican
EC Ecuador Ecuadorean|EG Egypt Egyptian|SV El_Salvador Salvadorean|GQ Equatorial_Guinea Equatorial_Guinean
ER Eritrea Eritrean|EE Estonia Estonian|ET Ethiopia Ethiopian|FJ Fiji Fijian|FI Finland Finnish
FR France French|GA Gabon Gabonese|GM Gambia Gambian|GE Georgia Georgian|DE Germany German|GH Ghana Ghanaian
GR Greece Greek|GD Grenada Grenadian|GT Guatemala Guatemalan|GN Guinea Guinean|GY Guyana Guyanese
HT Haiti Haitian|HN Honduras Honduran|HK Hong_Kong Hong_Konger|HU Hungary Hungarian|IS Iceland Icelandic
IN India Indian|ID Indonesia Indonesian|IR Iran Iranian|IQ Iraq Iraqi|IE Ireland Irish|IL Israel Israeli
IT Italy Italian|CI Ivory_Coast Ivorian|JM Jamaica Jamaican|JP Japan Japanese|JO Jordan Jordanian
KZ Kazakhstan Kazakh|KE Kenya Kenyan|KW Kuwait Kuwaiti|KG Kyrgyzstan Kyrgyz|LA Laos Laotian|LV Latvia Latvian
LB Lebanon Lebanese|LS Lesotho Mosotho|LR Liberia Liberian|LY Libya Libyan|LI Liechtenstein Liechtenstein_citizen
LT Lithuania Lithuanian|LU Luxembourg Luxembourger|MK North_Macedonia Macedonian|MG Madagascar Malagasy
MW Malawi Malawian|MY Malaysia Malaysian|MV Maldives Maldivian|ML Mali Malian|MT Malta Maltese
MR Mauritania Mauritanian|MU Mauritius Mauritian|MX Mexico Mexican|MD Moldova Moldovan|MC Monaco Monegasque
MN Mongolia Mongolian|ME Montenegro Montenegrin|MA Morocco Moroccan|MZ Mozambique Mozambican|MM Myanmar Burmese
NA Namibia Namibian|NP Nepal Nepalese|NL Netherlands Dutch|NZ New_Zealand New_Zealander|NI Nicaragua Nicaraguan
NE Niger Nigerien|NG Nigeria Nigerian|KP North_Korea North_Korean|NO Norway Norwegian|OM Oman Omani
PK Pakistan Pakistani|PS Palestine Palestinian|PA Panama Panamanian|PG Papua_New_Guinea Papua_New_Guinean
PY Paraguay Paraguayan|PE Peru Peruvian|PH Philippines Filipino|PL Poland Polish|PT Portugal Portuguese
QA Qatar Qatari|RO Romania Romanian|RU Russia Russian|RW Rwanda Rwandan|SA Saudi_Arabia Saudi_Arabian
SN Senegal Senegalese|RS Serbia Serbian|SC Seychelles Citizen_of_Seychelles|SL Sierra_Leone Sierra_Leonean
SG Singapore Singaporean|SK Slovakia Slovak|SI Slovenia Slovenian|SO Somalia Somali|ZA South_Africa South_African
KR South_Korea South_Korean|SS South_Sudan South_Sudanese|ES Spain Spanish|LK Sri_Lanka Sri_Lankan
LC St_Lucia St_Lucian|SD Sudan Sudanese|SR Suriname Surinamese|SZ Eswatini Swazi|SE Sweden Swedish
CH Switzerland Swiss|SY Syria Syrian|TW Taiwan Taiwanese|TJ Tajikistan Tajik|TZ Tanzania Tanzanian
TH Thailand Thai|TG Togo Togolese|TO Tonga Tongan|TT Trinidad_and_Tobago Trinidadian|TN Tunisia Tunisian
TR Turkey Turkish|TM Turkmenistan Turkmen|UG Uganda Ugandan|UA Ukraine Ukrainian|AE United_Arab_Emirates Emirati
GB United_Kingdom British|US United_States American|UY Uruguay Uruguayan|UZ Uzbekistan Uzbek|VE Venezuela Venezuelan
VN Vietnam Vietnamese|WS Samoa Samoan|YE Yemen Yemeni|ZM Zambia Zambian|ZW Zimbabwe Zimbabwean
"""

_ENTRIES = [entry.split(" ") for line in _TABLE.split("\n") if line for entry in line.split("|")]

COUNTRIES: list[tuple[str, str]] = [
    *((name.replace("_", " "), code) for code, name, _ in _ENTRIES),
    *((nation, "GB") for nation in ("England", "Scotland", "Wales", "Northern Ireland", "UK", "Great Britain")),
    ("United States of America", "US"),
]
"""TIS's country, ISO code; further names of a country come behind its own, so the way back is sure."""

NATIONALITIES: list[tuple[str, str]] = [
    *((people.replace("_", " "), code) for code, _, people in _ENTRIES),
    *((nation, "GB") for nation in ("English", "Scottish", "Welsh", "Northern Irish")),
]
"""TIS's nationality, ISO code of its country."""
