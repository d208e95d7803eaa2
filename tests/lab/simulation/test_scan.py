"""A simulated world goes through a scan and through an engine as a service's own files would."""

from __future__ import annotations

