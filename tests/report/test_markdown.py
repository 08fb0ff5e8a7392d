from kitae.report.markdown import cell


def test_text_stays_in_its_cell_and_is_no_markup() -> None:
    assert cell("a | b\n# <c>  `*[") == r"a \| b # \<c> \`\*\["
    assert cell(r"a\|") == r"a\\\|"
