"""What the rules for dates, numbers, contacts, places and names find, and what they leave."""

import pytest

from services.redactor.identity import Identity
from services.redactor.pseudonyms import Pseudonyms, Subject
from services.redactor.text import text_redactor

NOBODY = Identity.of_header({})
redact_text = text_redactor(NOBODY, Pseudonyms(bytes(32)), Subject(""))

DATES = [
    "2024-10-28",
    "10/28/2024",
    "28.10.24",
    "28 Oct 2024",
    "Oct. 28, 2024",
    "28-OCT-2024",
    "28OCT2024",
    "October 28th, 2024",
    "the 5th of March 2021",
    "Monday, March 4, 2024",
    "March 2023",
    "03/2019",
    "20241028",
    "2024-10-28T14:32:00",
    "10/28/2024 2:32 PM",
    "3. Mai 2022",
    "14 février 2020",
    "Wednesday",
    "12 June",
    "Oct '24",
]
IDS = [
    "MRN: 0405608",
    "Acc# A68193036",
    "accession RAD-20642792",
    "CT50728000",
    "SSN 123-45-6789",
    "NHS No: 943 476 5919",
    "Policy number: HX-99120",
    "Serial No. SN56210153",
    "order # 5566778",
    "1.2.826.0.1.3680043.9.7777.3",
    "f47ac10b-58cc-4372-a567-0e02b2c3d479",
]
CONTACTS = [
    "(581) 070-9700",
    "849.595.5578",
    "+44 20 7946 0958",
    "030 1234567",
    "01 23 45 67 89",
    "pager 3236",
    "x47445",
    "ext. 1234",
    "jane.doe@clinic.example.org",
    "https://portal.example.org/p/77",
    "192.168.14.7",
]
PLACES = [
    "4577 Hardy Port Suite 986",
    "12 Elm St, Springfield, IL 62704",
    "P.O. Box 4410",
    "Hauptstraße 12",
    "12 rue de la Paix",
    "SW1A 1AA",
    "West Courtneyport Regional",
    "St. Carla Medical Center",
    "Huffmouth Clinic",
    "University of Riverton",
]


def covered(text: str, wanted: str) -> bool:
    start = text.index(wanted)
    spans = redact_text(text).spans
    return all(
        any(s.start <= at < s.end for s in spans)
        for at in range(start, start + len(wanted))
        if text[at].isalnum()
    )


@pytest.mark.parametrize("date", DATES)
def test_a_date_goes_in_every_form(date: str) -> None:
    assert covered(f"Compared with {date}, stable.", date.removeprefix("the "))


@pytest.mark.parametrize("number", IDS)
def test_a_number_of_somebody_goes(number: str) -> None:
    value = number.rsplit(": ", 1)[-1].rsplit("# ", 1)[-1]
    value = value.removeprefix("accession ").removeprefix("SSN ").removeprefix("Serial No. ")
    assert covered(f"Seen. {number} was given.", value)


@pytest.mark.parametrize("contact", CONTACTS)
def test_a_way_to_reach_somebody_goes(contact: str) -> None:
    assert covered(f"Results given at {contact}.", contact)


@pytest.mark.parametrize("place", PLACES)
def test_a_place_below_the_state_goes(place: str) -> None:
    assert covered(f"Referred from {place}.", place)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Dictated by Dunlap, Laura, M.D.", "Dunlap, Laura"),
        ("Discussed with Grant by phone.", "Grant"),
        ("Findings called to RN April Moreno at once.", "April Moreno"),
        ("History per son Arthur.", "Arthur"),
        ("Mr. archer reports pain.", "archer"),
        ("PATIENT: MAY, JORDAN   DOB:", "MAY, JORDAN"),
        ("read by kalina kretowicz md", "kalina kretowicz"),
        ("Referring physician: Rocío van der Lede", "Rocío van der Lede"),
        ("Reviewed with Nguyễn Văn Thành today.", "Nguyễn Văn Thành"),
        ("The images were seen by O'Donoghue-Łuczak.", "O'Donoghue-Łuczak"),
        ("Turner returned to clinic.", "Turner"),
        ("J. Page, MD", "J. Page"),
        ("Transcribed: AM/asn", "AM/asn"),
        ("Attending: Brian K. Baker Jr.", "Brian K. Baker Jr"),
        ("Long note. Grant agrees. Seen by Dr. Grant.", "Grant"),
    ],
)
def test_a_name_goes_where_its_neighbours_make_it_one(text: str, name: str) -> None:
    assert covered(text, name)


def test_only_ages_of_ninety_and_more_go() -> None:
    assert redact_text("A 91-year-old man.").text == "A 90+-year-old man."
    assert redact_text("An 89 year old woman.").spans == ()


KEPT = [
    "A Baker cyst and Schatzki ring; known Hodgkin lymphoma and Crohn disease.",
    "Hill-Sachs deformity, May-Thurner physiology, Swan-Ganz catheter, Foley in place.",
    "Bosniak IIF cyst. Couinaud segment IVa lesion. Child-Pugh B. Small hiatal hernia.",
    "LI-RADS 4 observation. BI-RADS 2. Lung-RADS 4B. Stable disease per RECIST 1.1.",
    "Series 3 image 45 shows a 29 x 6 mm nodule (24/8 mm previously), grade 3/5.",
    "L4-5 disc bulge, T12 fracture, T2/FLAIR hyperintensity, SUVmax 4.2, 120 kVp.",
    "100 mL of Omnipaque 350 were given; CTDIvol 12.4 mGy, DLP 560 mGy-cm.",
    "Mild bibasilar atelectasis. Periventricular white matter changes. Diverticulosis.",
    "IMPRESSION: 1. New hepatic metastasis, 14 mm. 2. Follow-up CT in 3 months.",
    "It may be of long standing; the young patient has a brown lesion over the hill.",
    "Regional lymph nodes. Medical management. General health. Imaging center of mass.",
    "Patient history of 2 surgeries. Doppler evaluation. Hounsfield units of 40.",
]


@pytest.mark.parametrize("text", KEPT)
def test_medicine_measurements_and_eponyms_stay(text: str) -> None:
    assert [text[s.start : s.end] for s in redact_text(text).spans] == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("NAME: TORVALDIN^GUOWEI^R | CT", "TORVALDIN^GUOWEI^R"),
        ("Consulted re: Bone^Will^N (room 4)", "Bone^Will^N"),
        ("NAME: van der Brum^Ola", "van der Brum^Ola"),
        ("pt: rose d. brastorin, exam of the chest", "rose d. brastorin"),
        ("Signed: dalvaren-dunlap, yuki\n", "dalvaren-dunlap, yuki"),
        ("RAD: Long/AL\n", "Long/AL"),
        ("PT: Head DF\n", "Head DF"),
        ("I agree with Head's reading of the images.", "Head"),
        ("Seen by Dr. Head today.", "Head"),
        ("Attending: Head\n", "Head"),
        ("Subject: White follow up", "White"),
        ("Images of al-Ravandi are stored.", "al-Ravandi"),
        ("cc: Silvarcor, Hand\n", "Hand"),
        ("PATIENT: DE LA LUNDSOR, LUNDVARDO S   MRN: 4", "DE LA LUNDSOR, LUNDVARDO"),
    ],
)
def test_a_name_goes_where_a_form_or_a_mark_makes_it_one(text: str, name: str) -> None:
    assert covered(text, name)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Our Lady of Brastor Hospital\nCT", "Our Lady of Brastor Hospital"),
        ("Brastor Children's Hospital\nCT", "Brastor Children's Hospital"),
        ("Sent to Brastor & Haddan Radiology LLP.", "Brastor & Haddan Radiology LLP"),
        ("Works as a welder at Brastor Shipyard.", "Brastor Shipyard"),
        ("Seen at St. Grace's Hospital.", "St. Grace's Hospital"),
        ("He fell in Brastor Heath again.", "Brastor Heath"),
        (
            "Mail to 1808 Martin Luther Mensah Jr. Blvd, Wexcombe, TX 75001.",
            "1808 Martin Luther Mensah Jr. Blvd, Wexcombe, TX 75001",
        ),
        (
            "Mail to Flat 14, 193 Corvale Terrace, Dovubo EB1 2BD.",
            "Flat 14, 193 Corvale Terrace, Dovubo EB1 2BD",
        ),
        ("Mail to 42ndstraße 24.", "42ndstraße 24"),
    ],
)
def test_a_place_goes_as_a_whole(text: str, place: str) -> None:
    assert covered(text, place)


@pytest.mark.parametrize(
    "text",
    [
        "Will call again 5/2.",
        "Next appointment 5/2.",
        "Done there in 5/2.",
        "Comparison: CT 5/2.",
        "Between 3/1 and 5/2 he was well.",
    ],
)
def test_a_month_and_a_day_behind_a_word_of_time_go(text: str) -> None:
    assert covered(text, "5/2")


@pytest.mark.parametrize(
    "number", ["Tammy (252637-098)", "Wristband 957825947C", "Specimen S-21-12345", "Ref: 6226-257"]
)
def test_a_code_beside_a_name_or_a_label_goes(number: str) -> None:
    assert covered(f"For {number}\ncc: nobody", number.strip(")").split(" ")[-1].strip("("))


MORE_KEPT = [
    "MR KNEE LEFT",
    "MR HIP RIGHT WITHOUT CONTRAST",
    "The field is 10^9 and 3^x of m^2 in each.",
    "Patient: stable overnight, tolerated well.",
    "Re: Knee MRI of the left side.",
    "PT: Head CT\n",
    "The patient's reading of the radiologist's report was normal.",
    "Emergency Department. Interventional Radiology. Intensive Care Unit. Breast Imaging.",
    "A 2/6 murmur; motor strength improved from 3/5 to 4/5; pain 7/10 on exertion.",
    "Gleason 3+4 in 2/12 cores. A 6/14 mm nodule. Nodes 3/12 positive. T2/FLAIR.",
    "Attenuation (1200-1500 HU) and 5/5 grip throughout.",
]


@pytest.mark.parametrize("text", MORE_KEPT)
def test_what_only_looks_like_a_field_a_place_or_a_date_stays(text: str) -> None:
    assert [text[s.start : s.end] for s in redact_text(text).spans] == []


def test_a_rare_word_with_a_capital_inside_a_sentence_goes() -> None:
    assert covered("The nodule was followed by Heddle until it was gone last year.", "Heddle")
    kept = "The nodule was followed by Ultrasound until Resolution of the Nodule."
    assert redact_text(kept).spans == ()


def test_a_shouted_word_that_no_list_has_goes_from_prose_and_stays_in_a_description() -> None:
    prose = "The nodule was seen by QUARSTENVICK when the scan was read last week."
    assert covered(prose, "QUARSTENVICK")
    assert redact_text("THORAXROUTIN SAG").spans == ()


def test_an_unbroken_run_of_hundreds_of_characters_goes_whole() -> None:
    run = "QWxhZGRpbjpvcGVuIHNlc2FtZQ" * 4000
    gap = " " * 100_000
    text = f"Report. {run} Seen by Dr. Quarstenbury.{gap}Normal liver."
    assert redact_text(text).text == f"Report. [ID] Seen by Dr. [NAME].{gap}Normal liver."
