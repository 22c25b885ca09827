"""Django's engine for PostgreSQL, which sees without a question that a connection kept from before still stands.

Django asks `SELECT 1` at the beginning of each request. A server that ends, ends a session or is started again says so
first: then there is something to read on a connection on which nobody asked anything, and Django's question decides. A
server that vanished without a word shows itself at neither: the next statement waits for TCP (`OPTIONS` in settings).
"""

import select

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

AT_ONCE = 0


class DatabaseWrapper(base.DatabaseWrapper):
    """One question to the server less in each request."""

    def is_usable(self) -> bool:
        return self._is_quiet() or bool(super().is_usable())

    def _is_quiet(self) -> bool:
        """Whether the connection is at rest, and the server has sent nothing since it last answered."""
        if self.connection is None or self.connection.closed:
            return False
        plain = self.connection.pgconn
        if plain.transaction_status != TransactionStatus.IDLE:
            return False
        heard = select.poll()
        heard.register(plain.socket, select.POLLIN | select.POLLPRI)
        return not heard.poll(AT_ONCE)
