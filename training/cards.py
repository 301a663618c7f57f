"""Model cards and config.pbtxt, filled from what was measured."""

from collections.abc import Mapping, Sequence

CONFIG = """name: "{name}"
backend: "onnxruntime"
default_model_filename: "model.onnx"
max_batch_size: 8
{tensors}version_policy {{ latest {{ num_versions: 2 }} }}
instance_group [ {{ kind: KIND_AUTO count: 1 }} ]
dynamic_batching {{
  max_queue_delay_microseconds: 5000
  default_queue_policy {{
    timeout_action: REJECT
    default_timeout_microseconds: 30000000
    allow_timeout_override: true
    max_queue_size: 64
  }}
}}
# One thread per inference: studies run side by side. No arena: it would keep its peak.
parameters {{ key: "intra_op_thread_count" value {{ string_value: "1" }} }}
parameters {{ key: "enable_mem_arena" value {{ string_value: "0" }} }}
# Written by training/export.py: digest of the weights, constants calibrated for them.
{parameters}optimization {{
  execution_accelerators {{
    gpu_execution_accelerator: [ {{
      name: "tensorrt"
      parameters {{ key: "precision_mode" value: "FP16" }}
      parameters {{ key: "trt_engine_cache_enable" value: "1" }}
      parameters {{ key: "trt_engine_cache_path" value: "/var/cache/trt" }}
    }} ]
  }}
}}
model_warmup [ {{
  name: "zeros"
  batch_size: 1
{zeros}}} ]
"""

Tensor = tuple[str, list[int]]


def config_text(
    name: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor], parameters: Mapping[str, str]
) -> str:
    """config.pbtxt of a model."""
    tensors = "".join(
        f'{kind} [ {{ name: "{tensor}" data_type: TYPE_FP32 dims: {dims} }} ]\n'
        for kind, specs in (("input", inputs), ("output", outputs))
        for tensor, dims in specs
    )
    lines = "".join(
        f'parameters {{ key: "{key}" value {{ string_value: "{value}" }} }}\n'
        for key, value in parameters.items()
    )
    zeros = "".join(
        f'  inputs {{ key: "{tensor}" value '
        f"{{ data_type: TYPE_FP32 dims: {dims} zero_data: true }} }}\n"
        for tensor, dims in inputs
    )
    return CONFIG.format(name=name, tensors=tensors, parameters=lines, zeros=zeros)


ENSEMBLE = """# muscle_ensemble

Segments one axial CT slice at L3 into muscle, subcutaneous fat, visceral fat and organs, bone.
{members} members in one ONNX graph ({names}), fp16, {size:.1f} MB.

- Input `hu` (b, 1, 256, 256): Hounsfield units, pixels of 1.5 mm, rows to the back, columns to the
  patient's left. Normalisation is inside.
- Outputs: `mean`, `var` (b, 5, 256, 256) class probabilities over the members (averaged, not their
  logits); `mi` (b, 1, 256, 256) mutual information, nats; `members` (b, {members}, 256, 256) muscle
  probability of each member.
- SHA-256 of `1/model.onnx`: `{digest}`
- Licence: Apache-2.0. `golden.npz` holds one slice of the sample study (Apache-2.0, see
  `samples/NOTICE`).

## Trained on

Simulated slices only (`training/axial_phantom.py`, described in `docs/simulator.md`), no patient;
more than a third of them with more of what networks err on (`variants.draw_hard`). The simulator
was drawn after looking at public slices, the sample study among them: neither is unseen. Each
member left out one fifth of the slices; `curves.csv` holds the losses.

| member | began from |
|---|---|
{starts}
A member that began from another shares its early training with it, so the ten disagree less than
ten trained apart would. "muscle_ensemble" is the member of the same name in the ensemble that
shipped before, trained on an earlier simulator.

## For, and not for

Research and integration. Not a medical device. Not for children, not for levels other than L3, not
for slices that cut muscle off, not for numbers without grade and interval.

## Measured

By `python -m training.build` on {n} simulated slices that were not trained on, after the clean-up
of `services/muscle_seg/muscle.py`. These numbers describe the simulator, not patients.

| | |
|---|---|
| Dice, mean / 5th percentile | {dice_mean:.3f} / {dice_p5:.3f} |
| area error, median / 90th percentile | {median:.1f} % / {p90:.1f} % |
| rank correlation of agreement with Dice / with area error | {rho_dice:.2f} / {rho_error:.2f} |
| share of grade A / B / C | {a:.0%} / {b:.0%} / {c:.0%} |
| 90 % interval of the area: coverage on {interval_n} further slices | {coverage:.1%} |

`area_interval_factor` {factor:.2f}: half the relative 90 % interval of the area per unit of
disagreement (1 - agreement, at least 0.01); split conformal on the first half of the slices.
"""


def ensemble_card(
    judged: Mapping[str, float], starts: Mapping[str, str], digest: str, size_bytes: int
) -> str:
    """Card of `muscle_ensemble`; `starts` names each member and what it began from."""
    return ENSEMBLE.format(
        members=len(starts),
        names=", ".join(starts),
        starts="".join(f"| {name} | {start} |\n" for name, start in starts.items()),
        size=size_bytes / 1e6,
        digest=digest,
        n=judged["n"],
        dice_mean=judged["dice_mean"],
        dice_p5=judged["dice_p5"],
        median=100 * judged["area_error_median"],
        p90=100 * judged["area_error_p90"],
        rho_dice=judged["agreement_dice_rho"],
        rho_error=judged["agreement_error_rho"],
        a=judged["grade_a"],
        b=judged["grade_b"],
        c=judged["grade_c"],
        interval_n=judged["interval_n"],
        coverage=judged["interval_coverage"],
        factor=judged["area_interval_factor"],
    )


LOCATOR = """# l3_locator

Finds the third lumbar vertebra (L3) in two projections of a CT volume, and says whether it is
wholly inside. {folds} networks of 0.2 M parameters, each trained without one fifth of the volumes,
in one ONNX graph, fp16, {size:.1f} MB.

- Input `projections` (b, 2, 192, 96): coronal and mid-sagittal maximum projections, HU; rows of
  3 mm, head first; columns of 4 mm and 3 mm; -1000 where the volume has no data.
- Outputs: `rows` (b, 192) probability that the centre of L3 lies in a row, given that it is
  covered, pooled by logarithm over the folds; `covered` (b, 1) probability that L3 is wholly
  inside, of the mean logit, temperature-scaled; `spread` (b, 1) standard deviation of the folds'
  mean rows, mm: large where they differ by a level.
- SHA-256 of `1/model.onnx`: `{digest}`
- Licence: Apache-2.0. `golden.npz` holds projections of the sample study (Apache-2.0, see
  `samples/NOTICE`).

## Trained on

Simulated skeletons only (`training/skeleton_projections.py`), no patient; 4 or 6 lumbar vertebrae
in 6 %. Real public volumes, the sample study among them, were looked at while the simulator was
made: they are not unseen. `curves.csv` holds the losses.

## For, and not for

Research and integration. Not a medical device. Lumbar variants are not flagged; metal, scoliosis
and tilted gantries were simulated only roughly.

## Measured

By `python -m training.build` on {n} simulated volumes that were not trained on ({covered_n} with
L3). These numbers describe the simulator, not patients.

| | |
|---|---|
| position error, median / 90th percentile | {error_median_mm:.1f} / {error_p90_mm:.1f} mm |
| within 10 mm | {within_10_mm:.1%} |
| coverage: area under the ROC curve / expected calibration error | {coverage_auc:.3f} / \
{coverage_ece:.3f} |
| accepted with L3 / with L3 cut / without L3 at the threshold {coverage_threshold:.3f} | \
{accepted_with_l3:.1%} / {accepted_l3_cut:.1%} / {accepted_without_l3:.1%} |
| half of the 90 % interval (split conformal) | {l3_interval_mm:.1f} mm |
"""


def locator_card(judged: Mapping[str, float], folds: int, digest: str, size_bytes: int) -> str:
    """Card of `l3_locator`."""
    return LOCATOR.format(size=size_bytes / 1e6, folds=folds, digest=digest, **judged)
