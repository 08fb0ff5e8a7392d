import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from kitae.core.run import Run
from kitae.report.courses import POINTS, courses
from kitae.report.page import page


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


def long_curve(run: Run, steps: int = 1000) -> None:
    """A long course whose losses go down from 3 to 2 and whose general loss rises."""
    rows: list[dict[str, Any]] = [{"step": 0, "tokens": 0, "targets": 0, "held_out_loss": 3.0, "general_loss": 2.5}]
    for step in range(1, steps + 1):
        measured = {"held_out_loss": 3 - step / steps, "general_loss": 2.5 + step / steps} if step % 250 == 0 else {}
        rows.append(
            {
                "step": step,
                "tokens": 400_000 * step,
                "targets": 400_000,
                "loss": 3 - step / steps + (1, -1, 0, 0, 0)[step % 5],
                "learning_rate": 2e-5 * (1 - step / steps),
                "gradient_norm": 1.5,
                "skipped": False,
                **measured,
            }
        )
    rows[-1] |= {"skipped": True, "loss": None, "gradient_norm": None, "learning_rate": 0.0}
    run.write("curve", rows)
    run.measure(mfu=0.412)


def test_of_a_long_course_means_are_drawn_and_said_to_be_means(company: Any) -> None:
    company.walk("instruct")
    company.make("model", "long", long_curve, {"model": company.trimmed})
    (found,) = courses(company.story())
    assert found.together == 5
    line = ET.fromstring(found.chart).find(".//g[@class='series training']/polyline")
    assert line is not None
    heights = [float(point.split(",")[1]) for point in line.attrib["points"].split()]
    assert len(heights) == POINTS
    assert heights == sorted(heights), "what goes up and down from step to step is gone, the fall is left"
    assert (found.held_out_before, found.held_out_after) == (3.0, 2.0)
    assert (found.general_before, found.general_after) == (2.5, 3.5)
    assert found.mfu == 0.412
    assert "MFU 41%" in page(company.story())


def test_learning_rate_and_gradient_norm_have_axes_of_their_own(company: Any) -> None:
    company.walk("instruct")
    company.make("model", "long", long_curve, {"model": company.trimmed})
    (found,) = courses(company.story())
    assert "learning rate ×10⁻⁵" in found.rate
    assert re.findall(r">([\d.]+)</text>", found.rate)[:3] == ["0", "1", "2"]
    assert "gradient norm<" in found.norm
    assert "2億" in found.rate
    assert "200M" in found.rate


def test_a_course_of_which_only_the_loss_is_known_has_one_chart(finished: Any) -> None:
    pretrained, *_ = courses(finished.story())
    assert (pretrained.rate, pretrained.norm) == ("", "")
    assert pretrained.together == 1
    assert (pretrained.general_before, pretrained.general_after) == (None, None)
