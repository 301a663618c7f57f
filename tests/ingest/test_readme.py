"""The README says what the settings are."""

import re
from pathlib import Path

from pydantic_core import PydanticUndefined

from services.ingest.settings import Settings

README = Path(__file__).parents[2] / "services/ingest/README.md"


def test_the_readme_lists_every_setting_with_its_default() -> None:
    found = re.findall(r"^\| `([A-Z_]+)` \| ?([^|]*?) ?\|", README.read_text(), re.MULTILINE)

    def shown(default: object) -> str:
        if default is PydanticUndefined:
            return "needed"
        return "" if default is None else str(default)

    fields = Settings.model_fields
    assert found == [(name.upper(), shown(field.default)) for name, field in fields.items()]
