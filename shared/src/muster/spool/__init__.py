"""The library of both edges: the gateway of a terminal, the connector of a department.

``keyfile``    who the edge is and its keys, in its home folder
``services``   public keys of the services it talks to; enrolment
``wire``       an event of the edge as a message; what a service wrote for a connector
``store``      the encrypted spool: what is to go out, in one SQLite file with the edge's own tables
``publisher``  sends the spool to the broker, and again, until the reading service has it
``turn``       of several processes of one edge, the one that sends
``ending``     how a command says that it cannot
``web``        httpx, quickly loaded

What an edge does and what it tells of it stand in one transaction:

    with spool.transaction() as work:
        work.execute("INSERT INTO answer ...", ...)
        work.add(wire.seal_event(spec, clear, part, sequence=work.next_sequence(), ...))

A kill at any line then loses nothing and doubles nothing: what was not committed never happened,
what was committed goes out under its own event id until it is received.
"""
