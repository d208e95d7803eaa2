"""The HTTP interface, version 1.

    app          the application: what it opens, its routes, its errors
    running      what the routes share: door, state, policy
    security     who may ask what: bearer tokens and their scopes; limits
    events       POST /v1/events, /v1/notices
    decisions    POST /v1/decisions
    assessments  GET /v1/accounts/{id}/assessment, /v1/assessments, /v1/changes
    accounts     one account's data: export, erasure, legal holds
    appeals      POST and GET /v1/appeals
    reports      POST and GET /v1/reports
    webhooks     GET /v1/webhooks/dead-letters and POST …/requeue
    health       GET /healthz, /readyz, /metrics

To add a route: a function in the module it belongs to, with a scope; one without fails the tests.
"""
