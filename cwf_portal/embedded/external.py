"""Servers that somebody else runs: asked once before the work begins, so that a wrong address is one clear line."""

import contextlib
import os
from urllib.parse import urlsplit, urlunsplit

import psycopg
from redis import Redis
from redis.exceptions import RedisError

from cwf_portal.embedded.errors import ServerError

CONNECT_SECONDS = 5
DATABASE_NAMES = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_READER_URL")


def check_database(name: str) -> None:
    """Connect once to the database that the environment variable names.

    Raises:
        ServerError: it is no address of a PostgreSQL, or nobody lets us in there.
    """
    address = os.environ[name]
    try:
        psycopg.connect(address, connect_timeout=CONNECT_SECONDS).close()
    except (psycopg.Error, ValueError) as error:
        raise ServerError(f"{name} ({without_password(address)}) cannot be reached: {_one_line(error)}") from error


def check_redis(name: str = "REDIS_URL") -> None:
    """Ping the Redis that the environment variable names.

    Raises:
        ServerError: it is no address of a Redis, or it does not answer.
    """
    address = os.environ[name]
    try:
        client = Redis.from_url(
            address.replace("redis+socket://", "unix://", 1),
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=CONNECT_SECONDS,
        )
        with contextlib.closing(client):
            client.ping()
    except (RedisError, ValueError, OSError) as error:
        raise ServerError(f"{name} ({without_password(address)}) cannot be reached: {_one_line(error)}") from error


def without_password(address: str) -> str:
    """The address as it may be printed."""
    try:
        parts = urlsplit(address)
        password = parts.password
    except ValueError:
        return "not an address"
    if password is None:
        return address
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{password}@", ":***@")))


def _one_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__
