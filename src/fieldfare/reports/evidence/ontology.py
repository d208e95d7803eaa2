"""The case in CASE/UCO (JSON-LD), the exchange format of digital forensics: accounts, messages,
threads, who decided and took out what, and where it came from. Made for CASE 1.5.0.

Identifiers are UUIDs made of the case and of what they stand for, so that the same case gives the
same bytes. https://caseontology.org
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from fieldfare.reports.case_file import FiledChild
from fieldfare.reports.evidence.bag import HashedFile
from fieldfare.reports.frozen import FrozenCase, FrozenMessage
from fieldfare.scan.snapshot import SeenMedia
from fieldfare.vocabulary.times import from_micros

_UCO: Final = "https://ontology.unifiedcyberontology.org/"
CONTEXT: Final = {
    "kb": "https://fieldfare.invalid/kb/",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "co": "http://purl.org/co/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    **{
        f"uco-{name}": f"{_UCO}uco/{name}/"
        for name in ("action", "core", "identity", "observable", "tool", "types")
    },
}
_HASHES: Final = {"md5": "MD5", "sha1": "SHA1", "sha256": "SHA256", "sha512": "SHA512"}
_ENCODE: Final = msgspec.json.Encoder().encode


class Graph:
    """Writes the graph node by node."""

    def __init__(self, file: HashedFile, case: FrozenCase, version: str) -> None:
        self._file, self._case, self._version = file, case, version
        self._space = uuid.uuid5(uuid.NAMESPACE_URL, f"fieldfare:{case.trail_entry_hash}").bytes
        self._account = self._id("account", case.suspect.account)
        self._threads: list[str] = []
        self._any = False
        self._file.write(f'{{"@context": {json.dumps(CONTEXT)},\n"@graph": ['.encode())
        self._people()

    def conversation(self, child: FiledChild, first: int) -> None:
        """A thread, whose messages are numbered from `first` on."""
        name = str(child.number)
        thread, items = self._id("message-thread", name), self._id("thread", name)
        self._threads.append(thread)
        numbers = range(first, first + child.messages)
        self._put(
            thread,
            "uco-observable:MessageThread",
            self._facet(
                "message-thread-facet",
                name,
                "uco-observable:MessageThreadFacet",
                {
                    "uco-observable:participant": [
                        _ref(self._account),
                        _ref(self._id("account", child.account)),
                    ],
                    "uco-observable:messageThread": _ref(items),
                },
            ),
        )
        self._put(
            items,
            "uco-types:Thread",
            {
                "co:size": {"@type": "xsd:nonNegativeInteger", "@value": str(child.messages)},
                "co:element": [_ref(self._id("message", str(number))) for number in numbers],
            },
        )
        self._put(
            self._id("provenance-record", name),
            "case-investigation:ProvenanceRecord",
            {
                "uco-core:description": f"Conversation with {child.account}",
                "case-investigation:exhibitNumber": f"{self._case.reference}/{child.number}",
                "uco-core:object": [_ref(thread)],
            },
        )

    def add(self, message: FrozenMessage) -> None:
        """A message of the conversation."""
        name = str(message.number)
        facet: dict[str, Any] = {
            "uco-observable:from": _ref(self._id("account", message.sender)),
            "uco-observable:to": [_ref(self._id("account", each)) for each in message.recipients],
            "uco-observable:sentTime": _time(message.sent_at),
        }
        if message.id is not None:
            facet["uco-observable:messageID"] = message.id
        if message.text is not None:
            facet["uco-observable:messageText"] = message.text
        about = _about(message)
        node = self._facet("message-facet", name, "uco-observable:MessageFacet", facet)
        if about:
            node["uco-core:description"] = about
        self._put(self._id("message", name), "uco-observable:Message", node)
        for number, media in enumerate(message.media):
            self._media(message.number, number, media)

    def close(self) -> None:
        """What was done with the case, and the end of the graph."""
        case, results = self._case, [_ref(each) for each in self._threads]
        tool = self._id("tool", "fieldfare")
        self._put(
            tool,
            "uco-tool:AnalyticTool",
            {"uco-core:name": "Fieldfare", "uco-tool:version": self._version},
        )
        record = self._id("provenance-record", "bag")
        accounts = [case.suspect.account, *(child.account for child in case.children)]
        self._put(
            record,
            "case-investigation:ProvenanceRecord",
            {
                "uco-core:description": "What was taken out of the case",
                "case-investigation:exhibitNumber": case.reference,
                "uco-core:object": [*results, *(_ref(self._id("account", a)) for a in accounts)],
            },
        )
        actions = [
            self._action(
                "assessment", f"Assessed as '{case.band}'", case.as_of, None, instrument=tool
            ),
            *(
                self._action(f"decision-{each.id}", f"Decided: {each.action}", each.at, each.by)
                for each in case.decisions
            ),
            self._action(
                "export", case.purpose, case.taken_at, case.taken_by, instrument=tool, result=record
            ),
        ]
        self._put(
            self._id("investigation", case.reference),
            "case-investigation:Investigation",
            {
                "uco-core:name": case.reference,
                "case-investigation:focus": "Contact of an adult with children",
                "uco-core:object": [_ref(record), *(_ref(each) for each in actions)],
            },
        )
        self._file.write(b"\n]}\n")

    def _people(self) -> None:
        case = self._case
        self._person(case.suspect.account, case.suspect.name, "the account the case is about")
        for child in case.children:
            age = "unknown" if child.age is None else f"{child.age:g}"
            self._person(
                child.account,
                child.name,
                f"{child.pseudonym}: probable child; age {age} ({child.age_basis}); country "
                f"{child.country or 'unknown'} ({child.country_basis or 'no basis'})",
            )
        users = {each.by for each in case.decisions} | {case.taken_by}
        for user in sorted(users):
            self._put(self._id("identity", user), "uco-identity:Identity", {"uco-core:name": user})

    def _person(self, account: str, name: str | None, what: str) -> None:
        node = self._facet(
            "account-facet",
            account,
            "uco-observable:AccountFacet",
            {"uco-observable:accountIdentifier": account},
        )
        node["uco-core:description"] = what
        if name:
            shown = self._facet(
                "digital-account-facet",
                account,
                "uco-observable:DigitalAccountFacet",
                {"uco-observable:displayName": name},
            )
            node["uco-core:hasFacet"] += shown["uco-core:hasFacet"]
        self._put(self._id("account", account), "uco-observable:ApplicationAccount", node)

    def _media(self, message: int, number: int, media: SeenMedia) -> None:
        name = f"{message}/{number}"
        file = self._id("file", name)
        algorithm, _, digest = (media.hash or "").partition(":")
        content: dict[str, Any] = {}
        if algorithm in _HASHES and _is_hex(digest):
            content["uco-observable:hash"] = [
                {
                    "@id": self._id("hash", name),
                    "@type": "uco-types:Hash",
                    "uco-types:hashMethod": _HASHES[algorithm],
                    "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": digest.upper()},
                }
            ]
        kind = "uco-observable:ContentDataFacet"
        node = self._facet("content-data-facet", name, kind, content)
        node["uco-core:description"] = media.kind
        self._put(file, "uco-observable:ObservableObject", node)
        self._put(
            self._id("relationship", name),
            "uco-observable:ObservableRelationship",
            {
                "uco-core:source": _ref(file),
                "uco-core:target": _ref(self._id("message", str(message))),
                "uco-core:kindOfRelationship": "Attached_To",
                "uco-core:isDirectional": True,
            },
        )

    def _action(
        self,
        name: str,
        what: str,
        at: int,
        by: str | None,
        *,
        instrument: str | None = None,
        result: str | None = None,
    ) -> str:
        node: dict[str, Any] = {"uco-core:description": what, "uco-action:startTime": _time(at)}
        if by is not None:
            node["uco-action:performer"] = _ref(self._id("identity", by))
        if instrument is not None:
            node["uco-action:instrument"] = [_ref(instrument)]
        if result is not None:
            node["uco-action:result"] = [_ref(result)]
        identifier = self._id("investigative-action", name)
        self._put(identifier, "case-investigation:InvestigativeAction", node)
        return identifier

    def _facet(self, name: str, of: str, kind: str, values: dict[str, Any]) -> dict[str, Any]:
        return {"uco-core:hasFacet": [{"@id": self._id(name, of), "@type": kind, **values}]}

    def _id(self, kind: str, name: str) -> str:
        # As uuid.uuid5, which takes ten times as long; a message has five.
        said = f"{kind} {name}".encode("utf-8", "surrogatepass")
        x = hashlib.sha1(self._space + said, usedforsecurity=False).hexdigest()
        variant = "89ab"[int(x[16], 16) & 3]
        return f"kb:{kind}-{x[:8]}-{x[8:12]}-5{x[13:16]}-{variant}{x[17:20]}-{x[20:32]}"

    def _put(self, identifier: str, kind: str, values: dict[str, Any]) -> None:
        node = {"@id": identifier, "@type": kind, **values}
        self._file.write((b",\n" if self._any else b"\n") + _ENCODE(node))
        self._any = True


def _ref(identifier: str) -> dict[str, str]:
    return {"@id": identifier}


def _time(micros: int) -> dict[str, str]:
    return {"@type": "xsd:dateTime", "@value": from_micros(micros).isoformat()}


def _about(message: FrozenMessage) -> str:
    parts = [f"read from {message.origin}" if message.origin else ""]
    parts.append(f"time read as {message.zone}")
    if message.raw_time:
        parts.append(f"as written {message.raw_time}")
    if message.redacted:
        parts.append("text redacted")
    return "; ".join(_filled(parts))


def _filled(parts: Iterable[str]) -> list[str]:
    return [part for part in parts if part]


def _is_hex(text: str) -> bool:
    return bool(text) and len(text) % 2 == 0 and all(c in "0123456789abcdefABCDEF" for c in text)
