import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from radloom.cli.stack import REDACTOR, SERVICES, Export, Plan, exports_of, site_secret
from radloom.errors import Rejected
from services.redactor.settings import ProjectRule

ROOT = Path(__file__).parents[2]


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    folder = (tmp_path / "results").as_uri()
    return Plan(data_dir=tmp_path / "data", archive_url=folder, record_url=folder)


def test_the_site_secret_is_made_once_and_is_private(tmp_path: Path) -> None:
    first = site_secret(tmp_path / "data")
    assert site_secret(tmp_path / "data") == first
    assert re.fullmatch(r"[0-9a-f]{64}", first)
    assert (tmp_path / "data" / "site-secret").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("service", [*SERVICES, REDACTOR])
def test_the_environment_names_only_settings_that_the_service_has(plan: Plan, service: str) -> None:
    import importlib  # noqa: PLC0415 - the service under test is a parameter

    settings: type[BaseSettings] = importlib.import_module(f"services.{service}.settings").Settings
    prefix = str(settings.model_config["env_prefix"]).lower()
    names = {name.lower().removeprefix(prefix) for name in plan.environment(service)}
    assert names <= set(settings.model_fields)


def test_all_services_started_are_all_that_exist() -> None:
    assert {*SERVICES, REDACTOR} == {path.parent.name for path in ROOT.glob("services/*/app.py")}


def test_ports_of_one_plan_differ(plan: Plan) -> None:
    assert len({*plan.ports.values(), plan.http_port}) == len(plan.ports) + 1


def test_a_stack_without_projects_starts_no_redactor(plan: Plan) -> None:
    export = Export({"name": "lung", "key_file": "lung.key", "modalities": ["CT"]}, "file:///r")
    assert plan.services == SERVICES
    exporting = replace(plan, exports=(export,))
    assert exporting.services == (*SERVICES, REDACTOR)
    rules = json.loads(exporting.environment(REDACTOR)["RADLOOM_REDACTOR_PROJECTS"])
    archives = exporting.environment("publisher")["RADLOOM_PUBLISHER_RESEARCH_ARCHIVES"]
    assert [ProjectRule.model_validate(rule).name for rule in rules] == ["lung"]
    assert json.loads(archives) == {"lung": "file:///r"}


def test_keys_of_a_project_file_are_found_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "projects.json"
    rule = {"name": "lung", "key_file": "lung.key", "modalities": ["CT"], "archive": "http://a"}
    file.write_text(json.dumps([rule]))
    (export,) = exports_of(file)
    assert export.archive_url == "http://a"
    assert export.rule["key_file"] == str(tmp_path / "lung.key")


@pytest.mark.parametrize("content", ["", "{}", "[1]", '[{"name": "lung"}]'])
def test_a_project_file_of_another_form_is_named(content: str, tmp_path: Path) -> None:
    file = tmp_path / "projects.json"
    file.write_text(content)
    with pytest.raises(Rejected, match="JSON array of projects"):
        exports_of(file)
    with pytest.raises(Rejected, match="No such file"):
        exports_of(tmp_path / "none.json")
