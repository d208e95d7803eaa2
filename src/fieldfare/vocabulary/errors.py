"""What can go wrong, as a caller may want to tell it apart.

    FieldfareError          every error this package raises on purpose
    ├── InputError          a file or archive cannot be read at all
    └── SettingsError       an option, mapping, policy or scorecard is not valid

The message is one line that says what, where and what to do. It never holds message text.
"""


class FieldfareError(Exception):
    """An error whose message is one clear line for the person at the keyboard."""


class InputError(FieldfareError):
    """A path that cannot be read: unknown format, damaged container, unsafe archive."""


class SettingsError(FieldfareError):
    """A setting that is not valid: option, column mapping, scorecard."""
