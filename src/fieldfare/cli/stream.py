"""``fieldfare stream``: events from Kafka into the live service, or from files by Spark."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fieldfare.cli.serve import DEFAULT_DATA, Data, DatabaseUrl, text_use_of, url_of


def stream(
    brokers: Annotated[
        str | None, typer.Option(help="host:port of Kafka's brokers, with commas.")
    ] = None,
    topic: Annotated[
        str | None, typer.Option(help="Topic of the events, JSON records as messages.")
    ] = None,
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
    engine: Annotated[
        str,
        typer.Option(help="service (Kafka into a service's journal) or spark (files, no service)."),
    ] = "service",
    source: Annotated[
        Path | None, typer.Option(help="Spark: folder in which files of JSON Lines appear.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="Spark: folder of what is kept and given out.")
    ] = None,
    every: Annotated[
        float, typer.Option(min=1, help="Spark: seconds between looks for new files.")
    ] = 60.0,
    once: Annotated[
        bool, typer.Option("--once", help="Spark: take the files that are there, and end.")
    ] = False,
    most_files: Annotated[
        int, typer.Option(min=1, help="Spark: most files of a micro-batch.")
    ] = 1_000,
    memory: Annotated[str | None, typer.Option(help="Spark: memory of the driver.")] = None,
    scorecard: Annotated[Path | None, typer.Option(help="Spark: another scorecard (TOML).")] = None,
) -> None:
    """Take events from Kafka into a service's journal, or from files by Spark."""
    from fieldfare.service.settings import ServiceSettings
    from fieldfare.vocabulary import SettingsError

    settings = ServiceSettings(
        data=data,
        database=url_of(database),
        text_use=text_use_of(text),
        scorecard=scorecard,
        policy=policy,
    )
    if engine == "spark":
        from fieldfare.service.spark_stream import SparkStreamSettings
        from fieldfare.service.spark_stream import stream as run_on_spark

        if source is None or state is None:
            raise SettingsError("--engine spark needs --source and --state")
        run_on_spark(
            SparkStreamSettings(
                source,
                state,
                settings.card(),
                every_seconds=every,
                once=once,
                most_files=most_files,
                memory=memory,
            )
        )
        return
    if engine != "service":
        raise SettingsError(f"no engine '{engine}' to stream by; choose service or spark")
    if brokers is None or topic is None:
        raise SettingsError("give --brokers and --topic of Kafka, or --engine spark")

    from fieldfare.service.stream import KafkaSettings
    from fieldfare.service.stream import stream as run

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
