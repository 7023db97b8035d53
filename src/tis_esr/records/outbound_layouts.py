"""The record types sent to ESR, column by column."""

from tis_esr.records.layouts import layout

APP = layout(
    "APP",
    """
    effectiveDate D M
    applicantEmailAddress X(240)
    lastName X(150) M
    firstName X(150) M
    middleNames X(150)
    title X(30)
    dob D M
    gender X(1)
    address.address1 X(240)
    address.address2 X(240)
    address.address3 X(240)
    address.town X(60)
    address.county X(60)
    address.postcode X(30)
    address.country X(60)
    homeTel X(60)
    mobileTel X(60)
    ethnicOriginCode X(10)
    professionalBodies.0.body X(80)
    professionalBodies.0.regNumber X(30)
    professionalBodies.0.expiryDate D
    professionalBodies.1.body X(80)
    professionalBodies.1.regNumber X(30)
    professionalBodies.1.expiryDate D
    sexualOrientation X(60)
    religiousBelief X(60)
    nationality X(60)
    nationalTrainingNumber X(60)
    ukNino X(9)
    positionId N(15) M
    positionNumber N(10) M
    disability X(60)
    projectedHireDate D
    projectedEndDate D
    maritalStatus X(30)
    previousLastName X(150)
    countryOfBirth X(60)
    contactLastName X(150)
    contactFirstName X(150)
    contactTitle X(30)
    contactGender X(1)
    contactHomePhone X(60)
    deaneryNumber X(30) M
    """,
)

NOT = layout(
    "NOT",
    """
    notificationTitleCode F(1) M
    deaneryBody X(10)
    deaneryPostNumber X(30)
    managingDeaneryBodyCode X(10)
    occupationCode X(5)
    hostLeadEmployerStatus X(30)
    newTrainingPositionLocation X(240)
    currentTraineeLastName X(150)
    currentTraineeFirstName X(150)
    currentTraineeGmcNumber X(30)
    currentTraineeProjectedEndDate D
    currentTraineeVpdForNextPlacement X(60)
    currentTraineeWorkingHoursIndicator N(3,1)
    nextAppointmentTraineeLastName X(150)
    nextAppointmentTraineeFirstName X(150)
    nextAppointmentTraineeGmcNumber X(30)
    nextAppointmentCurrentPlacementVpd X(60)
    nextAppointmentProjectedStartDate D
    nextAppointmentTraineeEmailAddress X(240)
    nextAppointmentTraineeGrade X(30)
    withdrawnTraineeLastName X(150)
    withdrawnTraineeFirstName X(150)
    withdrawnTraineeGmcNumber X(30)
    withdrawalReason X(30)
    replacementTraineeLastName X(150)
    replacementTraineeFirstName X(150)
    replacementTraineeGmcNumber X(30)
    replacementTraineeCurrentPlacementVpd X(60)
    replacementTraineeProjectedHireDate D
    changeOfProjectedHireDate D
    changeOfProjectedEndDate D
    postSpeciality X(60)
    workingHourIndicator N(3,1)
    postVacantAtNextRotation F(1)
    medicalRotationPostDeleteIndicator F(1)
    employingOrgVPDCode X(4)
    odsCode X(30)
    positionId N(15)
    positionNumber N(10)
    """,
)

RTC = layout(
    "RTC",
    """
    sourceFile X(60) M
    row N(9) M
    recordType F(3)
    recordId N(15)
    deaneryNumber X(30)
    loadStatusCode X(7) M
    messageType X(7)
    messageText X(200)
    """,
)
