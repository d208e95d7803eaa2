"""The page of examples is what the model says today."""

from pathlib import Path

from fieldfare.lab.examples import page
from fieldfare.language import LanguageModel


def test_page_is_current() -> None:
    written = (Path(__file__).parents[2] / "docs" / "examples.md").read_text("utf-8")
    assert page(LanguageModel.load(heads=True)) == written, "run scripts/write-examples"
