from __future__ import annotations

import pytest

from kitae.core.label import Label
from kitae.report.licences import doubts, hub_licence, notice, once, permitted, terms_of, together


def told(*licences: str, label: Label = Label.PUBLIC) -> str:
    return "\n".join(line.en for line in together(licences, label))


@pytest.mark.parametrize(
    ("written", "id"),
    [
        ("Apache-2.0", "apache-2.0"),
        ("CC0", "cc0-1.0"),
        ("PDL1.0", "pdl-1.0"),
        ("公共データ利用規約（第1.0版）", "pdl-1.0"),
    ],
)
def test_a_licence_is_known_by_its_name_whatever_case_and_width(written: str, id: str) -> None:
    terms = terms_of(written)
    assert terms is not None
    assert terms.id == id


@pytest.mark.parametrize("written", ["cc-by", "cc-by-4.0-variant", "gemma-2", "apache", "free", "unknown", ""])
def test_a_licence_that_only_looks_like_a_known_one_is_unknown(written: str) -> None:
    assert terms_of(written) is None


def test_nothing_is_concluded_where_a_licence_is_unknown() -> None:
    found = told("mit", "house-terms")
    assert "`house-terms`" in found
    assert "nothing can be said" in found
    assert "None of the licences forbids" not in found


def test_one_licence_that_forbids_commercial_use_forbids_it_for_all() -> None:
    assert "Not for commercial purposes (CC BY-NC 4.0)" in told("mit", "cc-by-nc-4.0")
    assert "None of the licences forbids commercial use" in told("mit", "cc-by-4.0", "gemma")


@pytest.mark.parametrize(
    ("licences", "clash"),
    [
        (("cc-by-sa-4.0", "gemma"), True),
        (("gemma", "cc-by-sa-4.0"), True),
        (("cc-by-sa-4.0", "cc-by-nc-sa-4.0"), True),
        (("cc-by-nc-4.0", "cc-by-sa-4.0"), True),
        (("cc-by-sa-4.0", "apache-2.0", "cc-by-4.0", "own"), False),
        (("gemma", "cc-by-4.0", "cc-by-nc-4.0"), False),
    ],
)
def test_share_alike_does_not_let_further_restrictions_stand(licences: tuple[str, ...], clash: bool) -> None:
    assert ("cannot both be kept" in told(*licences)) is clash
    assert told(*licences).count("cannot both be kept") <= 1


def test_own_documents_and_a_label_stop_what_the_licences_would_allow() -> None:
    assert "the company decides" in told("own", "mit")
    assert "`internal`" in told("mit", label=Label.INTERNAL)
    assert "label" not in told("mit")


def test_a_model_of_own_documents_has_no_open_licence_on_the_hub() -> None:
    assert hub_licence(["Apache-2.0", "apache-2.0"]) == {"license": "apache-2.0"}
    assert hub_licence(["gemma"]) == {"license": "gemma"}
    assert hub_licence(["gemma", "own"]) == {"license": "other", "license_name": "gemma-and-own"}
    assert hub_licence(["pdl-1.0"])["license"] == hub_licence(["house-terms"])["license"] == "other"
    assert hub_licence([])["license_name"] == "unknown"


def test_gemma_travels_with_its_notice() -> None:
    assert "subject to the Gemma Terms of Use" in notice(["own", "gemma"])
    assert notice(["mit", "house-terms"]) == ""


def test_two_spellings_are_one_licence() -> None:
    assert once(["apache-2.0", "Apache-2.0", "House"]) == ["apache-2.0", "House"]


@pytest.mark.parametrize(
    ("licences", "found"),
    [
        (("gemma", "own", "Apache-2.0"), "yes"),
        (("CC BY-SA 4.0", "own"), "ask"),
        (("cc-by-sa-4.0", "own"), "yes"),
        (("gemma", "cc-by-sa-4.0"), "ask"),
        (("llama3.1", "own"), "ask"),
        (("unknown",), "ask"),
        (("cc-by-nc-4.0", "unknown"), "no"),
        (("mit", "CC-BY-NC-SA-4.0"), "no"),
    ],
)
def test_whether_a_company_may_work_with_base_and_data_together(licences: tuple[str, ...], found: str) -> None:
    assert permitted(licences) == found
    assert bool(doubts(licences)) == (found == "ask" or "unknown" in licences)
