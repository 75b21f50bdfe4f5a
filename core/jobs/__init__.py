"""Jobs: the database row is the truth, Dramatiq only dispatches.

A cause writes a job row in its own transaction (`outbox`); the relay leases due rows (`claim`) and
sends their ids to actors; an actor's transaction deletes the row together with its effect (`fence`,
`runner`). What is killed in between is leased again when its lease ends.
"""
