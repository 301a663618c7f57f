"""Forms of reports: braces hold what the generator puts in, everything else stands as written.

The upper family is how radiology systems print, the lower is prose of other kinds: letters, calls,
nursing notes, addenda, e-mails.
"""

from typing import Final

PRINTED: Final = (
    """{P:NAME}    MRN {mrn}    DOB {dob}
{exam}   {date}
Accession: {acc}   Ordering: {D}
CLINICAL INDICATION: {age} {sex} with {sign}. {epon}
TECHNIQUE: {tech}
COMPARISON: {exam} {pdate}
FINDINGS: {find} {find} {hard} {find} {epon}
IMPRESSION:
1. {find}
2. {plan}
Electronically signed by {Dm} on {date}""",
    """{hosp}
{addr}
Tel {phone}  Fax {fax}

Patient Name: {P:NAME}
Patient ID: {mrn}
Date of Birth: {dob}    Sex: {s}
Referring Physician: {D}
Date of Exam: {date}

{exam}

Clinical history: {sign}. {hard}

Comparison: None.

Findings: {find} {epon} {find} {meas}

Impression: {find} {plan}

{Dm}
Dictated: {date}  Transcribed: {ini}""",
    """NAME: {P:UPPER} | ID: {mrn} | VISIT: {visit} | {exam} | {date}
HX: {sign}, {age}. Prior at {hosp} ({pdate}).
{find} {meas} {hard}
{find} {epon}
CONCLUSION: {find} {plan}
RAD: {dlast}/{ini}   D: {date}   T: {date}""",
    """Study date: {date}
Patient: {P:NAME}, born {dob}, case no. {visit}
Requested by {D}, {hosp}
Question: {sign}?
Report: {find} {find} {epon} {hard} {meas} Compared with the outside study of {pdate}, {find2}
Assessment: {find} {plan}
cc: {D2}, {email}""",
    """RADIOLOGY REPORT - FINAL
PT: {P:INIT}    ACCT#{visit}    LOC: {ward}
ORDER {order}  {exam}
REASON: {sign}
{find}
{epon}
{hard} {meas}
IMP: {find}
Results called to {D} at {phone} on {date}. Read by {Dm}.""",
)

PROSE: Final = (
    """Dear {dtitle} {dlast},

Thank you for referring {title} {plast}, whom I saw in {hosp} on {date}. {He} is a {age} {sex} who
lives at {addr} and works for {company}. {He} presented with {sign}. {epon} {find}

{P:FULL} will return in six weeks. {hard} Should you have questions, my secretary can be reached
at {phone} or {email}.

With kind regards,
{D2}""",
    """Spoke with patient's {kin} {kinname} by telephone ({phone}) regarding {pfirst}'s scan of
{pdate}. {find} Explained that {hard} {He} asked that a copy be sent to {addr}. {epon} Will call
again {mday}. -- {ini}""",
    """ADDENDUM: After discussion with {dlast} from {ward}, the images of {plast} were compared
again with those done in {city} in {mday}. {find} {epon} {meas} No other change. Dictated by
{Dm}.""",
    """Nursing note. Pt {pfirst} {plast} arrived from {city} via ambulance accompanied by {kin}
{kinname}. Wristband {mrn} checked, SSN {ssn}. {sign}. IV placed, {tech} {hard} Discharged home with
instructions; next appointment {mday}. Emergency contact {kinname}, {phone}.""",
    """From: {email}
To: {email2}
Subject: {plast} follow up

Hi {dfirst}, I looked at the outside images for {pfirst} ({mrn}). {find} {epon} On {pdate} it was
smaller. {hard} Portal: {url}. Thanks, {d2first}""",
    """This {age90} {sex}, a retired employee of {company} from {city}, was admitted to {hosp} on
{date}. {sign}. {find} {meas} {epon} {plast} denied pain. Device implanted {pdate}, serial number
{serial}, by {D}. {plan}""",
    """{pfirst} {plast} is well known to our department. {find} Last imaging was on {pdate}; since
then {hard} {He} moved from {city}. Insurance {policy} through {company}. {epon} I agree with
{dlast}'s reading. {find2}""",
    """Consulted re: {P:NAME} (room {room}, {ward}). {find} {hard} {epon} Biopsy by {dlast} showed
no malignancy on {mday}. Discussed with {D2} and {kin} {kinname}, who gave consent. {plan}""",
)

FINDINGS: Final = (
    "The liver is normal in size and contour.",
    "No pleural effusion or pneumothorax.",
    "There is a {n} x {n} mm nodule in the left lower lobe, series {k} image {n}.",
    "Mild degenerative change at L4-L5 and T12-L1.",
    "The common bile duct measures {k} mm.",
    "A hypodense lesion of {k}.{k} cm in segment 7 is unchanged.",
    "Heart size is at the upper limit of normal.",
    "No acute intracranial hemorrhage, mass or midline shift.",
    "Gray-white differentiation is preserved.",
    "The ureters are not dilated and no stone is seen.",
    "Post-surgical changes of the right hip without loosening.",
    "Scattered fibroglandular densities, BI-RADS category {k}.",
    "The spleen measures {n} cm; the kidneys enhance symmetrically.",
    "Ejection fraction is {n}%.",
    "May represent early pneumonia in the right middle lobe.",
    "Will need correlation with laboratory values.",
    "The stomach wall is thick; a small hiatal hernia is present.",
)
EPONYMS: Final = (
    "Parkinson", "Hodgkin", "Crohn", "Alzheimer", "Baker", "Schmorl", "Bosniak", "Gleason",
    "Fleischner", "Charcot", "Paget", "Meckel", "Chiari", "Riedel", "Killian", "Virchow", "Ranson",
    "Salter-Harris", "Pancoast", "Lisfranc", "Colles", "Couinaud", "Whipple", "Barrett", "Kerley",
    "Hounsfield", "Doppler", "Foley", "Swan-Ganz", "Dandy-Walker", "Moyamoya", "Takayasu", "Ewing",
    "Wilms", "Budd-Chiari", "Mirizzi", "Zenker", "Morgagni", "Bochdalek", "Legg-Calve-Perthes",
    "Osgood-Schlatter", "Scheuermann", "Modic", "Stener", "Bankart", "Hill-Sachs", "Segond",
)  # fmt: skip
EPONYM_FORMS: Final = (
    "Findings suggest {e} disease.",
    "No {e} sign.",
    "Known {e}'s disease, stable.",
    "{e} classification type II.",
    "History of {e} syndrome was considered.",
    "The {e} lesion is unchanged.",
)
HARD: Final = (
    "LI-RADS 4 observation, TI-RADS 3.",
    "Lot A1-2026 was used for contrast.",
    "SUVmax was 4.5, previously 6.2.",
    "Disc at C5/6 and L3/4 with 1/2 strength loss.",
    "Omnipaque 350, 100 mL at 3 mL/s.",
    "TNM stage T2 N1 M0, ICD C34.1.",
    "Blood pressure 120/80, pulse 72, SpO2 98%.",
    "Slice thickness 1.25 mm, 120 kVp, 250 mAs.",
    "White matter lesions and brown fat uptake are noted.",
    "Follow up in 6 to 12 months per society guidelines.",
    "Rose Bengal staining and a green stick fracture are mentioned.",
    "HbA1c 7.1, creatinine 0.9 mg/dL, PSA 4.02.",
    "Image 45/120 of series 3; window 400/40.",
    "Grade 3/5 power, 2-3 cm craniocaudal, 10-15 degrees.",
    "Siemens Somatom Force, kernel Br40.",
)
EXAMS: Final = (
    "CT CHEST WITH CONTRAST", "MRI brain without contrast", "US abdomen complete",
    "XR KNEE 3 VIEWS LEFT", "PET/CT skull base to mid thigh", "Mammogram screening bilateral",
    "CT ABDOMEN AND PELVIS", "MR lumbar spine", "CT angiogram chest",
)  # fmt: skip
SIGNS: Final = (
    "shortness of breath", "right upper quadrant pain", "headache", "chronic low back pain",
    "elevated LFTs", "fall on outstretched hand", "weight loss", "cough and fever",
    "palpable lump", "hematuria",
)  # fmt: skip
TECHNIQUES: Final = (
    "Axial images were obtained after 100 mL of iodinated contrast.",
    "Sagittal and axial T1 and T2 sequences.",
    "PA and lateral views.",
    "Multiplanar reformats were reviewed.",
)
PLANS: Final = (
    "Recommend follow-up in 3 months.",
    "Clinical correlation is advised.",
    "Consider MRI with contrast.",
    "No further imaging is needed.",
)
