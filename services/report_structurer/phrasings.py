"""Patterns of what notes say of symptoms around other words."""

from typing import Literal

Kind = Literal["present", "absent", "denied", "gain", "change"]
"""What is said of a symptom.

`absent` is turned by a denial before it, `denied` is not. `gain` says absent when it is affirmed,
`change` when it is denied; else neither says a thing.
"""

_BE = (
    r"(?:(?:has|have|had|was|is|are|were|remain(?:s|ed)?|stay(?:s|ed)?|seem(?:s|ed)?|appear(?:s"
    r"|ed)?"
    r"|became|becomes?|gets?|got|getting|looks?|continues?|continued|returned|went|gone|been|being"
    r"|to\s+be|:|-|=)\s*)*"
)
_VERY = (
    r"(?:(?:\w+ly|very|quite|rather|so|too|somewhat|pretty|much|a\s+(?:bit|little|lot)|still|also"
    r"|again|now|all|always|just|back\s+to|as|more|at\s+best|even|on\s+the"
    r"|more\s+or\s+less)\s+){0,3}"
)
_NOT = r"(?:not|n['’]t|never)"
_POOR = (
    r"(?:poor(?:er)?|low(?:er)?|bad|decreas(?:ed|ing)|down|diminish(?:ed|ing)|reduced|lost|gone|nil"
    r"|lacking|marginal|suppressed|blunted|minimal|terrible|awful|miserable|worse|worsen(?:ed|ing)"
    r"|declin(?:ed|ing)|depressed|nonexistent|off|limited|impaired|suffer(?:ed|ing)|deteriorat\w+"
    r"|variable\s+to\s+poor|zero|dropp(?:ed|ing)(?:\s+off)?|wan(?:ed|ing)|sapped|drained"
    rf"|{_NOT}\s+(?:been\s+)?(?:\w+\s+)?(?:good|great|normal|well|back|what|returned|recovered))"
)
_GOOD = (
    r"(?:good|normal|excellent|great|fine|intact|unchanged|stable|improv(?:ed|ing)|better|adequate"
    r"|preserved|maintained|fair|ok|okay|robust|healthy|hearty|strong|well|up|returned|unaffected"
    r"|unimpaired|unremarkable|back|high|recovered|satisfactory|reasonable|picking\s+up|returning"
    r"|baseline"
    r"|at\s+(?:his|her|the|their)?\s*baseline)"
)
_FOOD = r"(?:food|eat(?:ing)?|meals?|(?:oral|food|po|p\.o\.)\s+intake)"
_FEW = (
    r"(?:(?:only|just|taking|eating|about)\s+)*(?:a\s+few|few|two|three|four|one|several|half"
    r"|a\s+couple(?:\s+of)?|some|small|\d)\s+(?:(?:of|a|an|or|to|two|three|few|his|her|small|more"
    r"|\d)\s+)*(?:bites?|mouthfuls?|meals?|spoonfuls?|forkfuls?|portions?|amounts?|plates?"
    r"|sandwich(?:es)?|sips|helpings?)"
)
_SOLID = (
    r"(?:foods?|bread|meats?|solids?|pills?|tablets?|steak|chicken|rice|boluses?|bolus|things"
    r"|everything|liquids|fluids)"
)
_GAP = r"(?:[^.;:]|\.(?=\d)){0,50}?"
_WEIGHT = r"\b(?:weight|wt)\b"
_UNIT = r"(?:pounds?|lbs?\b|kilograms?|kilos?|kgs?\b|#)"
_AUX = rf"(?:\b(?:do|does|did|has|have|had|is|was|are)\s*{_NOT}|\b{_NOT}|\bno\s+longer)"

PATTERNS: tuple[tuple[str, Kind, str], ...] = (
    ("appetite_loss", "present", rf"\bappetite\s*{_BE}{_VERY}{_POOR}\b"),
    ("appetite_loss", "absent", rf"\bappetite\s*{_BE}{_VERY}{_GOOD}\b"),
    (
        "appetite_loss",
        "present",
        (
            r"\b(?:no|little|lost(?:\s+(?:all|his|her|their|any))?|lack\s+of|loss\s+of|without"
            r"|(?:decreased|diminished|reduced|not\s+much|hardly\s+any|less))\s+(?:real\s+)?"
            rf"(?:interest|desire|enthusiasm|urge|drive|motivation)\s+(?:in|for|to)\s+{_FOOD}"
        ),
    ),
    ("appetite_loss", "present", rf"\b(?:dis|un)interested\s+in\s+{_FOOD}"),
    (
        "appetite_loss",
        "present",
        (
            rf"{_AUX}\s+(?:\w+\s+)?(?:feel(?:s|ing)?\s+like|want(?:s|ed)?(?:\s+to)?|care\s+to"
            rf"|interested\s+in|enjoy(?:s|ing)?|felt\s+like)\s+(?:to\s+)?{_FOOD}\b"
        ),
    ),
    (
        "appetite_loss",
        "present",
        (
            r"\b(?:eats?|eating|ate|eaten)\s+(?:(?:very|so|too|only\s+a)\s+little|(?:very\s+)?poorly"
            r"|next\s+to\s+nothing|almost\s+nothing|(?:much|far|a\s+lot|significantly)\s+less"
            r"|(?:only\s+)?(?:about\s+)?(?:half|a\s+third|a\s+quarter|less\s+than\s+half)\s+(?:of\s+)?"
            r"(?:what|his|her|the|as|normal|usual)|less\s+than\s+(?:usual|before|normal|he|she))"
        ),
    ),
    (
        "appetite_loss",
        "present",
        (
            rf"(?:\b(?:hardly|barely|scarcely)|{_AUX})\s+(?:\w+\s+)?(?:eats?|eating|eaten|touch(?:es"
            rf"|ed|ing)?"
            r"\s+(?:his|her)\s+(?:food|meals?))(?=\s*(?:much|well|anything|enough|very\s+much|a\s+lot"
            r"|at\s+all))"
        ),
    ),
    (
        "appetite_loss",
        "present",
        (
            r"\b(?:pick(?:s|ing|ed)?\s+at\s+(?:his|her|the)\s+(?:food|meals?|plate)|off\s+(?:his"
            r"|her)\s+food"
            r"|forc(?:es|ing|ed)\s+(?:him|her)self\s+to\s+eat|has\s+to\s+force\s+(?:him"
            r"|her)self\s+to\s+eat"
            r"|not\s+(?:\w+\s+)?hungry|food\s+(?:aversions?|has\s+no\s+appeal|does\s+not\s+appeal)"
            r"|aversion\s+to\s+food)\b"
        ),
    ),
    (
        "appetite_loss",
        "absent",
        (
            r"(?<!not )(?<!never )(?<!n't )\b(?:(?:always|constantly|feels?|feeling|been"
            r"|more)\s+hungry\b|hungry\s+all\s+the\s+time)"
            r"|\b(?:eat(?:s|ing)|ate|eaten)\s+(?:very\s+|quite\s+|pretty\s+|fairly\s+)?(?:well"
            r"|normally|heartily)\b"
        ),
    ),
    ("fatigue", "present", rf"\b(?:energy|stamina|vigor)(?:\s+levels?)?\s*{_BE}{_VERY}{_POOR}\b"),
    ("fatigue", "absent", rf"\b(?:energy|stamina)(?:\s+levels?)?\s*{_BE}{_VERY}{_GOOD}\b"),
    (
        "fatigue",
        "present",
        (
            r"\btires?\s+(?:out\s+)?(?:very\s+|more\s+|so\s+)?(?:easily|quickly|readily|fast|after"
            r"|with|out)\b"
            r"|\b(?:no|little|lacks?|low\s+on|without|lack\s+of|decreased|reduced)\s+(?:any\s+)?"
            r"(?:energy|stamina|get\s+up\s+and\s+go)\b"
        ),
    ),
    (
        "weakness",
        "present",
        (
            r"\b(?:strength|power)\s+(?:\w+\s+){0,3}?(?:reduced|decreased|diminished|poor|down)\s+"
            r"(?:throughout|globally|generally|diffusely|symmetrically"
            r"|in\s+all\s+(?:four\s+)?(?:limbs|extremities))"
            r"|\b(?:(?:decreased|diminished|reduced|poor)\s+(?:overall|general|generalized|global"
            r"|muscle)"
            r"|loss\s+of(?:\s+(?:overall|general|muscle))?|decline\s+in)\s+strength\b"
        ),
    ),
    (
        "weakness",
        "absent",
        r"\b(?:strength|power)\s*(?:is|was|:)?\s*(?:5\s*/\s*5|full|intact|normal)",
    ),
    (
        "dysphagia",
        "present",
        (
            rf"\b{_SOLID}(?:\s+\w+){{0,5}}?\s+(?:(?:stick|hang|lodg|catch)(?:s|es"
            rf"|ing)?(?:\s+up)?\s+(?:in|on|at|behind)\b"
            r"|(?:stuck|caught|hung\s+up|lodged|sticking)\b)"
            r"|\bstick(?:s|ing)?\s+in\s+(?:his|her|the)\s+(?:throat|chest|esophagus|gullet)"
        ),
    ),
    (
        "dysphagia",
        "present",
        (
            r"\b(?:imped|impair|compromis|affect|hinder|limit)\w*\s+(?:(?:his|her|the|their)\s+)?"
            r"(?:ability\s+to\s+)?swallow\w*"
            rf"|\bswallow(?:ing)?(?:\s+(?:mechanism|function|ability|abilities|reflex))?\s*{_BE}{_VERY}"
            r"(?:impaired|poor|difficult|abnormal|delayed|a\s+(?:problem|struggle)|hard|dysfunctional"
            r"|worse\w*)\b"
            rf"|\bswallow(?:ing)?(?:\s+(?:mechanism|function|ability"
            rf"|abilities))?\s+[^.;,]{{0,12}}{_NOT}\s+"
            r"(?:\w+\s+){0,4}?(?:functional|normal|good|well|intact|safe|adequate)\b"
        ),
    ),
    (
        "dysphagia",
        "present",
        (
            r"\b(?:hard|difficult|struggl(?:es|ed|ing))\s+(?:(?:for\s+)?(?:him|her)\s+)?to\s+swallow\b"
            r"|\b(?:trouble|difficulty|problems|hard\s+time)\s+(?:with\s+)?(?:getting|keeping"
            r"|swallowing|eating)?\s*"
            rf"(?:his|her|the|any|solid|dry|hard)?\s*{_SOLID}\s+(?:to\s+go\s+)?down\b"
            r"|\b(?:cough|chok)(?:s|ing|ed|es)\s+(?:and\s+\w+\s+)?(?:when(?:ever)?|while"
            r"|with)\s+(?:\w+\s+)?"
            r"(?:drink|eat|swallow)(?:s|ing)\b"
            rf"|\bchok(?:es|ed|ing)\s+(?:on|with)\s+(?:\w+\s+)?(?:{_SOLID}|water|meals|thin)"
            r"|\b(?:can|able\s+to)\s+only\s+(?:swallow|get\s+down|tolerate"
            r"|manage)\s+(?:\w+\s+)?(?:liquids|fluids|purees?|soups?)"
        ),
    ),
    (
        "dysphagia",
        "absent",
        (
            rf"\bswallow(?:ing|s)?(?:\s+(?:function|mechanism))?\s*{_BE}{_VERY}(?:normal|fine|intact"
            rf"|unremarkable|unimpaired|ok|okay|well)\b"
            r"|(?<!not )(?<!never )\bswallow(?:s|ing|ed)?\s+(?:(?!not\b)\w+\s+){0,4}?(?:well|fine"
            r"|normally|easily)\b"
            r"|\bswallow(?:s|ing|ed)?\s+(?:\w+\s+){0,4}?without\s+(?:any\s+)?(?:difficulty|trouble"
            r"|problems?)"
        ),
    ),
    (
        "nausea_vomiting",
        "present",
        (
            rf"(?:\b(?:unable|(?:(?:has|have|had|is|was)\s+)?not\s+(?:been\s+)?able)\s+to|\bcannot"
            rf"|\bcan['’]t|\bcould\s+{_NOT}|\bcan\s+not|\bcouldn['’]t"
            r"|\btrouble|\bdifficulty)\s+(?:keep(?:ing)?|hold(?:ing)?)\s+(?:\w+\s+){0,4}?down\b"
            r"|\bn\s*(?:&|\+)\s*v\b|\bsick\s+to\s+(?:his|her|the|their)\s+stomach\b"
        ),
    ),
    (
        "early_satiety",
        "present",
        (
            rf"\b(?:after|with|following|than)\s+{_FEW}{_GAP}\b(?:full|fullness|stuffed|satiated"
            rf"|bloated\s+and\s+full)\b"
            rf"|\b{_FEW}\s+(?:\w+\s+){{0,2}}?(?:before|until|and|then){_GAP}\b(?:full|fullness"
            rf"|stuffed|satiated)\b"
            rf"|\b(?:full|fullness|stuffed|satiated)\b(?:\s+\w+){{0,3}}?\s+(?:after|with|on)\s+{_FEW}"
            r"|\b(?:full|satiated|sated|stuffed)\s+(?:very\s+|so\s+|too\s+|much\s+too\s+"
            r"|almost\s+)?(?:right\s+away|immediately|within\s+minutes|quickly|early|fast|soon|easily"
            r"|sooner|rapidly)\b"
            r"|\bfill(?:s|ing|ed)?\s+up\s+(?:very\s+|so\s+|too\s+)?(?:quickly|early|fast|soon|easily)\b"
            r"|\bquickly\s+(?:gets|feels|becomes|is)?\s*(?:full|satiated|sated|filled)\b"
        ),
    ),
    (
        "malnutrition",
        "present",
        rf"\bnutrition(?:al\s+(?:status|state))?\s*{_BE}{_VERY}{_POOR}\b",
    ),
    (
        "malnutrition",
        "absent",
        rf"\bnutrition(?:al\s+(?:status|state))?\s*{_BE}{_VERY}{_GOOD}\b",
    ),
    (
        "wasting",
        "present",
        (
            r"\bmuscle\s+(?:bulk|mass)\s+(?:\w+\s+){0,2}?(?:decreased|reduced|poor|low|diminished"
            r"|depleted)\b"
            r"|\b(?:decreased|reduced|loss\s+of|lost|poor|low|depleted|diminished"
            r"|losing)\s+(?:lean\s+)?(?:muscle|body)\s+(?:bulk|mass)\b"
        ),
    ),
    (
        "wasting",
        "absent",
        (
            r"\b(?:(?:normal|good|preserved)\s+muscle\s+(?:bulk|mass)|muscle\s+(?:bulk"
            r"|mass)\s+(?:is\s+|was\s+)?(?:normal|good|preserved))\b"
        ),
    ),
    (
        "weight_loss",
        "absent",
        (
            rf"{_WEIGHT}(?:(?!\b(?:loss|lost|losing|gain\w*|but|no|not|down)\b|n['’]t)(?:[^.;]"
            rf"|\.(?=\d))){{0,70}}?"
            r"\b(?:unchanged|stable|steady|constant|the\s+same|maintained|no\s+change|static|holding)\b"
            r"|\b(?:maintain(?:s|ed|ing)|kept|keeps|holding)\s+(?:his|her|their)\s+weight\b"
        ),
    ),
    (
        "weight_loss",
        "gain",
        (
            rf"(?<!to )(?<!poor )(?<!inadequate )\b(?:re)?gain(?:ed|ing"
            rf"|s)?\s+(?:\S+\s+){{0,4}}?(?:weight\b|{_UNIT})"
            r"|(?<!poor )(?<!slow )(?<!inadequate )\bweight\s+gain\b(?!\s*(?:/|or|and"
            r"|nor)\s*(?:weight\s+)?loss)"
            rf"|{_WEIGHT}(?:\s+\w+)?\s*{_BE}{_VERY}(?:up(?:\s+from)?|increas(?:ed|ing)|rising|rose"
            rf"|risen|higher|improv(?:ed|ing)|recover(?:ed|ing))\b"
            rf"|\bput(?:ting)?\s+(?:back\s+)?on\s+(?:\S+\s+){{0,3}}?(?:weight\b|{_UNIT})"
            rf"|\bup\s+from\s+\d+(?:\.\d+)?\s*{_UNIT}"
            rf"|\bup\s+(?:by\s+|about\s+|another\s+)?\d+(?:\.\d+)?\s*{_UNIT}\s+(?:since|from|over|in"
            rf"|this|compared)"
        ),
    ),
    ("weight_loss", "change", r"\bweight\s+changes?\b"),
    ("appetite_loss", "change", r"\bappetite\s+changes?\b"),
)
"""Symptom, what is said of it, and the pattern that says so."""
