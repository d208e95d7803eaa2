"""The live service: events in, protection at once, nothing lost.

What enters: events of a messaging service, over HTTP or from a stream, and its questions whether
a message may be delivered. What leaves: assessments, decisions, and changes as they happen.

Two things are kept. The *journal* is what the service was told: it is durable before anything is
acknowledged, and nothing else is. The *state* (ledger, assessments) follows from it: it is merged
from the journal in the same SQL as a scan, and can be thrown away and rebuilt.

    arrivals    the body of a request becomes checked, annotated Arrow batches
    database    SQLite and PostgreSQL behind one small seam
    journal     what we were told, each event once
    state       what follows from it: ledger rows, accounts, assessments, what is due
    fold        new events -> ledger rows, merged into the state
    assess      accounts that are due -> assessments, by the SQL of `contacts` and `risk`
    worker      the loop: fold, assess, again
    stream      events from Kafka, changes to it
    spark_stream   files by Spark Structured Streaming, without the rest of a service
    spark_state    what that keeps
    unfolded    what a decision must know before it is folded
    content     whether text may be read, as the policy says
    case_requests  accounts that people are to look at
    case_opening   cases are opened for them
    protections accounts with an open case, or under a legal hold
    erasures    requests to erase an account's data
    housekeeping  erasures and ageing, a little each turn
    removal     events of some accounts or pairs are taken out of the journal
    forget      and out of the state
    announce    what an operator is told at the start
    logs        a JSON object a line, without text
    export      everything that is kept about one account
    appeals     what people contest
    user_reports, report_intake  what users report, with messages; how it is verified and weighed
    announcements  what else webhooks are told of: appeals, cases
    herald      who is told of which change of band
    outbox      what is still to be told, and what could not be
    deliver     the outbox is emptied to the webhooks
    webhooks    their settings, and how what is sent is signed

To add a kind of event, teach `vocabulary` and `arrivals`. To remember something more of a pair,
change the ledger's SQL: the tables here and the way their rows merge are read off it.
"""
