"""What can go wrong between a client and the service.

    FieldfareError
    └── ClientError               every error of the client
        ├── NotAllowedError       the token is not in force, or lacks a scope
        ├── NotUnderstoodError    the service does not understand the request
        └── UnavailableError      no answer in time, or too much waits

None holds anything of an event, a question or a token.
"""

from __future__ import annotations

from fieldfare.vocabulary import FieldfareError


class ClientError(FieldfareError):
    """An error of the client."""


class NotAllowedError(ClientError):
    """The token is not in force, or lacks the scope. Trying again is of no use."""


class NotUnderstoodError(ClientError):
    """The service does not understand the request. Trying again is of no use."""


class UnavailableError(ClientError):
    """The service gave no answer in time, or could not take more in. Nothing is known of what
    became of the request; sending it again is harmless."""
