"""``fieldfare simulate``: worlds of a thousand to ten million accounts, with who is who known.

What enters: parameters (``*.toml``, each number with what it rests on), a size, a seed. What
leaves: a folder with the four tables of the vocabulary in Parquet, ``truth.parquet`` and
``world.json``. Nothing in it is real, and no figure measured on it is a figure of the field.

    people     households in towns, ages, what the service knows of them
    circles    classes, teams, guilds, kin … and the ties that come of them
    roles      people with heavy contact, innocent and offending: more ties
    traffic    ties and group chats become messages
    acts       … and connections, requests, blocks, reports
    words      … and templates, or the evidence of text
    fit        the same figures of simulated and of real graphs
    rows, writing   all that happens on some ties becomes rows of the files
    world      all of it, block by block
    graph      the same around a real graph of events
    corpus_scores   token evidence from real writing, by tables that never saw the writer

To add a kind of account, write a table in ``roles.toml`` or ``offenders.toml``; another world, a
file in ``variants/``.
"""
