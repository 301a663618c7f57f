"""Which SOP classes may pass through the redactor, and what each of them may hold.

Names are pydicom's keywords of PS3.6 table A-1. A class that is not named here, whether private,
new or retired, goes to a person: nobody has thought about where it may hide a name.
"""

from enum import StrEnum

from pydicom import uid as uids
from pydicom._uid_dict import UID_dictionary
from pydicom.uid import UID


class ObjectKind(StrEnum):
    """What an object is, as far as redaction treats it differently."""

    IMAGE = "image"
    """Pixels that somebody may have written on."""
    SEGMENTATION = "segmentation"
    """Labels per voxel; pixels that cannot be read as text."""
    REPORT = "report"
    """A content tree (PS3.3 C.17.3), key object selections among them."""
    RADIOTHERAPY = "radiotherapy"
    PRESENTATION = "presentation"
    """Presentation states: their graphic annotations are text."""
    WAVEFORM = "waveform"
    DOCUMENT = "document"
    """An encapsulated PDF or CDA document."""
    MESH = "mesh"
    """An encapsulated STL, OBJ or MTL file."""
    SPECTROSCOPY = "spectroscopy"
    MEASUREMENT = "measurement"
    """Attributes alone: registrations, measurements, maps of values."""


IMAGES = """
ComputedRadiographyImage DigitalXRayImageStorageForPresentation
DigitalXRayImageStorageForProcessing DigitalMammographyXRayImageStorageForPresentation
DigitalMammographyXRayImageStorageForProcessing DigitalIntraOralXRayImageStorageForPresentation
DigitalIntraOralXRayImageStorageForProcessing CTImage EnhancedCTImage
LegacyConvertedEnhancedCTImage UltrasoundMultiFrameImageStorageRetired UltrasoundMultiFrameImage
MRImage EnhancedMRImage EnhancedMRColorImage LegacyConvertedEnhancedMRImage
NuclearMedicineImageStorageRetired UltrasoundImageStorageRetired UltrasoundImage EnhancedUSVolume
PhotoacousticImage SecondaryCaptureImage MultiFrameSingleBitSecondaryCaptureImage
MultiFrameGrayscaleByteSecondaryCaptureImage MultiFrameGrayscaleWordSecondaryCaptureImage
MultiFrameTrueColorSecondaryCaptureImage XRayAngiographicImage EnhancedXAImage
XRayRadiofluoroscopicImage EnhancedXRFImage XRayAngiographicBiPlaneImage XRay3DAngiographicImage
XRay3DCraniofacialImage BreastTomosynthesisImage BreastProjectionXRayImageStorageForPresentation
BreastProjectionXRayImageStorageForProcessing
IntravascularOpticalCoherenceTomographyImageStorageForPresentation
IntravascularOpticalCoherenceTomographyImageStorageForProcessing NuclearMedicineImage
VLEndoscopicImage VLMicroscopicImage VLSlideCoordinatesMicroscopicImage VLPhotographicImage
OphthalmicPhotography8BitImage OphthalmicPhotography16BitImage OphthalmicTomographyImage
WideFieldOphthalmicPhotographyStereographicProjectionImage
WideFieldOphthalmicPhotography3DCoordinatesImage
OphthalmicOpticalCoherenceTomographyEnFaceImage VLWholeSlideMicroscopyImage
DermoscopicPhotographyImage ConfocalMicroscopyImage ConfocalMicroscopyTiledPyramidalImage
OphthalmicThicknessMap CornealTopographyMap PositronEmissionTomographyImage
LegacyConvertedEnhancedPETImage EnhancedPETImage RTImage EnhancedRTImage
EnhancedContinuousRTImage
"""

REPORTS = """
BasicTextSR EnhancedSR ComprehensiveSR Comprehensive3DSR ExtensibleSR ProcedureLog MammographyCADSR
KeyObjectSelectionDocument ChestCADSR XRayRadiationDoseSR RadiopharmaceuticalRadiationDoseSR
ColonCADSR ImplantationPlanSR AcquisitionContextSR SimplifiedAdultEchoSR PatientRadiationDoseSR
PlannedImagingAgentAdministrationSR PerformedImagingAgentAdministrationSR
EnhancedXRayRadiationDoseSR WaveformAnnotationSR SpectaclePrescriptionReport
MacularGridThicknessAndVolumeReport
"""

RADIOTHERAPY = """
RTDose RTStructureSet RTBeamsTreatmentRecord RTPlan RTBrachyTreatmentRecord
RTTreatmentSummaryRecord RTIonPlan RTIonBeamsTreatmentRecord RTPhysicianIntent RTSegmentAnnotation
RTRadiationSet CArmPhotonElectronRadiation TomotherapeuticRadiation RoboticArmRadiation
RTRadiationRecordSet RTRadiationSalvageRecord TomotherapeuticRadiationRecord
CArmPhotonElectronRadiationRecord RoboticRadiationRecord RTRadiationSetDeliveryInstruction
RTTreatmentPreparation RTPatientPositionAcquisitionInstruction RTBeamsDeliveryInstruction
RTBrachyApplicationSetupDeliveryInstruction
"""

PRESENTATIONS = """
GrayscaleSoftcopyPresentationState ColorSoftcopyPresentationState
PseudoColorSoftcopyPresentationState BlendingSoftcopyPresentationState
XAXRFGrayscaleSoftcopyPresentationState GrayscalePlanarMPRVolumetricPresentationState
CompositingPlanarMPRVolumetricPresentationState AdvancedBlendingPresentationState
VolumeRenderingVolumetricPresentationState SegmentedVolumeRenderingVolumetricPresentationState
MultipleVolumeRenderingVolumetricPresentationState VariableModalityLUTSoftcopyPresentationState
BasicStructuredDisplay
"""

WAVEFORMS = """
TwelveLeadECGWaveform GeneralECGWaveform AmbulatoryECGWaveform General32bitECGWaveform
HemodynamicWaveform CardiacElectrophysiologyWaveform ArterialPulseWaveform RespiratoryWaveform
MultichannelRespiratoryWaveform RoutineScalpElectroencephalogramWaveform ElectromyogramWaveform
ElectrooculogramWaveform SleepElectroencephalogramWaveform BodyPositionWaveform
"""
"""Not the two audio classes: a voice says names, and nothing here listens."""

MEASUREMENTS = """
SpatialRegistration SpatialFiducials DeformableSpatialRegistration TractographyResults
RealWorldValueMapping StereometricRelationship LensometryMeasurements
AutorefractionMeasurements KeratometryMeasurements SubjectiveRefractionMeasurements
VisualAcuityMeasurements OphthalmicAxialMeasurements IntraocularLensCalculations
OphthalmicVisualFieldStaticPerimetryMeasurements ContentAssessmentResults
MicroscopyBulkSimpleAnnotations
OphthalmicOpticalCoherenceTomographyBscanVolumeAnalysis CTDefinedProcedureProtocol
CTPerformedProcedureProtocol XADefinedProcedureProtocol XAPerformedProcedureProtocol
"""

CLASSES = {
    ObjectKind.IMAGE: IMAGES,
    ObjectKind.SEGMENTATION: "Segmentation SurfaceSegmentation ParametricMap",
    ObjectKind.REPORT: REPORTS,
    ObjectKind.RADIOTHERAPY: RADIOTHERAPY,
    ObjectKind.PRESENTATION: PRESENTATIONS,
    ObjectKind.WAVEFORM: WAVEFORMS,
    ObjectKind.DOCUMENT: "EncapsulatedPDF EncapsulatedCDA",
    ObjectKind.MESH: "EncapsulatedSTL EncapsulatedOBJ EncapsulatedMTL",
    ObjectKind.SPECTROSCOPY: "MRSpectroscopy",
    ObjectKind.MEASUREMENT: MEASUREMENTS,
}
"""Left out on purpose: raw data (vendor-private bytes), video and audio, DICOMDIR, inventories,
surface scans (a face), implant templates, hanging protocols and palettes (no patient), DICOS."""

SYNTAXES = frozenset(
    {
        uids.ImplicitVRLittleEndian,
        uids.ExplicitVRLittleEndian,
        uids.ExplicitVRBigEndian,
        uids.DeflatedExplicitVRLittleEndian,
        uids.JPEGBaseline8Bit,
        uids.JPEGExtended12Bit,
        uids.JPEGLossless,
        uids.JPEGLosslessSV1,
        uids.JPEGLSLossless,
        uids.JPEGLSNearLossless,
        uids.JPEG2000Lossless,
        uids.JPEG2000,
        uids.HTJ2KLossless,
        uids.HTJ2KLosslessRPCL,
        uids.HTJ2K,
        uids.RLELossless,
    }
)
"""Transfer syntaxes whose frames can be opened one by one. No video: its frames cannot be."""


def _by_uid() -> dict[str, ObjectKind]:
    kinds = {}
    for kind, names in CLASSES.items():
        for name in names.split():
            keyword = name if "Storage" in name else f"{name}Storage"
            kinds[str(getattr(uids, keyword, "") or _dictionary_uid(keyword))] = kind
    return kinds


def _dictionary_uid(keyword: str) -> UID:
    """UID of a retired class, which `pydicom.uid` does not name."""
    return next(UID(uid) for uid, entry in UID_dictionary.items() if entry[4] == keyword)


KINDS = _by_uid()
"""Kind by SOP Class UID."""
