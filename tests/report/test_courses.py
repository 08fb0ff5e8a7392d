from typing import Any

import pytest

from kitae.report.courses import courses


def test_each_course_tells_what_it_took(finished: Any) -> None:
    pretrained, tuned, variant = courses(finished.story())
    assert [each.model.name for each in (pretrained, tuned, variant)] == ["pretrained", "tuned", "tuned-tune-only"]
    assert (pretrained.steps, pretrained.tokens, pretrained.targets) == (10, 20_480, 7_000)
    assert pretrained.held_out_before == pytest.approx(3.5)
    assert pretrained.held_out_after == pytest.approx(2.04)
    assert (pretrained.seconds, pretrained.tokens_per_second) == (65.5, 312.5)
    assert pretrained.manner == ("full", "float32")
    assert "<polyline" in pretrained.chart


def test_models_that_were_not_trained_have_no_curve(company: Any) -> None:
    assert courses(company.walk("instruct")) == []
