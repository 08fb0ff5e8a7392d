from __future__ import annotations

import pytest
from pydantic import ValidationError

from kitae.train.recipe import PretrainRecipe, TuneRecipe


def test_counts_may_be_written_as_people_write_them() -> None:
    recipe = PretrainRecipe.model_validate({"tokens": "2万", "batch_tokens": "4k"})
    assert (recipe.tokens, recipe.batch_tokens) == (20_000, 4000)
    assert TuneRecipe.model_validate({"tokens": "1.2k"}).tokens == 1200


def test_pretraining_may_be_left_out_and_tuning_may_not_be_empty() -> None:
    assert PretrainRecipe(tokens=0).tokens == 0
    with pytest.raises(ValidationError, match="tuning on 0 tokens"):
        TuneRecipe(tokens=0)


@pytest.mark.parametrize(
    "wrong", [{"learning_rate": 0}, {"rank": 0}, {"warmup": 2}, {"method": "half"}, {"clip": -1}, {"epoch": 1}]
)
def test_what_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TuneRecipe.model_validate(wrong)


def test_a_batch_is_a_whole_number_of_rows() -> None:
    assert TuneRecipe(sequence=1000, batch_tokens=2600).rows_per_step == 3
    assert TuneRecipe(sequence=1000, batch_tokens=100).rows_per_step == 1
