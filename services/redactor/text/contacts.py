"""Ways to reach somebody: telephone, pager, fax, e-mail, addresses on a network."""

import re
from collections.abc import Iterator

from services.redactor.spans import Kind
from services.redactor.text.candidates import Candidate

_EXTENSION = r"(?:,?\s?(?:x|ext\.?|extension|extn\.?|#)\s?:?\s?\d{1,6})?"
_CALLED = (
    r"(?:tele?(?:phone)?|phone|ph|fax|facsimile|pager|paged|pgr|beeper|bleep|mobile|cell(?:ular)?|"
    r"call(?:\s?back)?|contact|hotline|voicemail|landline|office|home|work|direct(?:\sline)?|"
    r"handy|tfno?|telefon[eo]?|tél(?:éphone)?|ext(?:ension|n)?|reached)"
)

FEWEST_DIGITS = 4
"""Of a number behind a word like "call": an extension."""

PATTERNS = tuple(
    (name, re.compile(pattern, re.IGNORECASE), kind, score)
    for name, pattern, kind, score in (
        (
            "email",
            (
                r"(?<![\w.+-])[\w.+%'-]+(?:@|\s?[(\[]at[)\]]\s?)[\w-]+(?:(?:\.|"
                r"\s?\[dot\]\s?)[\w-]+)*|(?<![\w.+-])[\w.+%'-]+\s?@\s?[\w-]+(?:\.[\w-]+)+"
            ),
            Kind.EMAIL,
            0.99,
        ),
        (
            "url",
            (
                r"(?:https?|ftp|dicom|ldap|file|sip)s?://[^\s<>()\"']+[\w/]|"
                r"\bwww\.[\w.-]+\.\w{2,}(?:/[^\s<>()\"',;]*)?"
            ),
            Kind.EMAIL,
            0.98,
        ),
        (
            "domain",
            (
                r"(?<![\w@.-])(?:[\w-]+\.)+(?:com|org|net|edu|gov|info|biz|health|hospital|"
                r"clinic|med|nhs|"
                r"local|lan|internal|int|io|co|de|fr|es|it|nl|uk|ch|at|be|se|no|dk|pl|ca|au|br|"
                r"mx|jp|cn|in)"
                r"(?![\w-])(?!\.\w)(?:/[^\s<>()\"',;]*)?"
            ),
            Kind.EMAIL,
            0.8,
        ),
        (
            "ip",
            (
                r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|"
                r"1?\d?\d)(?![\d.]*\d)"
                r"|(?<![\w:])(?:[\da-f]{2}[:-]){5}[\da-f]{2}(?![\w:])"
                r"|(?<![\w:])(?:[\da-f]{1,4}:){3,7}(?::?[\da-f]{1,4}){1,4}(?![\w:])"
            ),
            Kind.EMAIL,
            0.9,
        ),
        ("handle", r"(?<![\w@/])@[a-z_]\w{2,}", Kind.EMAIL, 0.7),
        (
            "north american",
            (
                rf"(?<![\w.-])(?:(?:\+|00)?1[\s.-]?)?(?:\(\d{{3}}\)\s?-?\s?|"
                rf"\d{{3}}[\s./-]{{1,2}})\d{{3}}[\s.-]?\d{{4}}"
                rf"(?![\d-]){_EXTENSION}"
            ),
            Kind.PHONE,
            0.98,
        ),
        (
            "international",
            (
                rf"(?<![\w.])(?:\+|00)\d{{1,3}}[\s./-]?(?:\(0?\d{{0,5}}\)[\s./-]?)?\d(?:"
                rf"[\s./()-]{{0,2}}\d){{5,12}}(?!\d){_EXTENSION}"
            ),
            Kind.PHONE,
            0.97,
        ),
        (
            "national",
            (
                rf"(?<![\w.,/-])\(?0\d{{1,5}}\)?[\s./-]{{1,2}}\d(?:[\s./-]?\d){{4,9}}(?![\d]"
                rf"){_EXTENSION}"
            ),
            Kind.PHONE,
            0.9,
        ),
        (
            "groups of two",
            r"(?<![\w.,-])\d{2}(?:[\s.-]\d{2}){3,4}(?![\w.,-]*\d)",
            Kind.PHONE,
            0.8,
        ),
        (
            "called",
            (
                rf"(?<!\w){_CALLED}(?:\s?(?:number|no\.?|num|nr\.?|\#|is|at|on|to))*\s?[:\#.=]?\s?"
                rf"(?P<number>\(?\+?\d[\d\s()./-]{{1,16}}\d(?!\d)){_EXTENSION}"
            ),
            Kind.PHONE,
            0.9,
        ),
        (
            "pager",
            (
                r"(?<!\w)(?:pager|beeper|bleep|pgr|pic|vocera|voalte|spectralink|ascom|dect)"
                r"(?:\s?(?:number|no\.?|id|\#|is))*\s?[:\#.=]?\s?\d[\d-]{2,11}(?!\d)"
            ),
            Kind.PHONE,
            0.97,
        ),
        (
            "extension",
            (
                r"(?<!\w)(?:x\.?|ext\.?|extension|extn\.?|apparat|durchwahl|"
                r"poste)\s?[:\#-]?\s?\d{3,6}(?![\w/])"
            ),
            Kind.PHONE,
            0.97,
        ),
        (
            "local",
            r"(?<![\w.,/-])\d{3}[-.]\d{4}(?![\w/-])(?!\.\d)(?!\s?(?:hu|mm|cm|ml|mg|ms))",
            Kind.PHONE,
            0.75,
        ),
    )
)


def found_contacts(text: str) -> Iterator[Candidate]:
    """Telephone numbers and network names of `text`, with the word that says what they are."""
    for name, pattern, kind, score in PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if name == "called":
                if sum(c.isdigit() for c in match["number"]) < FEWEST_DIGITS:
                    continue
                start = match.start("number")
            yield Candidate(start, end, kind, score, f"rule:{name}")
