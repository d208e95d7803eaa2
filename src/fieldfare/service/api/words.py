"""Words that callers give: ids, reasons, statements. Databases hold no NUL, and no half of a
surrogate pair; what has one is no word of anyone's."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Path, Query
from pydantic import Field

WORD: Final = r"^[^\x00]*$"

Word = Annotated[str, Field(pattern=WORD)]
"""In a body."""
AccountInPath = Annotated[str, Path(pattern=WORD, min_length=1, max_length=1024)]
AccountInQuery = Annotated[str | None, Query(pattern=WORD, description="Only of this account.")]
