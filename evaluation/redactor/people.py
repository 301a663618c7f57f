"""People and places that do not exist, in many locales and alphabets.

The lists are this evaluation's own and share nothing with the word lists of the engine. A third of
the surnames is put together from syllables, so that no list can hold them.
"""

from dataclasses import dataclass
from random import Random
from typing import Final

NAMES: Final[dict[str, tuple[str, str]]] = {
    "us": (
        "Deshawn Kaylee Brandon Tammy Marjorie Clyde Earlene Trevor Shanice Boyd Loretta Wendell",
        "Whitaker Lockhart Pruitt Stubblefield Yarborough Culpepper Dillard Tolliver Vandiver Hoyt",
    ),
    "words": (
        "Will Grace Mark Hope Rose Faith Frank Dawn Art Bill Joy Pat Drew Chance Sky Guy Summer",
        "Young Brown White Long Price Case Stone Head Rich Small Wall Field Hand Bone Sharp Waters",
    ),
    "irish": (
        "Saoirse Oisin Niamh Padraig Siobhan Eamon Aoife Callum Gwyneth Rhys Morag Hamish",
        "O'Donoghue McGillicuddy O'Shaughnessy MacTavish Llewellyn FitzGerald McAuley O'Keeffe",
    ),
    "double": (
        "Anne-Marie Jean-Luc Mary-Kate Karl-Heinz Ana-Lucia Billie-Jo",
        "Smith-Barrow Hartley-Quinn Oduya-Reyes Lund-Petersen Ashworth-Crewe",
    ),
    "spanish": (
        "Xiomara Joaquín Itzel Guillermo Belén Íñigo Ximena Anselmo Rocío Evaristo",
        "Villalobos Echeverría Zúñiga Quiñones Arredondo Peñaloza Iturbide Castañeda Bermúdez",
    ),
    "french": (
        "Maëlle Thibault Océane Gaëtan Solène Rémi Élodie Yannick Bénédicte",
        "Lefèbvre Delacroix Desrosiers Béchard Thériault Charbonneau Aubuchon Quénneville",
    ),
    "german": (
        "Jürgen Käthe Ruprecht Lieselotte Torben Hannelore Götz Annegret Detlef",
        "Großkopf Würzner Schönherr Kühnemann Brüggemann Oelschläger Niedermayer Pfützner",
    ),
    "nordic": (
        "Torbjørn Åsa Sigríður Mikkel Ragnhild Väinö Þórunn Leif Tuulikki",
        "Bjørnstad Sjögren Halvorsen Lehtonen Guðmundsdóttir Østergaard Nygård Virtanen",
    ),
    "slavic": (
        "Wojciech Zdeněk Svitlana Bogdan Jadwiga Miloš Ljubica Przemysław Ksenia",
        "Szczepański Dvořáková Kovalchuk Jovanović Wiśniewska Hrušovský Petrenko Zelenović",
    ),
    "arabic": (
        "Abdulrahman Fatemeh Yousef Layla Tariq Noor Khadija Mustafa Zaynab",
        "al-Rashidi El-Masry Haddad Abu-Ghazaleh Khoury bin-Nasser Shirazi Benmoussa",
    ),
    "indian": (
        "Venkatesh Padmini Harpreet Ananya Subramaniam Lakshmi Gurdeep Nandini",
        "Chattopadhyay Balasubramanian Kulkarni Venkataraman Dhaliwal Mukherjee Iyer Deshpande",
    ),
    "east": (
        "Xiuying Guowei Minjun Haruka Takeshi Wei Seoyeon Kenji Yuki Jianhua Thuý Đức",
        "Ouyang Zhao Hwang Nakagawa Fujimoto Xu Ng Nguyễn Trịnh Watanabe Kwon Szeto",
    ),
    "african": (
        "Chukwuemeka Adaeze Kwabena Thandiwe Oluwaseun Wanjiru Sibusiso Amina",
        "Okonkwo Nwachukwu Mensah Dlamini Adeyemi Kamau Oyelaran Tshabalala",
    ),
    "turkish": (
        "Şule Çağlar İbrahim Gülşen Ozan Ayşe Yiğit Nurcan",
        "Y\u0131ld\u0131r\u0131m Özdemir Karataş Çelikkol Şahinoğlu Ayd\u0131n Güneş",
    ),
}
SCRIPTS: Final = (
    "Соколова^Марина", "Кузнецов^Артём", "Παπαϊωάννου^Ελένη", "Οικονόμου^Νίκος", "渡辺^健太",
    "王^秀英", "陳^志明", "김^서연", "박^지훈", "الحداد^ليلى", "כהן^דוד", "สุวรรณ^สมชาย",
)  # fmt: skip
SYLLABLES: Final = (
    "bra dro fen gal hul jor kel lum mer nor pel quar ros sten tor ul ver wyn yor zan"
)
ENDINGS: Final = "ley son wick ham ford stein sky ova etti ard ers ingham low den oux quist bury"

CITIES: Final = (
    "Marlborough Falls", "Tarrytown", "New Brixton", "Kesselheim", "Puerto Lirio", "Oakmere",
    "Saint-Aubert", "Wexcombe", "Lake Orinda", "Fort Hensley", "Nyborgsund", "East Harrowgate",
    "Villanova del Río", "Brannock", "Cedar Bluff",
)  # fmt: skip
STREETS: Final = (
    "Juniper", "Old Mill", "Larkspur", "Kings Cross", "Wexford", "Sycamore", "Tannery", "Elm",
    "Saint Marks", "Quarry", "Linden", "Martin Luther King Jr.", "42nd", "Peach Tree",
    "Beacon Hill", "Prospect",
)  # fmt: skip
INSTITUTIONS: Final = (
    "{n} Memorial Hospital", "{c} General Hospital", "St. {f}'s Medical Center",
    "{c} Imaging Associates", "{n} Cancer Institute", "Mount {n} Clinic",
    "{c} Community Health Centre", "University Hospital of {c}", "{n} & {m} Radiology LLP",
    "Klinikum {c}", "Hôpital {n}", "Royal {c} Infirmary", "{c} VA Medical Center",
    "Our Lady of {c} Hospital", "{n} Children's Hospital",
)  # fmt: skip
COMPANIES: Final = (
    "{n} Logistics Inc.", "{n} & Sons Ltd", "{m} Aerospace Corporation", "{n}-{m} GmbH",
    "{n} Foods LLC", "{m} Brothers Construction", "{n} Insurance Group",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody made up.

    Attributes:
        family: Surname, one or more words.
        given: First name.
        middle: One letter, or "".
        sex: F or M.
        native: The name in another script as FAMILY^GIVEN, or "".
    """

    family: str
    given: str
    middle: str
    sex: str
    native: str = ""

    @property
    def dicom(self) -> str:
        """As a DICOM person name (PS3.5 6.2)."""
        return "^".join(part for part in (self.family, self.given, self.middle) if part)


def person(rng: Random) -> Person:
    """Somebody of a random locale."""
    locale = rng.choice(list(NAMES))
    given, family = (rng.choice(names.split()) for names in NAMES[locale])
    if rng.random() < 1 / 3:
        family = made_up(rng)
    if rng.random() < 0.06:
        family = f"{rng.choice(['van der', 'de la', 'von', 'Di', 'St.', 'ten'])} {family}"
    middle = rng.choice("ABCDEFGHJKLMNPRSTW") if rng.random() < 0.5 else ""
    native = rng.choice(SCRIPTS) if rng.random() < 0.15 else ""
    return Person(family, given, middle, rng.choice("FM"), native)


def made_up(rng: Random) -> str:
    """A surname that no list holds."""
    parts = rng.sample(SYLLABLES.split(), rng.choice((1, 2, 2)))
    return ("".join(parts) + rng.choice(ENDINGS.split())).capitalize()


def institution(rng: Random) -> str:
    """A hospital, practice or clinic."""
    return _organisation(rng, INSTITUTIONS)


def company(rng: Random) -> str:
    """An employer or insurer."""
    return _organisation(rng, COMPANIES)


def _organisation(rng: Random, forms: tuple[str, ...]) -> str:
    first, second = made_up(rng), rng.choice(NAMES["us"][1].split())
    given = rng.choice(("Brigid", "Anselm", "Crispin", "Mary", "Luke", "Jude"))
    return rng.choice(forms).format(n=first, m=second, c=rng.choice(CITIES), f=given)


def address(rng: Random) -> str:
    """Street and town, in the form of one of several countries."""
    number, street, city = rng.randint(1, 9999), rng.choice(STREETS), rng.choice(CITIES)
    kind = rng.choice(("Street", "St", "Ave.", "Road", "Blvd", "Ln"))
    return rng.choice(
        (
            f"{number} {street} {kind}, {city}",
            f"{number} {street} Drive Apt {rng.randint(1, 40)}, {city}",
            f"P.O. Box {number}, {city}",
            f"Flat {rng.randint(1, 40)}, {rng.randint(1, 200)} {street} Terrace, {city}",
            f"{street}straße {rng.randint(1, 99)}, {rng.randint(10000, 99999)} {city}",
            f"{rng.randint(1, 99)} rue {street}, {city}",
        )
    )
