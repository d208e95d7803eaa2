"""Research benchmarks: the public corpora of online grooming and their official measures.

What enters: a researcher's own copy of a corpus (none ships, none is fetched) and the language
model. What leaves: figures, ready for JSON. Message text is annotated while it is read and not
kept; no message text and no author's name is in a report.

- `checksums`: whether the files are the published ones (``corpora.toml`` has the sums);
- `xml_stream`: XML from strangers, read record by record;
- `pan2012`, `datapack`: the corpora's forms, read into `chats.Chats`. A further corpus is a
  further reader;
- `detector`: what stands to be measured, the evidence of the language room;
- `measures`, `early`: the official measures, and the protocol of early detection;
- `pan2012_report`, `early_report`: ``fieldfare evaluate pan2012`` and ``evaluate early``.
"""
