"""kitae.toml is read strictly, and says where it is wrong."""

from pathlib import Path

import pytest

from kitae.core.mistakes import Mistake
from kitae.project import Project

START = '[project]\nname = "x"\n\n[[sources]]\nname = "rules"\npath = "documents"\n'


def project(folder: Path, more: str = "", start: str = START) -> Project:
    (folder / "kitae.toml").write_text(start + more, encoding="utf-8")
    return Project(folder)


@pytest.mark.parametrize(
    ("more", "key", "meant"),
    [
        ("[train.pretrain]\ntoken = 5\n", "train.pretrain.token", "tokens"),
        ("[instrukt]\n", "instrukt", "instruct"),
        (
            "[endpoints.judge]\nurl='https://a.example/v1'\nmodel='m'\nmay_recieve='public'\n",
            "may_recieve",
            "may_receive",
        ),
        ("[[variants]]\nname='a'\nste={}\n", "variants.0.ste", "set"),
    ],
)
def test_an_unknown_key_names_the_nearest_one(tmp_path: Path, more: str, key: str, meant: str) -> None:
    with pytest.raises(Mistake) as caught:
        project(tmp_path, more)
    assert key in caught.value.what
    assert meant in caught.value.hint


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ('[train.tune]\ntokens = "seventy"\n', "not a number"),
        ('[goal]\nsuite = "unseen"\nbudget = "2,000,000"\n', "no currency"),
        ('[[sources]]\nname = "rules"\npath = "b"\n', "two sources"),
        ("[train.tune\n", "not TOML"),
        ('[endpoints.judge]\nurl = "https://a.example/v1"\nmodel = "m"\n', "may_receive"),
        ('[engine]\nengine = "transformers"\n', "float32"),
    ],
)
def test_what_cannot_be_is_told_where_it_stands(tmp_path: Path, more: str, told: str) -> None:
    with pytest.raises(Mistake, match=told) as caught:
        project(tmp_path, more)
    assert "kitae.toml" in caught.value.where


def test_numbers_may_be_written_as_people_write_them(tmp_path: Path) -> None:
    file = project(tmp_path, '[train.pretrain]\ntokens = "1.6万"\n[goal]\nsuite = "s"\nbudget = "200万円"\n').file
    assert file.train.pretrain.tokens == 16_000
    assert file.goal is not None
    assert str(file.goal.budget) == "¥2,000,000"


def test_what_is_said_once_is_meant_everywhere_unless_a_table_says_otherwise(tmp_path: Path) -> None:
    start = START.replace('name = "x"', 'name = "x"\nlanguage = "en"', 1)
    file = project(tmp_path, '[knowledge.search]\nk = 2\n[evaluate]\nlanguage = "ja"\n', start).file
    assert (file.instruct.language, file.vocabulary.language, file.evaluate.language) == ("en", "en", "ja")
    assert (file.instruct.passages, file.evaluate.passages) == (2, 2)


def test_a_variant_changes_what_it_names(tmp_path: Path) -> None:
    changed = '[[variants]]\nname = "tune-only"\nset = { "train.pretrain.tokens" = 0 }\n'
    own = project(tmp_path, changed)
    assert own.variant(own.file.variants[0]).train.pretrain.tokens == 0
    assert own.file.train.pretrain.tokens > 0


def test_a_variant_that_changes_nothing_that_exists_is_a_mistake(tmp_path: Path) -> None:
    own = project(tmp_path, '[[variants]]\nname = "a"\nset = { "train.pretrane.tokens" = 0 }\n')
    with pytest.raises(Mistake, match="pretrane") as caught:
        own.variant(own.file.variants[0])
    assert "variant `a`" in caught.value.where


def test_a_folder_without_a_project_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match=r"no kitae\.toml") as caught:
        Project(tmp_path)
    assert "kitae init" in caught.value.hint


def test_opening_a_project_writes_nothing(tmp_path: Path) -> None:
    project(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kitae.toml"]
