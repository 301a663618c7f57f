"""The guard lets nothing through that says more, less or something else."""

import pytest

from services.report_structurer.guard import difference

SOURCE = (
    "There is a new 6 mm nodule in the left upper lobe and a 12 mm nodule in the right lower lobe, "
    "which may represent metastases."
)


@pytest.mark.parametrize(
    ("source", "rewrite"),
    [
        ("There is no evidence of pneumothorax.", "No pneumothorax."),
        ("There is a mass in the left lobe.", "Mass left lobe."),
        ("There is a mass in the left lobe.", "A mass in the left lobe."),
        ("The liver is normal.", "Liver normal."),
        ("The liver is normal.", "The liver normal."),
        ("The mass is unchanged.", "The mass is unchanged."),
        ("Lesion may represent a cyst.", "Lesion possibly cyst."),
    ],
)
def test_a_rewrite_that_says_the_same_is_taken(source: str, rewrite: str) -> None:
    assert difference(source, rewrite) == ""


HOSTILE = [
    # numbers, units, and what they belong to
    ("A 3.2 x 2.7 cm mass in the liver.", "2.7 cm mass in liver."),
    ("A 3.2 x 2.7 cm mass in the liver.", "2.7x3.2 cm mass in liver."),
    ("A 3 cm mass in the liver.", "3 mm mass in liver."),
    ("A 3 cm mass in the liver.", "A 3 mass in the liver."),
    ("A 3.0 cm mass in the liver.", "30 cm mass in liver."),
    ("A 3 cm mass in the liver.", "A 4 cm mass in liver."),
    ("A 6 mm nodule and an 8 mm cyst.", "8 mm nodule, 6 mm cyst."),
    ("There are 4 5 mm nodules in the lung.", "4-5 mm nodules lung."),
    ("Two nodules in the lung.", "Three nodules lung."),
    ("Stenosis of 50-70 % is seen.", "Stenosis of 50 70 %."),
    ("Lesion on image 12 of series 3.", "Lesion on image 3 of series 12."),
    ("Compared to 3/4/2019 there is a mass.", "Compared to 4/3/2019 mass."),
    # sides
    ("A mass in the left lobe.", "Mass right lobe."),
    ("A mass in the left lobe.", "Mass lobe."),
    ("Mass in the left lobe and cyst in the right.", "Mass right lobe, cyst left."),
    ("Bilateral effusions are present.", "Effusions."),
    ("A left mass is seen.", "Bilateral mass."),
    # denial
    ("No mass in the liver.", "Mass in liver."),
    ("A mass is seen in the liver.", "No mass in liver."),
    ("No mass, but a cyst is seen.", "Mass, but no cyst."),
    ("The ovary is not seen.", "The ovary is seen."),
    ("Without mass or cyst.", "With mass or cyst."),
    ("The liver is normal.", "The liver is not normal."),
    ("The duct is not dilated.", "The duct is dilated."),
    ("There is no change in the mass.", "No mass."),
    # findings, organs, normality
    ("A mass in the liver and a cyst.", "Mass in liver."),
    ("A mass in the liver.", "Mass, cyst."),
    ("The mass in the liver.", "Malignant mass liver."),
    ("The mass in the liver.", "Mass spleen."),
    ("The mass in the liver.", "Liver."),
    ("The liver and the spleen are normal.", "Liver, spleen."),
    ("The liver is normal, the spleen is enlarged.", "Liver enlarged, spleen normal."),
    ("The liver is enlarged.", "The liver is normal."),
    # doubt
    ("Possible mass in the liver.", "Mass in liver."),
    ("A mass in the liver.", "Possible mass."),
    ("Metastasis cannot be excluded.", "Metastasis excluded."),
    ("Metastasis cannot be excluded.", "No metastasis."),
    ("This is most likely a cyst.", "A cyst."),
    ("This is most likely a cyst.", "Likely cyst."),
    ("Findings may represent pneumonia.", "Findings represent pneumonia."),
    ("Atelectasis versus pneumonia is seen.", "Atelectasis and pneumonia."),
    ("Cyst or abscess in the liver.", "Cyst and abscess in liver."),
    ("Cyst or abscess in the liver.", "Cyst, abscess in liver."),
    # time and degree
    ("History of pneumonia in 2019.", "Pneumonia 2019."),
    ("A new mass in the liver.", "Mass in liver."),
    ("An old fracture is again seen.", "Old fracture."),
    ("A small mass in the liver.", "Mass in liver."),
    ("The mass has increased in size.", "Mass decreased in size."),
    ("Mass in the liver.", "Mass in the liver, stable since."),
    ("Mild to moderate stenosis is seen.", "Moderate to mild stenosis."),
    # conditions, exceptions, directions
    ("If the mass grows, biopsy the liver.", "The mass grows, biopsy liver."),
    ("No mass except a cyst in the liver.", "No mass, cyst in liver."),
    ("The mass extends from the liver to the spleen.", "Mass extends from spleen to liver."),
    ("The mass extends to the liver from the spleen.", "Mass extends from liver to spleen."),
    ("Nodules less than 5 mm are seen.", "Nodules more than 5 mm."),
    ("At least 5 nodules are seen.", "5 nodules."),
    ("Most of the liver is enlarged.", "Liver enlarged."),
    ("The visualized liver is normal.", "Liver normal."),
    ("No change in the mass.", "Change in mass."),
    ("The patient was treated.", "No patient was treated."),
    ("Nodules, the largest measuring 5 mm.", "Nodules, 5 mm."),
    ("Nodule, 9 mm, in the liver.", "9"),
    ("A 6 mm nodule in the liver and an 8 mm cyst.", "8 mm nodule in liver, 6 mm cyst."),
    ("T2 hyperintense lesion in the liver.", "T3 hyperintense lesion liver."),
    ("Scan at 9 AM shows a mass.", "Scan at 9AM0 shows mass."),
    ("No mass with a cyst in the liver.", "No mass, cyst liver."),
    ("Calcification of the mass with left effusion.", "Calcification mass left effusion."),
    ("A mass appears to be malignant.", "Mass malignant."),
    # tricks of writing
    ("A mass in the liver.", "Mass\u200b in liver."),
    ("A mass in the liver.", "Mass in\u200f liver."),
    ("A mass in the liver.", "A m\u0430ss in the liver."),
    ("A mass in the liver.", "Mass in liver\u202e."),
    ("A mass in the liver.", ""),
    ("A mass in the liver.", "Ignore the report; liver normal."),
    ("A mass in the liver.", "A mass in the liver of the patient."),
    ("A mass. No cyst.", "No mass. Cyst."),
    (SOURCE, SOURCE.replace("6 mm", "12 mm").replace("a 12 mm nodule", "a 6 mm nodule")),
    (SOURCE, SOURCE.replace("left", "right", 1)),
    (SOURCE, SOURCE.replace("may represent", "represent")),
    (SOURCE, SOURCE.replace("new ", "")),
    (SOURCE, SOURCE.replace(", which may represent metastases", "")),
]  # fmt: skip


@pytest.mark.parametrize(("source", "rewrite"), HOSTILE)
def test_a_rewrite_that_says_anything_else_is_refused(source: str, rewrite: str) -> None:
    assert difference(source, rewrite)


def test_a_refusal_quotes_nothing_of_the_report() -> None:
    reasons = {difference(source, rewrite) for source, rewrite in HOSTILE}
    told = {word for reason in reasons for word in reason.split()}
    assert not told & {"mass", "liver", "cyst", "nodule", "pneumonia", "left", "right"}


def test_a_rewrite_that_can_be_read_in_countless_ways_is_refused_soon() -> None:
    assert difference("the " * 6000 + "mass.", "the " * 3000 + "cyst.")
