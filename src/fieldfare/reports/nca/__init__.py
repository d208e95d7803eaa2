"""The National Crime Agency (United Kingdom): a pack that a person submits in its portal.

    pack      a case becomes a pack: every field of Schedule 1, held or not held
    page      the same to read

There is no public specification of an interface (2°), so that none is invented here: the pack is
JSON, a page to read, and transcripts. What is known of the law stands in docs/reports.md, with how
surely it is known.
"""
