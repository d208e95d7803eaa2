"""The marks that stand in the place of what is not a number."""

from __future__ import annotations

from typing import Final

BLANK: Final = "[to be filled by the operator]"
"""Fieldfare cannot know it."""
FEW: Final = "[few]"
"""Held back: a few people might be recognised, or a number of a few could be worked out."""
NONE: Final = "[none to count]"
"""A median or a share of nothing."""
UNKNOWN: Final = "[not recorded]"
"""The store it would be counted from was not there."""
MEANINGS: Final = {
    BLANK: "Fieldfare cannot know this. The operator fills it, or says that it does not apply.",
    FEW: "Between 1 and 4, or held back so that no such number can be worked out from the others.",
    NONE: "A median or a share of nothing: there was no case to count.",
    UNKNOWN: "The store that this is counted from was not there when the document was made.",
}
