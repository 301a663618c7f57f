"""Symptoms with status, amount and time, as notes say them."""

import pytest

from services.report_structurer.symptoms import Mention, symptoms


def said(sentence: str) -> dict[str, str]:
    return {mention.symptom: mention.status for mention in symptoms(sentence)}


def lost(sentence: str) -> tuple[float | None, str | None, int | None]:
    (mention,) = (m for m in symptoms(sentence) if m.symptom == "weight_loss")
    return mention.value, mention.unit, mention.interval_days


@pytest.mark.parametrize(
    ("sentence", "status"),
    [
        ("He complains of fatigue and dysphagia.", {"fatigue": "present", "dysphagia": "present"}),
        ("She denies weight loss, anorexia.", {"weight_loss": "absent", "appetite_loss": "absent"}),
        ("No nausea, vomiting or weakness.", {"nausea_vomiting": "absent", "weakness": "absent"}),
        ("His appetite is good and his weight is stable.",
         {"appetite_loss": "absent", "weight_loss": "absent"}),
        ("History of malnutrition.", {"malnutrition": "historical"}),
        ("His mother had weight loss.", {"weight_loss": "other"}),
        ("He wants weight loss by bariatric surgery.", {"weight_loss": "other"}),
        ("She lost 20 pounds on a diet.", {"weight_loss": "other"}),
        ("Left arm weakness.", {"weakness": "other"}),
        ("Generalized weakness.", {"weakness": "present"}),
        ("Zofran as needed for nausea.", {"nausea_vomiting": "other"}),
        ("Return if vomiting occurs.", {"nausea_vomiting": "other"}),
        ("Temporal wasting and early satiety.", {"wasting": "present", "early_satiety": "present"}),
        ("The liver is normal.", {}),
    ],
)  # fmt: skip
def test_status(sentence: str, status: dict[str, str]) -> None:
    assert said(sentence) == status


@pytest.mark.parametrize(
    ("sentence", "amount"),
    [
        ("A 20 pound weight loss over the last two months.", (20.0, "lb", 61)),
        ("He has lost 12.5 kg in 3 weeks.", (12.5, "kg", 21)),
        ("She lost ten pounds since December.", (10.0, "lb", None)),
        ("Weight loss of 10% over the past 6 months.", (10.0, "%", 183)),
        ("Lost about 15 lbs in the last year.", (15.0, "lb", 365)),
        ("His weight dropped from 180 to 160 pounds.", (20.0, "lb", None)),
        ("Weight loss.", (None, None, None)),
        ("Weight loss; he weighs 150 pounds.", (None, None, None)),
    ],
)
def test_how_much_weight_was_lost_and_when(
    sentence: str, amount: tuple[float | None, str | None, int | None]
) -> None:
    assert lost(sentence) == amount


def test_offsets_are_those_of_the_text() -> None:
    text = "Patient née Öztürk.\nReports fatigue."
    assert symptoms(text) == [Mention("fatigue", "present", 28, 35)]
    assert text[28:35] == "fatigue"


@pytest.mark.parametrize(
    ("sentence", "status"),
    [
        (
            "She has had a 15-20 pound weight loss over the past 6 months.",
            {"weight_loss": "present"},
        ),
        (
            "His weight went from 180 to 150 lb over 6 months.",
            {"weight_loss": "present"},
        ),
        (
            "Weight loss of 10% in 3 months.",
            {"weight_loss": "present"},
        ),
        (
            "The patient lost 12 kg within eight weeks.",
            {"weight_loss": "present"},
        ),
        (
            "Reports a 30# weight loss since surgery.",
            {"weight_loss": "present"},
        ),
        (
            "She has lost half a stone since Christmas.",
            {"weight_loss": "present"},
        ),
        (
            "He has lost a stone and a half in the last two months.",
            {"weight_loss": "present"},
        ),
        (
            "Lost 2 stone over the last year.",
            {"weight_loss": "present"},
        ),
        (
            "Unintentional weight loss of approximately 8.5 kilograms in the last four months.",
            {"weight_loss": "present"},
        ),
        (
            "Her weight is down 14 pounds from her last visit 3 months ago.",
            {"weight_loss": "present"},
        ),
        (
            "His weight today is 132 pounds, down from 150 pounds in March.",
            {"weight_loss": "present"},
        ),
        (
            "He weighed 82 kg six months ago and now weighs 70 kg.",
            {"weight_loss": "present"},
        ),
        (
            "She has dropped from 65 kg to 58 kg.",
            {"weight_loss": "present"},
        ),
        (
            "There has been a 25-lb. weight loss during the previous 4 weeks.",
            {"weight_loss": "present"},
        ),
        (
            "Patient has lost over 40 pounds in less than a year.",
            {"weight_loss": "present"},
        ),
        (
            "Appetite poor, weight down 5 kg.",
            {"appetite_loss": "present", "weight_loss": "present"},
        ),
        (
            "The patient has not lost weight.",
            {"weight_loss": "absent"},
        ),
        (
            "He has not lost any weight since his last visit.",
            {"weight_loss": "absent"},
        ),
        (
            "Her weight has been holding steady.",
            {"weight_loss": "absent"},
        ),
        (
            "Weight stable at 165 pounds.",
            {"weight_loss": "absent"},
        ),
        (
            "No appetite.",
            {"appetite_loss": "present"},
        ),
        (
            "He has no appetite and feels weak all over.",
            {"appetite_loss": "present", "weakness": "present"},
        ),
        (
            "She denies loss of appetite.",
            {"appetite_loss": "absent"},
        ),
        (
            "Her appetite remains good.",
            {"appetite_loss": "absent"},
        ),
        (
            "Appetite has returned to normal.",
            {"appetite_loss": "absent"},
        ),
        (
            "He is eating well without early satiety.",
            {"appetite_loss": "absent", "early_satiety": "absent"},
        ),
        (
            "She feels full after eating only a few bites.",
            {"early_satiety": "present"},
        ),
        (
            "He gets full very quickly.",
            {"early_satiety": "present"},
        ),
        (
            "Negative for fevers, chills, weight loss.",
            {"weight_loss": "absent"},
        ),
        (
            "CONSTITUTIONAL: No fever, chills, fatigue, or weight loss.",
            {"fatigue": "absent", "weight_loss": "absent"},
        ),
        (
            "CONSTITUTIONAL: Positive for fatigue and weight loss; negative for fever.",
            {"fatigue": "present", "weight_loss": "present"},
        ),
        (
            "Constitutional: weight loss (+), fever (-).",
            {"weight_loss": "present"},
        ),
        (
            "Weight loss: denies.",
            {"weight_loss": "absent"},
        ),
        (
            "Fatigue: yes. Weight loss: no.",
            {"fatigue": "present", "weight_loss": "absent"},
        ),
        (
            "Nausea - none.",
            {"nausea_vomiting": "absent"},
        ),
        (
            "ROS: N/V neg.",
            {"nausea_vomiting": "absent"},
        ),
        (
            "Possible side effects include nausea, vomiting, fatigue and low counts.",
            {"nausea_vomiting": "other", "fatigue": "other"},
        ),
        (
            "Chemotherapy can cause nausea and weakness.",
            {"nausea_vomiting": "other", "weakness": "other"},
        ),
        (
            "Side effects such as fatigue, nausea and anorexia were discussed.",
            {"fatigue": "other", "nausea_vomiting": "other", "appetite_loss": "other"},
        ),
        (
            "Call the office if you have nausea, vomiting or weight loss.",
            {"nausea_vomiting": "other", "weight_loss": "other"},
        ),
        (
            "Return to the ER for persistent vomiting or weakness.",
            {"nausea_vomiting": "other", "weakness": "other"},
        ),
        (
            "Zofran 4 mg q.6h. p.r.n. nausea.",
            {"nausea_vomiting": "other"},
        ),
        (
            "Mother had severe fatigue with her cancer.",
            {"fatigue": "other"},
        ),
        (
            "Family history is significant for malnutrition.",
            {"malnutrition": "other"},
        ),
        (
            "Her brother died of gastric cancer after months of weight loss and dysphagia.",
            {"weight_loss": "other", "dysphagia": "other"},
        ),
        (
            "She wants to lose 30 pounds before her wedding.",
            {"weight_loss": "other"},
        ),
        (
            "He intentionally lost 25 pounds by dieting.",
            {"weight_loss": "other"},
        ),
        (
            "After gastric bypass she lost 110 pounds.",
            {"weight_loss": "other"},
        ),
        (
            "She started phentermine and has lost 12 pounds.",
            {"weight_loss": "other"},
        ),
        (
            "With diet and exercise he has dropped 18 lb in 3 months.",
            {"weight_loss": "other"},
        ),
        (
            "She joined Weight Watchers and has lost 20 pounds.",
            {"weight_loss": "other"},
        ),
        (
            "Unintentional weight loss despite a good diet.",
            {"weight_loss": "present"},
        ),
        (
            "She has lost 15 pounds without trying.",
            {"weight_loss": "present"},
        ),
        (
            "He has lost 10 kg although he is not dieting.",
            {"weight_loss": "present"},
        ),
        (
            "He has been on a soft diet since the weight loss of 12 pounds.",
            {"weight_loss": "present"},
        ),
        (
            "Strength is 4/5 with weakness of the left deltoid.",
            {"weakness": "other"},
        ),
        (
            "Right facial weakness was noted.",
            {"weakness": "other"},
        ),
        (
            "Grip weakness on the right.",
            {"weakness": "other"},
        ),
        (
            "Profound generalized weakness and fatigue for two weeks.",
            {"weakness": "present", "fatigue": "present"},
        ),
        (
            "The patient is weak, cachectic and bedbound.",
            {"weakness": "present", "wasting": "present"},
        ),
        (
            "Cachectic-appearing male in no distress.",
            {"wasting": "present"},
        ),
        (
            "There is bitemporal wasting.",
            {"wasting": "present"},
        ),
        (
            "No muscle wasting or atrophy.",
            {"wasting": "absent"},
        ),
        (
            "Severe muscle wasting of both thighs.",
            {"wasting": "present"},
        ),
        (
            "Thin, emaciated woman.",
            {"wasting": "present"},
        ),
        (
            "The patient is well-nourished, well-developed, in no acute distress.",
            {"malnutrition": "absent"},
        ),
        (
            "Well-developed, poorly nourished male.",
            {"malnutrition": "present"},
        ),
        (
            "Severe protein-calorie malnutrition, albumin 1.9.",
            {"malnutrition": "present"},
        ),
        (
            "He is malnourished and has failure to thrive.",
            {"malnutrition": "present"},
        ),
        (
            "Risk of malnutrition was discussed.",
            {"malnutrition": "other"},
        ),
        (
            "Her fatigue has improved.",
            {"fatigue": "present"},
        ),
        (
            "The nausea is well controlled on Zofran.",
            {"nausea_vomiting": "present"},
        ),
        (
            "He cannot swallow solids.",
            {"dysphagia": "present"},
        ),
        (
            "Food gets stuck in his throat.",
            {"dysphagia": "present"},
        ),
        (
            "No trouble swallowing.",
            {"dysphagia": "absent"},
        ),
        (
            "She has difficulty in swallowing both solids and liquids.",
            {"dysphagia": "present"},
        ),
        (
            "Tolerating diet without nausea or vomiting.",
            {"nausea_vomiting": "absent"},
        ),
        (
            "He tires easily and has no energy.",
            {"fatigue": "present"},
        ),
        (
            "Feels exhausted.",
            {"fatigue": "present"},
        ),
        (
            "She has not had nausea, but has been vomiting.",
            {"nausea_vomiting": "present"},
        ),
        (
            "Denies nausea, vomiting; reports early satiety and fatigue.",
            {"nausea_vomiting": "absent", "early_satiety": "present", "fatigue": "present"},
        ),
        (
            "The patient complains of weakness, but no weight loss or loss of appetite.",
            {"weakness": "present", "weight_loss": "absent", "appetite_loss": "absent"},
        ),
        (
            "No complaints of tiredness.",
            {"fatigue": "absent"},
        ),
        (
            "She has not been feeling tired.",
            {"fatigue": "absent"},
        ),
        (
            "There is no history of weight loss or dysphagia.",
            {"weight_loss": "absent", "dysphagia": "absent"},
        ),
        (
            "Unable to keep food down.",
            {"nausea_vomiting": "present"},
        ),
        (
            "Ten-pound weight gain, no weight loss.",
            {"weight_loss": "absent"},
        ),
        (
            "A 4.5 kg weight loss was noted over 10 days.",
            {"weight_loss": "present"},
        ),
        (
            "She is 20 pounds lighter than in January.",
            {"weight_loss": "present"},
        ),
        (
            "Wt loss 10 lbs x 2 months.",
            {"weight_loss": "present"},
        ),
        (
            "Weight loss: 8 kg / 3 months.",
            {"weight_loss": "present"},
        ),
        (
            "BMI 17; loss of 15% of his body weight in half a year.",
            {"weight_loss": "present"},
        ),
        (
            "He has noticed dysphagia to solids, a 35-pound weight loss, and decreased appetite.",
            {"dysphagia": "present", "weight_loss": "present", "appetite_loss": "present"},
        ),
        (
            "She has been losing weight, about 3 pounds per week for five weeks.",
            {"weight_loss": "present"},
        ),
        (
            "He had an unintentional 22 lb weight loss from January to April.",
            {"weight_loss": "present"},
        ),
        (
            "Weight loss of 6 kg in the past month, associated with nausea and early satiety.",
            {"weight_loss": "present", "nausea_vomiting": "present", "early_satiety": "present"},
        ),
        (
            "No fever, night sweats or weight loss, although she is more tired than usual.",
            {"weight_loss": "absent", "fatigue": "present"},
        ),
        (
            "She denies weight loss but admits to fatigue.",
            {"weight_loss": "absent", "fatigue": "present"},
        ),
        (
            "He does not have nausea or vomiting and his appetite has been fair.",
            {"nausea_vomiting": "absent", "appetite_loss": "absent"},
        ),
        (
            "She reports a good appetite, no dysphagia, and no change in weight.",
            {"appetite_loss": "absent", "dysphagia": "absent", "weight_loss": "absent"},
        ),
        (
            "His appetite has decreased and he has lost 25 pounds over the last months.",
            {"appetite_loss": "present", "weight_loss": "present"},
        ),
        (
            "The patient is a cachectic, chronically ill-appearing male with temporal wasting.",
            {"wasting": "present"},
        ),
        (
            "Assessment: Cachexia secondary to pancreatic cancer.",
            {"wasting": "present"},
        ),
        (
            "1. Severe malnutrition. 2. Failure to thrive.",
            {"malnutrition": "present"},
        ),
        (
            "The patient was noted to be malnourished with a prealbumin of 8.",
            {"malnutrition": "present"},
        ),
        (
            "Nutrition: Moderate protein-calorie malnutrition; dietitian to see.",
            {"malnutrition": "present"},
        ),
        (
            "She is weak and deconditioned after a long hospitalization.",
            {"weakness": "present"},
        ),
        (
            "Motor: 5/5 strength in all extremities without weakness.",
            {"weakness": "absent"},
        ),
        (
            "Neuro: no focal weakness.",
            {"weakness": "absent"},
        ),
        (
            "She developed weakness of her left arm and slurred speech.",
            {"weakness": "other"},
        ),
        (
            "Bilateral lower extremity weakness, right greater than left.",
            {"weakness": "other"},
        ),
        (
            "Patient complains of generalized weakness, worse over the past week.",
            {"weakness": "present"},
        ),
        (
            "Taxol was stopped because of nausea and fatigue.",
            {"nausea_vomiting": "present", "fatigue": "present"},
        ),
        (
            "The side effects of chemotherapy, including nausea and fatigue, were explained.",
            {"nausea_vomiting": "other", "fatigue": "other"},
        ),
        (
            "Risks of the procedure include bleeding, infection and dysphagia.",
            {"dysphagia": "other"},
        ),
        (
            "She is to call if she develops fever, chills, nausea, or vomiting.",
            {"nausea_vomiting": "other"},
        ),
        (
            "Instructed to return for vomiting, fever, or worsening pain.",
            {"nausea_vomiting": "other"},
        ),
        (
            "Phenergan suppository 25 mg q.6h. as needed for nausea and vomiting.",
            {"nausea_vomiting": "other"},
        ),
        (
            "He experienced grade 2 fatigue and grade 1 nausea with the first cycle.",
            {"fatigue": "present", "nausea_vomiting": "present"},
        ),
        (
            "Tolerated chemotherapy well without nausea, vomiting or fatigue.",
            {"nausea_vomiting": "absent", "fatigue": "absent"},
        ),
        (
            "There was no evidence of muscle wasting.",
            {"wasting": "absent"},
        ),
        (
            "Her father died of esophageal cancer; he had dysphagia and weight loss.",
            {"dysphagia": "other", "weight_loss": "other"},
        ),
        (
            "Mother: alive, fatigue and anemia.",
            {"fatigue": "other"},
        ),
        (
            "Her sister has malnutrition due to Crohn disease.",
            {"malnutrition": "other"},
        ),
        (
            "He is here to discuss weight loss surgery and has tried multiple diets.",
            {"weight_loss": "other"},
        ),
        (
            "She has lost 60 pounds since her gastric sleeve in May.",
            {"weight_loss": "other"},
        ),
        (
            "The patient has been exercising daily and has intentionally lost 14 pounds.",
            {"weight_loss": "other"},
        ),
        (
            "I recommended weight loss and exercise for her knee pain.",
            {"weight_loss": "other"},
        ),
        (
            "Obstructive sleep apnea: encourage weight loss.",
            {"weight_loss": "other"},
        ),
        (
            "Fatty liver. Weight loss advised.",
            {"weight_loss": "other"},
        ),
        (
            "She is down to 98 pounds from 120 pounds.",
            {"weight_loss": "present"},
        ),
        (
            "Her weight has dropped from 142 lb in May to 125 lb today.",
            {"weight_loss": "present"},
        ),
        (
            "He used to weigh 210 pounds and now weighs 175 pounds.",
            {"weight_loss": "present"},
        ),
        (
            "Wt: 132 lb, down 8 lb since last visit.",
            {"weight_loss": "present"},
        ),
        (
            "He lost 3.5 kilograms during the hospital stay.",
            {"weight_loss": "present"},
        ),
        (
            "She has lost a few pounds recently.",
            {"weight_loss": "present"},
        ),
        (
            "Lost between 10 and 15 pounds in a 2-month period.",
            {"weight_loss": "present"},
        ),
        (
            "A five-pound weight loss.",
            {"weight_loss": "present"},
        ),
        (
            "There has been a twenty-five pound weight loss over one year.",
            {"weight_loss": "present"},
        ),
        (
            "Lost approximately one stone in 6 weeks.",
            {"weight_loss": "present"},
        ),
        (
            "Greater than 10% weight loss in the preceding 6 months.",
            {"weight_loss": "present"},
        ),
        (
            "His weight has remained stable at 180 pounds over the last 6 months.",
            {"weight_loss": "absent"},
        ),
        (
            "She has gained 10 pounds.",
            {"weight_loss": "absent"},
        ),
        (
            "Her weight has been stable, appetite good, energy level good.",
            {"weight_loss": "absent", "appetite_loss": "absent", "fatigue": "absent"},
        ),
        (
            "The patient has had difficulty swallowing pills and solid foods for 2 months.",
            {"dysphagia": "present"},
        ),
        (
            "Denies dysphagia, odynophagia or early satiety.",
            {"dysphagia": "absent", "early_satiety": "absent"},
        ),
        (
            "She feels full after small meals and is nauseated.",
            {"early_satiety": "present", "nausea_vomiting": "present"},
        ),
        (
            "Dysphagia has improved after stent placement.",
            {"dysphagia": "present"},
        ),
        (
            "PEG tube was placed for dysphagia.",
            {"dysphagia": "present"},
        ),
        (
            "Indications: Dysphagia, rule out stricture.",
            {"dysphagia": "present"},
        ),
        (
            "History of nausea and vomiting with narcotics.",
            {"nausea_vomiting": "historical"},
        ),
        (
            "Extremely tired and run down since starting radiation.",
            {"fatigue": "present"},
        ),
        (
            "Energy is poor.",
            {"fatigue": "present"},
        ),
        (
            "She notes lack of energy and loss of appetite.",
            {"fatigue": "present", "appetite_loss": "present"},
        ),
        (
            "Feels well with no fatigue.",
            {"fatigue": "absent"},
        ),
        (
            "General: thin, cachectic woman, alert.",
            {"wasting": "present"},
        ),
        (
            "Well-nourished female in no acute distress.",
            {"malnutrition": "absent"},
        ),
        (
            "She vomited three times this morning.",
            {"nausea_vomiting": "present"},
        ),
        (
            "No emesis since admission.",
            {"nausea_vomiting": "absent"},
        ),
        (
            "Intractable vomiting.",
            {"nausea_vomiting": "present"},
        ),
        (
            "She has not vomited.",
            {"nausea_vomiting": "absent"},
        ),
        (
            "Review of systems: weight loss, fatigue, and anorexia as above; no fevers.",
            {"weight_loss": "present", "fatigue": "present", "appetite_loss": "present"},
        ),
        (
            "Positive for 12-pound weight loss, poor appetite and fatigue.",
            {"weight_loss": "present", "appetite_loss": "present", "fatigue": "present"},
        ),
        (
            "Weight loss, 10 pounds.",
            {"weight_loss": "present"},
        ),
        (
            "Anorexia, weight loss and weakness for the past 2 months.",
            {"appetite_loss": "present", "weight_loss": "present", "weakness": "present"},
        ),
        (
            "The patient's wife states he is weak and not eating.",
            {"weakness": "present"},
        ),
        (
            "No h/o weight loss.",
            {"weight_loss": "absent"},
        ),
        (
            "Weight loss: None. Fatigue: Present.",
            {"weight_loss": "absent", "fatigue": "present"},
        ),
        (
            "Fatigue (+), weight loss (-), nausea (-).",
            {"fatigue": "present", "weight_loss": "absent", "nausea_vomiting": "absent"},
        ),
        (
            "He continues to lose weight.",
            {"weight_loss": "present"},
        ),
        (
            "He has continued to lose weight despite tube feedings.",
            {"weight_loss": "present"},
        ),
        (
            "She is not able to swallow liquids.",
            {"dysphagia": "present"},
        ),
    ],
)
def test_status_in_sentences_as_notes_have_them(sentence: str, status: dict[str, str]) -> None:
    assert said(sentence) == status


NOTE = """HISTORY OF PRESENT ILLNESS: He reports fatigue and has lost 20 pounds in 2 months.
PAST MEDICAL HISTORY: Malnutrition.
FAMILY HISTORY: Father had colon cancer.  Dysphagia in later life.
MEDICATIONS: Zofran for nausea.
REVIEW OF SYSTEMS: Negative for vomiting. Appetite is poor.
PLAN: Call if weakness occurs."""


def test_headings_of_a_note_decide_whose_and_when() -> None:
    assert [(m.symptom, m.status) for m in symptoms(NOTE)] == [
        ("fatigue", "present"),
        ("weight_loss", "present"),
        ("malnutrition", "historical"),
        ("dysphagia", "other"),
        ("nausea_vomiting", "other"),
        ("nausea_vomiting", "absent"),
        ("appetite_loss", "present"),
        ("weakness", "other"),
    ]


DIET = """SUBJECTIVE: She keeps a food diary and counts calories.
OBJECTIVE: Weight today is 201 pounds, which is down 3 pounds in the past month.
PLAN: Continue the meal plan with the goal of 180 pounds."""


def test_a_note_on_a_diet_is_about_weight_that_is_meant_to_go() -> None:
    assert [(m.symptom, m.status, m.value) for m in symptoms(DIET)] == [
        ("weight_loss", "other", None)
    ]


def test_a_loss_that_the_note_calls_unintended_counts_though_diets_are_spoken_of() -> None:
    mentions = symptoms(DIET + "\nUnintended weight loss of 9 pounds.")
    assert ("present", 9.0) in [(m.status, m.value) for m in mentions]


@pytest.mark.parametrize(
    ("sentence", "status"),
    [
        ("Her appetite has been rather poor lately.", {"appetite_loss": "present"}),
        ("Appetite is slowly returning.", {"appetite_loss": "absent"}),
        ("He has lost all interest in meals.", {"appetite_loss": "present"}),
        ("No change in sleep, weight or appetite.",
         {"appetite_loss": "absent", "weight_loss": "absent"}),
        ("Weight 64.5 kg, which is the same as in June.", {"weight_loss": "absent"}),
        ("She put on 3 kg over Christmas.", {"weight_loss": "absent"}),
        ("There was no weight gain.", {}),
        ("Food aversion and malaise.", {"appetite_loss": "present", "fatigue": "present"}),
        ("Meat gets caught behind the breastbone.", {"dysphagia": "present"}),
        ("Radiation has impaired her swallowing.", {"dysphagia": "present"}),
        ("He feels full after a couple of mouthfuls.", {"early_satiety": "present"}),
        ("Strength is diminished throughout.", {"weakness": "present"}),
        ("The data for this regimen are weak.", {}),
        ("Nausea is one of the most common side effects of the drug.",
         {"nausea_vomiting": "other"}),
        ("The vomiting has resolved.", {"nausea_vomiting": "historical"}),
        ("She had hiccups and nausea, but this subsided overnight.",
         {"nausea_vomiting": "historical"}),
        ("She lost 6 kg on the ward but has since gained it back.", {"weight_loss": "historical"}),
        ("A 70-year-old woman with a history of dysphagia.", {"dysphagia": "present"}),
        ("Reglan was started for nausea.", {"nausea_vomiting": "present"}),
    ],
)  # fmt: skip
def test_status_said_around_other_words(sentence: str, status: dict[str, str]) -> None:
    assert said(sentence) == status


@pytest.mark.parametrize(
    "note",
    [
        "She is down 7 pounds since March. I congratulated her.",
        "Gastric bypass two years ago. He has lost 90 pounds.",
    ],
)
def test_praise_or_an_operation_nearby_makes_a_loss_wanted(note: str) -> None:
    assert said(note) == {"weight_loss": "other"}


def test_an_unintended_loss_counts_though_an_operation_is_nearby() -> None:
    note = "Gastric bypass in 2001. Unintentional weight loss of 20 pounds."
    assert said(note) == {"weight_loss": "present"}
