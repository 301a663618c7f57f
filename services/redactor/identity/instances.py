"""Identifiers that the header of an instance holds, at every depth."""

from collections.abc import Iterator, Mapping

from pydicom import DataElement, Dataset
from pydicom.datadict import dictionary_VR
from pydicom.multival import MultiValue

from services.redactor.lexicon import listed
from services.redactor.spans import Kind

ROOT_OF_STANDARD = "1.2.840.10008."

IDS = listed(
    """
    PatientID OtherPatientIDs IssuerOfPatientID AccessionNumber StudyID AdmissionID
    ServiceEpisodeID IssuerOfAdmissionID RequestedProcedureID ScheduledProcedureStepID
    PerformedProcedureStepID PlacerOrderNumberImagingServiceRequest
    FillerOrderNumberImagingServiceRequest PlacerOrderNumberProcedure FillerOrderNumberProcedure
    ImagingServiceRequestID DeviceSerialNumber DetectorID GantryID PlateID CassetteID GeneratorID
    StationName ScheduledStationName PerformedStationName MedicalRecordLocator
    InsurancePlanIdentification UniqueDeviceIdentifier DeviceID SourceSerialNumber
    ContainerIdentifier SpecimenIdentifier ClinicalTrialSubjectID ClinicalTrialSubjectReadingID
    SlideIdentifier LocalNamespaceEntityID
    """
)
"""Attributes whose values stand for a patient, visit, order, device or account."""

PLACES = listed(
    """
    InstitutionName InstitutionAddress InstitutionalDepartmentName PatientAddress
    RegionOfResidence CurrentPatientLocation PatientInstitutionResidence ResponsibleOrganization
    ScheduledProcedureStepLocation PerformedLocation ReferringPhysicianAddress PersonAddress
    RequestingService ScheduledPatientInstitutionResidence ClinicalTrialSiteName
    ClinicalTrialSponsorName OrganizationName IssueOfImagingServiceRequestLocation
    OrderEntererLocation VerifyingOrganization CustodialOrganizationName
    """
)
PHONES = listed(
    """
    PatientTelephoneNumbers ReferringPhysicianTelephoneNumbers PersonTelephoneNumbers
    OrderCallbackPhoneNumber PatientTelecomInformation PersonTelecomInformation
    OrderCallbackTelecomInformation
    """
)


def instance_values(ds: Dataset) -> Iterator[tuple[Kind, str]]:
    """Kind and value of every identifier in an instance, its file meta included."""
    meta = getattr(ds, "file_meta", None)
    for element in [*(meta or ()), *ds.iterall()]:
        if not element.tag.is_private and element.VR != "SQ":
            yield from _element_values(element)


def _element_values(element: DataElement) -> Iterator[tuple[Kind, str]]:
    kind = kind_of(element.keyword, element.VR)
    if kind is None or element.value is None:
        return
    for value in element.value if isinstance(element.value, MultiValue | list) else [element.value]:
        yield from _usable(kind, str(value))


def header_values(header: Mapping[str, object]) -> Iterator[tuple[Kind, str]]:
    """Kind and value of every identifier in a map of DICOM keywords to values."""
    for keyword, content in header.items():
        try:
            vr = dictionary_VR(keyword)
        except (KeyError, ValueError):
            continue
        kind = kind_of(keyword, vr)
        values = content if isinstance(content, list) else str(content or "").split("\\")
        if kind is not None:
            for value in values:
                yield from _usable(kind, str(value))


def kind_of(keyword: str, vr: str) -> Kind | None:
    """What the value of an attribute would identify; None when nobody."""
    by_name = ((IDS, Kind.ID), (PLACES, Kind.LOC), (PHONES, Kind.PHONE))
    for keywords, kind in by_name:
        if keyword in keywords:
            return kind
    by_vr = {"PN": Kind.NAME, "DA": Kind.DATE, "DT": Kind.DATE, "UI": Kind.UID, "AE": Kind.ID}
    return by_vr.get(vr)


def _usable(kind: Kind, value: str) -> Iterator[tuple[Kind, str]]:
    stripped = value.strip(" \0")
    if stripped and not (kind is Kind.UID and stripped.startswith(ROOT_OF_STANDARD)):
        yield kind, stripped
