from __future__ import annotations

import pytest
from pydantic import ValidationError

from kitae.core.label import Label
from kitae.gate.policy import Place


def test_a_figure_of_the_grid_wants_its_source_and_year() -> None:
    for source in ("", "the power company"):
        with pytest.raises(ValidationError, match="grid_source"):
            Place(name="office", may_hold=Label.INTERNAL, grams_co2_per_kwh=485, grid_source=source)
    place = Place(name="office", may_hold=Label.INTERNAL, grams_co2_per_kwh=0, grid_source="solar, own meter, 2026")
    assert place.grams_co2_per_kwh == 0


def test_nothing_is_known_of_a_place_that_says_nothing() -> None:
    place = Place(name="office", may_hold=Label.INTERNAL)
    assert (place.watts, place.power_source, place.grams_co2_per_kwh) == (0, "", None)
