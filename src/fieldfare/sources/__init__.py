"""Events come in.

What enters: paths of files, folders and ZIPs. What leaves: Arrow record batches of accounts,
messages, connections and notices, each row with its origin, and a count of all that could not
be read. One module a format; to add one, write a reader (`reader.Reader`), list it in
`registry.READERS`, and add its fixtures to `tests/sources`: the conformance suite does the rest.
"""
