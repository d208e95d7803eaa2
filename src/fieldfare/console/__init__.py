"""The console: pages on which trained people look at cases and decide.

What enters: a `cases.CaseStore` and who signs in. What leaves: an ASGI application, served alone or
mounted under a path. Pages are made on the server, so that who may see what, what is masked and
what is recorded are held in one place; they are whole without a script, and ask nothing of any
other machine.

    routes       the route table: every route with the permission it needs
    app          the application: the one place where that rule is held, errors, static files
    guard        headers, where a request came from, forms
    sessions     the cookie; guests: users of a demonstration
    openid       an identity provider of the operator's; openid_settings: its file
    visit        one request, and the ways to answer it
    rendering    templates and what is around every page
    preferences  what a person prefers to see; times: moments in the zone they chose
    said         messages, masked or with their indicators marked
    wording      words and shapes that several pages share
    drawing      contact graph, map, stage ribbon: geometry made here, not in the browser
    pages        the pages, one module each
    templates, static, middles.toml   what they are made of; VENDORED.json says what is not ours

To add a page: a module in ``pages`` with a dataclass of what is shown and its routes, its name in
``pages/__init__``, a template. A route without a permission cannot be written.
"""
