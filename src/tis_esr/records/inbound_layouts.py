"""The record types from ESR, column by column, and HDR and TRL."""

from tis_esr.records.layouts import layout

HDR = layout(
    "HDR",
    """
    fileName X(60) M
    createdAt X(15) M
    deanery F(3) M
    fileType F(3) M
    """,
)

TRL = layout("TRL", "rowCount N(9) M")

POR = layout(
    "POR",
    """
    positionID N(15) M
    unmapped03 X(30)
    changeDeleteIndicator F(1) = C | D
    positionNumber N(10) K
    positionTitle X(60)
    deaneryNumber X(30) M
    managingOffice X(10)
    hostLeadIndicator X(30) = Host Employer | Lead Employer
    odsCode X(30)
    employingOrgVPDCode X(4)
    esrOrganisation X(240)
    esrLocation X(240)
    """,
)

POS = layout(
    "POS",
    """
    positionID N(15) M
    unmapped03 X(30)
    changeDeleteIndicator F(1) = C | D
    positionNumber N(10) K
    positionTitle X(60)
    occupationCode X(5)
    areaOfWork X(50)
    secondSpeciality X(5)
    deaneryNumber X(30) M
    managingOffice X(10)
    odsCode X(30)
    gradeTrust X(3)
    gradePayscale X(10)
    gradeDesc X(60)
    workplaceOrg X(30)
    """,
)

ASG = layout(
    "ASG",
    """
    assignmentId N(15) M
    unmapped03 X(30)
    changeDeleteIndicator F(1) = C | D
    personId N(15) M
    employeeNumber X(30)
    assignmentNumber X(30)
    positionID N(15) K
    positionNumber N(10) K
    deaneryNumber X(30) K
    hostLeadIndicator X(30) = Host Employer | Lead Employer
    employingOrgVPDCode X(4)
    startDate D
    endDate D
    assignmentStatus X(30)
    fte N(5,4)
    """,
)

PER = layout(
    "PER",
    """
    personId N(15) M
    unmapped03 X(30)
    changeDeleteIndicator F(1) = C | D
    unmapped05 X(30)
    unmapped06 X(30)
    ukNino X(9)
    lastName X(150)
    firstName X(150)
    middleNames X(150)
    previousLastName X(150)
    title X(30)
    gender X(1)
    dob D
    unmapped15 X(30)
    homeTel X(60)
    mobileTel X(60)
    unmapped18 X(60)
    unmapped19 X(60)
    emailAddress X(240)
    ethnicOriginCode X(10)
    unmapped22 X(60)
    unmapped23 X(60)
    unmapped24 X(60)
    unmapped25 X(60)
    unmapped26 X(60)
    unmapped27 X(60)
    unmapped28 X(60)
    unmapped29 X(60)
    unmapped30 X(60)
    religiousBelief X(60)
    sexualOrientation X(60)
    disability X(60)
    """,
)

ADD = layout(
    "ADD",
    """
    personId N(15) M
    unmapped03 X(30)
    changeDeleteIndicator F(1) = C | D
    addressType X(30)
    primaryFlag X(1) = Y | N
    address1 X(240)
    address2 X(240)
    address3 X(240)
    town X(60)
    county X(60)
    postcode X(30)
    country X(60)
    """,
)

PBD = layout(
    "PBD",
    """
    personId N(15) M
    unmapped03 X(30)
    changeDeleteIndicator F(1) = C | D
    body X(80)
    regNumber X(30) K
    expiryDate D
    """,
)

ABS = layout(
    "ABS",
    """
    personId N(15) M
    unmapped03 X(30)
    changeDeleteIndicator F(1) = C | D
    absenceStart D K
    absenceEnd D K
    absenceDuration N(5) K
    absenceID X(10) M
    """,
)

APC = layout(
    "APC",
    """
    deaneryNumber X(30) K
    loadStatusCode X(7) M = SUCCESS | FAIL
    messageType X(7) O = ERROR | WARNING | INFO
    messageText X(200)
    applicantNumber X(30)
    assignmentId N(15)
    positionId N(15) M
    positionNumber N(10) M
    esrVacancyId N(15) K
    """,
)

DCC = layout(
    "DCC",
    """
    row N(9) K
    deaneryNumber X(30) K
    notificationTitleCode F(1)
    loadStatusCode X(7) M = SUCCESS | FAIL
    messageType X(7) O = ERROR | WARNING | INFO
    messageText X(200)
    positionId N(15) K
    positionNumber N(10) K
    """,
)
