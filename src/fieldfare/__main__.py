"""``python -m fieldfare``."""

from fieldfare.cli import main

main()
