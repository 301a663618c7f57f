import pytest
from pydicom.dataset import Dataset

from radloom.errors import Rejected
from services.redactor.profiles import (
    BASIC,
    COHORT,
    FULL_DATES,
    LONGITUDINAL,
    PROFILES,
    Option,
    Profile,
    declare,
    declare_pixels,
    profile_named,
)
from tests.redactor.planted_headers import image, read, written


def declared(profile: Profile) -> Dataset:
    ds = image()
    declare(ds, profile)
    return read(written(ds))


@pytest.mark.parametrize(
    ("profile", "temporal", "codes"),
    [
        (BASIC, "REMOVED", ["113100", "113103", "113104", "113105", "113111"]),
        (LONGITUDINAL, "MODIFIED", ["113100", "113103", "113104", "113105", "113107", "113111"]),
        (
            COHORT,
            "MODIFIED",
            ["113100", "113103", "113104", "113105", "113107", "113108", "113111"],
        ),
        (
            FULL_DATES,
            "UNMODIFIED",
            ["113100", "113103", "113104", "113105", "113106", "113108", "113111"],
        ),
    ],
    ids=lambda one: getattr(one, "name", None),
)
def test_an_object_says_how_it_was_made(profile: Profile, temporal: str, codes: list[str]) -> None:
    ds = declared(profile)
    assert ds.PatientIdentityRemoved == "YES"
    assert ds.DeidentificationMethod == "radloom redactor: PS3.15 annex E"
    assert ds.LongitudinalTemporalInformationModified == temporal
    items = ds.DeidentificationMethodCodeSequence
    assert [item.CodeValue for item in items] == codes
    assert {item.CodingSchemeDesignator for item in items} == {"DCM"}
    assert items[0].CodeMeaning == "Basic Application Confidentiality Profile"


def test_clean_pixels_are_claimed_only_when_they_were_cleaned() -> None:
    ds = declared(BASIC)
    declare_pixels(ds, cleaned=False)
    assert "BurnedInAnnotation" not in ds
    declare_pixels(ds, cleaned=True)
    declare_pixels(ds, cleaned=True)
    codes = [item.CodeValue for item in ds.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113101", "113103", "113104", "113105", "113111"]
    assert ds.BurnedInAnnotation == "NO"


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_is_found_by_its_name(name: str) -> None:
    assert profile_named(name) is PROFILES[name]


def test_options_join_a_profile() -> None:
    profile = profile_named("longitudinal+retain-device+retain-uids")
    more = {Option.RETAIN_DEVICE, Option.RETAIN_UIDS}
    assert profile.options == LONGITUDINAL.options | more
    assert profile.name == "longitudinal+retain-device+retain-uids"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nonsense", "unknown_profile"),
        ("basic+nonsense", "unknown_profile"),
        ("longitudinal+retain-full-dates", "contradictory_profile"),
    ],
)
def test_a_name_that_means_nothing_is_rejected(name: str, reason: str) -> None:
    with pytest.raises(Rejected) as caught:
        profile_named(name)
    assert caught.value.reason == reason


def test_a_profile_that_keeps_without_cleaning_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="cleans what it keeps"):
        Profile("careless", frozenset({Option.RETAIN_SAFE_PRIVATE}))
