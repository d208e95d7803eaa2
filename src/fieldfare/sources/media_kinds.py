"""The kind of a file by its name or its MIME type, where an export says no more than that."""

from __future__ import annotations

from pathlib import PurePosixPath

from fieldfare.vocabulary.records import MediaKind

KINDS: dict[MediaKind, str] = {
    "photo": "jpg jpeg png heic heif bmp tif tiff avif",
    "video": "mp4 mov m4v 3gp 3gpp mkv avi webm mpeg mpg",
    "audio": "opus ogg oga m4a mp3 aac amr wav flac wma",
    "gif": "gif",
    "sticker": "webp tgs",
    "contact": "vcf vcard",
}
"""File name extensions of each kind; any other is a ``file``."""

_BY_EXTENSION = {extension: kind for kind, names in KINDS.items() for extension in names.split()}


def kind_of(name: str) -> MediaKind:
    """The kind of a file or URI by its extension."""
    extension = PurePosixPath(name.partition("?")[0]).suffix.lower().removeprefix(".")
    return _BY_EXTENSION.get(extension, "file")


def of_mime(mime: str) -> MediaKind:
    """The kind of a file by its MIME type, ``image/jpeg``."""
    if mime == "image/gif":
        return "gif"
    if mime.endswith(("vcard", "x-vcard")):
        return "contact"
    kinds: dict[str, MediaKind] = {"image": "photo", "video": "video", "audio": "audio"}
    return kinds.get(mime.partition("/")[0], "file")
