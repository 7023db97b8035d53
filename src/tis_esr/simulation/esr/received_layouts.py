"""The layouts of APP, NOT and RTC, entered separately from the description of the files."""

from tis_esr.simulation.esr.columns import columns

APP = columns(
    "effectiveDate D M; applicantEmailAddress X(240); lastName X(150) M; firstName X(150) M; middleNames X(150);"
    "title X(30); dob D M; gender X(1); address1 X(240); address2 X(240); address3 X(240); town X(60); county X(60);"
    "postcode X(30); country X(60); homeTel X(60); mobileTel X(60); ethnicOriginCode X(10);"
    "body1 X(80); regNumber1 X(30); expiryDate1 D; body2 X(80); regNumber2 X(30); expiryDate2 D;"
    "sexualOrientation X(60); religiousBelief X(60); nationality X(60); nationalTrainingNumber X(60); ukNino X(9);"
    "positionId N(15) M; positionNumber N(10) M; disability X(60); projectedHireDate D; projectedEndDate D;"
    "maritalStatus X(30); previousLastName X(150); countryOfBirth X(60); contactLastName X(150);"
    "contactFirstName X(150); contactTitle X(30); contactGender X(1); contactHomePhone X(60); deaneryNumber X(30) M"
)

NOT = columns(
    "notificationTitleCode F(1) M; deaneryBody X(10); deaneryPostNumber X(30); managingDeaneryBodyCode X(10);"
    "occupationCode X(5); hostLeadEmployerStatus X(30); newTrainingPositionLocation X(240);"
    "currentLastName X(150); currentFirstName X(150); currentGmc X(30); currentEndDate D; currentVpdForNext X(60);"
    "currentHours N(3,1); nextLastName X(150); nextFirstName X(150); nextGmc X(30); nextCurrentVpd X(60);"
    "nextStartDate D; nextEmail X(240); nextGrade X(30); withdrawnLastName X(150); withdrawnFirstName X(150);"
    "withdrawnGmc X(30); withdrawalReason X(30); replacementLastName X(150); replacementFirstName X(150);"
    "replacementGmc X(30); replacementCurrentVpd X(60); replacementHireDate D; changedHireDate D; changedEndDate D;"
    "postSpeciality X(60); hours N(3,1); postVacantAtNextRotation F(1); postDeleteIndicator F(1);"
    "employingVpd X(4); odsCode X(30); positionId N(15); positionNumber N(10)"
)

RTC = columns(
    "sourceFile X(60) M; row N(9) M; recordType F(3); recordId N(15); deaneryNumber X(30); loadStatusCode X(7) M;"
    "messageType X(7); messageText X(200)"
)

POR = columns(
    "positionID N(15) M; unmapped03 X(30); indicator F(1); positionNumber N(10); positionTitle X(60);"
    "deaneryNumber X(30) M; managingOffice X(10); hostLeadIndicator X(30); odsCode X(30);"
    "employingOrgVPDCode X(4); esrOrganisation X(240); esrLocation X(240)"
)

POS = columns(
    "positionID N(15) M; unmapped03 X(30); indicator F(1); positionNumber N(10); positionTitle X(60);"
    "occupationCode X(5); areaOfWork X(50); secondSpeciality X(5); deaneryNumber X(30) M; managingOffice X(10);"
    "odsCode X(30); gradeTrust X(3); gradePayscale X(10); gradeDesc X(60); workplaceOrg X(30)"
)

RECORDS = {"APP": "APP", "DNC": "NOT", "DNF": "NOT", "RTC": "RTC"}
"""The record type of each file type that ESR is sent."""

LAYOUTS = {"APP": APP, "NOT": NOT, "RTC": RTC}
