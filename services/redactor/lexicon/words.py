"""Words of a text, and what the word lists say about them."""

import gzip
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

WORD = re.compile(r"[^\W\d_]+(?:['’`\u00b4][^\W\d_]+)*")
"""Letters of any alphabet; an apostrophe inside belongs to the word, a hyphen does not."""

PLAIN = str.maketrans("ıøłđðæœþß’`\u00b4", "iolddaots'''")
LISTS = resources.files(__package__) / "lists"

MEDICAL_ENDS = re.compile(
    r"(?:oma|omas|omata|itis|osis|oses|otic|ectomy|ectomies|otomy|ostomy|plasty|scopy|graphy|gram|"
    r"grams|graphic|emia|aemia|uria|pathy|pathic|algia|ectasis|ectasia|ectatic|megaly|penia|plasia|"
    r"plastic|trophy|trophic|trophied|sclerosis|stenosis|lysis|lytic|genic|genesis|lith|lithiasis|"
    r"centesis|dense|density|densities|intense|intensity|intensities|echoic|attenuating|"
    r"attenuation|avid|ablation|embolization|embolus|emboli|mab|nib|azole|cillin|mycin|statin|pril|"
    r"olol|sartan|platin|taxel)$"
)
"""Ends that make a medical term of whatever stands before them, no name."""

MEDICAL_STARTS = re.compile(
    r"^(?:non|pre|post|peri|para|intra|inter|extra|sub|supra|infra|retro|trans|trans|hyper|hypo|iso|anti|"
    r"hemi|bi|micro|macro|multi|poly|pan|pseudo|neo|re|un|over|under|antero|postero|infero|supero|latero|"
    r"medio|cardio|cranio|cerebro|costo|gastro|hepato|spleno|broncho|fibro|osteo|angio|arterio|veno|"
    r"thoraco|lumbo|sacro|ilio|femoro|tibio|radio|ulno|naso|oro|fronto|parieto|temporo|occipito|aorto|"
    r"reno|uretero|recto|colo|entero|myo|neuro|auto|mid|co|e|de|dis)-?"
)
"""Starts that together with a word of the list make another word of the list."""


CONTRACTED = re.compile(r"^(?:i|you|he|she|it|we|they|that|there|who|what|let)'|n't$")
"""Short forms of prose: "I'm", "don't"."""


@dataclass(frozen=True)
class Word:
    """One word of a text.

    Attributes:
        start: First character.
        end: One past the last character.
        text: As it stands.
        key: In lower case without diacritics: the key of the lists.
    """

    start: int
    end: int
    text: str
    key: str

    @property
    def capitalised(self) -> bool:
        """Starts with a capital, or with a letter of an alphabet that has none."""
        return not self.text[0].islower()

    @property
    def shouted(self) -> bool:
        """Two capitals or more and nothing else."""
        return len(self.text) > 1 and self.text.isupper()


def folded(text: str) -> str:
    """`text` in lower case without diacritics; may be longer than `text`."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.lower().translate(PLAIN))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def listed(text: str) -> frozenset[str]:
    """Words of a list that code holds."""
    return frozenset(text.split())


def words(text: str) -> Iterator[Word]:
    """Words of `text` in order."""
    for found in WORD.finditer(text):
        word = found.group()
        key = folded(word)
        if key.endswith("'s") and len(key) > 3:  # noqa: PLR2004 - a letter and the ending
            word, key = word[:-2], key[:-2]
        yield Word(found.start(), found.start() + len(word), word, key)


@dataclass(frozen=True)
class Lists:
    """The word lists; keys are folded.

    Attributes:
        given: Given names, with the sexes their sources list them under ("F", "M", "FM", "").
        surnames: Surnames.
        frequent: The most frequent of them.
        places: Cities and counties; some have several words.
        common: Words that everybody uses, and medical terms.
        words: All words, the common ones included.
        eponyms: Names in medical terms.
        eponym_heads: Words that make a term of the eponym before them.
        kept: Proper names that say nothing about a person.
    """

    given: dict[str, str]
    surnames: frozenset[str]
    frequent: frozenset[str]
    places: frozenset[str]
    common: frozenset[str]
    words: frozenset[str]
    eponyms: frozenset[str]
    eponym_heads: frozenset[str]
    kept: frozenset[str]

    def ordinary(self, key: str) -> bool:
        """Whether `key` is a word of the language or of medicine, in any form."""
        if key in self.words or key in self.kept or CONTRACTED.search(key):
            return True
        if key.endswith("s") and (key[:-1] in self.words or key[:-2] in self.words):
            return True
        if len(key) > 6 and MEDICAL_ENDS.search(key):  # noqa: PLR2004 - shorter ends names too
            return True
        rest = MEDICAL_STARTS.sub("", key, count=1)
        return rest != key and len(rest) > 3 and rest in self.words  # noqa: PLR2004

    def name(self, key: str) -> bool:
        """Whether some person is called `key`."""
        return key in self.given or key in self.surnames


@cache
def lists() -> Lists:
    """The shipped lists, read once."""
    given = dict((line + " ").split(" ")[:2] for line in _packed("given_names"))
    return Lists(
        given=given,
        surnames=frozenset(_packed("surnames")),
        frequent=frozenset(_packed("frequent_surnames")),
        places=frozenset(_packed("places")),
        common=frozenset(_packed("common_words")),
        words=frozenset(_packed("words")),
        eponyms=frozenset(_plain("eponyms")),
        eponym_heads=frozenset(_plain("eponym_heads")),
        kept=frozenset(_plain("kept_terms")),
    )


def _packed(name: str) -> list[str]:
    packed = (LISTS / f"{name}.txt.gz").read_bytes()
    return gzip.decompress(packed).decode().splitlines()


def _plain(name: str) -> list[str]:
    lines = (LISTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]
