"""``fieldfare stream``: the live service's events from Kafka, its changes to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fieldfare.cli.serve import DEFAULT_DATA, Data, DatabaseUrl, text_use_of, url_of


def stream(
    brokers: Annotated[str, typer.Option(help="host:port of Kafka's brokers, with commas.")],
    topic: Annotated[str, typer.Option(help="Topic of the events, JSON records as messages.")],
    group: Annotated[str, typer.Option(help="Consumer group.")] = "fieldfare",
    changes: Annotated[
        str | None, typer.Option(help="Topic for changes of band. Default: they are not sent.")
    ] = None,
    kafka_properties: Annotated[
        Path | None,
        typer.Option(help="Further properties of librdkafka, name=value a line; secrets too."),
    ] = None,
    data: Data = DEFAULT_DATA,
    database: DatabaseUrl = None,
    text: Annotated[
        str, typer.Option(help="Message text: read (and forget), keep, or refuse.")
    ] = "read",
    policy: Annotated[Path | None, typer.Option(help="Another policy (TOML).")] = None,
) -> None:
    """Take events from Kafka into the journal of a service, beside `fieldfare serve`."""
    from fieldfare.service.settings import ServiceSettings
    from fieldfare.service.stream import KafkaSettings
    from fieldfare.service.stream import stream as run

    settings = ServiceSettings(
        data=data,
        database=url_of(database),
        text_use=text_use_of(text),
        policy=policy,
    )
    run(settings, KafkaSettings(brokers, topic, group, changes, _properties(kafka_properties)))


def _properties(path: Path | None) -> dict[str, str]:
    from fieldfare.vocabulary import SettingsError

    if path is None:
        return {}
    found = {}
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            name, equals, value = line.partition("=")
            if not equals:
                raise SettingsError(f"{path}:{number}: not a property; write name=value")
            found[name.strip()] = value.strip()
    return found
