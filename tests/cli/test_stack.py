import re
from pathlib import Path

import pytest
from pydantic_settings import BaseSettings

from radloom.cli.stack import SERVICES, Plan, site_secret

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


@pytest.mark.parametrize("service", SERVICES)
def test_the_environment_names_only_settings_that_the_service_has(plan: Plan, service: str) -> None:
    import importlib  # noqa: PLC0415 - the service under test is a parameter

    settings: type[BaseSettings] = importlib.import_module(f"services.{service}.settings").Settings
    prefix = str(settings.model_config["env_prefix"]).lower()
    names = {name.lower().removeprefix(prefix) for name in plan.environment(service)}
    assert names <= set(settings.model_fields)


def test_all_services_started_are_all_that_exist() -> None:
    assert set(SERVICES) == {path.parent.name for path in ROOT.glob("services/*/app.py")}


def test_ports_of_one_plan_differ(plan: Plan) -> None:
    assert len({*plan.ports.values(), plan.http_port}) == len(plan.ports) + 1
