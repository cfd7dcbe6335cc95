"""The reference pages say what the models say."""

import pytest

from bot.reference import DOCS, PAGES, with_generated


@pytest.mark.parametrize("page", PAGES)
def test_a_page_holds_what_is_generated_today(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    assert text == with_generated(text, PAGES[page]()), "run python -m bot.reference and commit what it wrote"


def test_a_page_without_a_place_for_it_is_an_error() -> None:
    with pytest.raises(ValueError, match="no place"):
        with_generated("# A page", "text")
