from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kitae.instruct.blocks import parse, sentences, statements, walk


def test_list_items_know_what_stands_above_them() -> None:
    items = parse("1. 次のとおりとする。\n    * 国内の場合\n        * 7日以内\n    * 海外の場合\n2. 別の項である。")
    told = {item.text: above for item, above in walk(items)}
    assert told["7日以内"] == ("次のとおりとする。", "国内の場合")
    assert told["別の項である。"] == ()


def test_a_table_belongs_to_the_item_above_it_and_knows_its_head() -> None:
    items = parse("1. 次の額とする。\n\n    | 役職 | 額 |\n    |---|---|\n    | 部長 | 3,000円 |\n")
    ((table, above),) = [(item, above) for item, above in walk(items) if item.table]
    assert table.table == [["役職", "額"], ["部長", "3,000円"]]
    assert table.header
    assert above == ("次の額とする。",)


def test_key_and_value_of_an_item_are_told_apart() -> None:
    items = parse("* 始業 ・・・ 9時00分\n* 終業：18時00分\n* 普通の項目")
    assert [item.pair for item in items] == [("始業", "9時00分"), ("終業", "18時00分"), None]


def test_a_wrapped_paragraph_is_one_and_a_finished_sentence_ends_it() -> None:
    items = parse("社員は、休暇を取るときは\n所属長に届け出る。\n次の文である。")
    assert [item.text for item in items] == ["社員は、休暇を取るときは所属長に届け出る。", "次の文である。"]


def test_a_number_alone_on_its_line_marks_the_text_below() -> None:
    (item,) = parse("一\n\n　許可を受けた者")
    assert (item.text, item.marked) == ("許可を受けた者", True)


def test_sentences_are_not_cut_inside_quotes_and_brackets() -> None:
    assert sentences("これを「甲。乙」という。次（丙。）である。") == ["これを「甲。乙」という。", "次（丙。）である。"]


def test_statements_lose_brackets_and_marks_but_keep_the_words_of_the_document() -> None:
    (statement,) = statements(parse("1. **但し**、役員（監査役を除く。）は `5,000円` とする。"))
    assert statement.text == "役員は5,000円とする"
    assert statement.raw == "但し、役員（監査役を除く。）は 5,000円 とする。"
    assert statement.continued


@given(st.text(alphabet="1.*- |\n　。、社員（）「」#<>", max_size=120))
def test_no_text_is_too_broken_to_be_read(text: str) -> None:
    list(statements(parse(text)))
