"""medspaCy's ConText on NegEx rows: JSON lines {concept, sentence} in, true for denied out.

Run in the evaluation's own environment. PyRuSH writes every token that it reads to standard error;
the caller throws that away.
"""

import json
import sys

import medspacy
from medspacy.ner import TargetRule


def main() -> None:
    """Answers line by line."""
    nlp = medspacy.load(
        medspacy_enable=["medspacy_pyrush", "medspacy_target_matcher", "medspacy_context"]
    )
    rows = [json.loads(line) for line in sys.stdin]
    matcher = nlp.get_pipe("medspacy_target_matcher")
    matcher.add([TargetRule(concept, "CONCEPT") for concept in {r["concept"] for r in rows}])
    for row in rows:
        concept = row["concept"].lower()
        found = [e for e in nlp(row["sentence"]).ents if concept in e.text.lower()]
        sys.stdout.write(json.dumps(any(e._.is_negated for e in found)) + "\n")


main()
