"""TRIPOD+AI table: what a training run knows fills its items, the rest is the site's to state.

Items after Collins et al. 2024, BMJ 385:e078378; the wording here is short and ours.
"""

from collections.abc import Mapping

SITE = "to be stated by the site"

ITEMS: tuple[tuple[str, str], ...] = (
    ("1", "title: model, population, outcome"),
    ("2", "abstract"),
    ("3a", "context and rationale, existing models"),
    ("3b", "target population and users"),
    ("3c", "known health inequalities"),
    ("4", "objectives: development or evaluation"),
    ("5a", "sources of data"),
    ("5b", "dates of accrual and follow-up"),
    ("6a", "setting, number of centres"),
    ("6b", "eligibility"),
    ("6c", "treatments received"),
    ("7", "data preparation and quality checks"),
    ("8a", "outcome, how and when assessed"),
    ("8b", "outcome assessors"),
    ("8c", "blinding of the outcome's assessment"),
    ("9a", "choice of predictors"),
    ("9b", "definition of predictors"),
    ("9c", "predictor assessors"),
    ("10", "sample size"),
    ("11", "missing data"),
    ("12a", "use of the data: development, evaluation"),
    ("12b", "handling of predictors"),
    ("12c", "type of model, building, tuning, internal validation"),
    ("12d", "heterogeneity between clusters"),
    ("12e", "performance measures"),
    ("12f", "model updating"),
    ("12g", "how predictions were calculated"),
    ("13", "class imbalance"),
    ("14", "fairness"),
    ("15", "model output and classification"),
    ("16", "differences between development and evaluation data"),
    ("17", "ethical approval"),
    ("18a", "funding"),
    ("18b", "conflicts of interest"),
    ("18c", "protocol"),
    ("18d", "registration"),
    ("18e", "data sharing"),
    ("18f", "code sharing"),
    ("19", "patient and public involvement"),
    ("20a", "flow of participants"),
    ("20b", "characteristics of participants"),
    ("20c", "development against evaluation data"),
    ("21", "participants and outcome events in each analysis"),
    ("22", "full model specification"),
    ("23a", "performance with intervals, subgroups"),
    ("23b", "heterogeneity of performance"),
    ("24", "results of updating"),
    ("25", "interpretation"),
    ("26", "limitations"),
    ("27a", "poor quality or unavailable input at use"),
    ("27b", "interaction of users with the model"),
    ("27c", "next steps"),
)


def tripod_table(known: Mapping[str, str]) -> str:
    """A Markdown table of every item.

    Args:
        known: What the run can say, by item.

    Raises:
        ValueError: An item that TRIPOD+AI does not have.
    """
    unknown = set(known) - {number for number, _ in ITEMS}
    if unknown:
        raise ValueError(f"no TRIPOD+AI item {min(unknown)}; expected one of ITEMS")
    lines = ["| item | asks for | answer |", "| --- | --- | --- |"]
    lines += [f"| {number} | {asks} | {known.get(number, SITE)} |" for number, asks in ITEMS]
    return "\n".join(lines)
