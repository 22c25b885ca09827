"""Redis may vanish at any time: then each process remembers by itself what it would have kept there."""

import logging
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
MOST_REMEMBERED = 10_000


def _or_memory(name: str) -> Any:
    """The method of `RedisCache`, or that of the process's own memory where Redis cannot be reached."""

    def method(self: "OpenRedisCache", *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(RedisCache, name)(self, *args, **kwargs)
        except (RedisError, OSError):
            logger.warning("the cache is away (%s)", name)
            return getattr(self.memory, name)(*args, **kwargs)

    method.__name__ = name
    return method


class OpenRedisCache(RedisCache):
    """Goes on without Redis: rate limits then hold in each process. Nothing of record is kept in the cache."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.memory = LocMemCache("cache-without-redis", params | {"OPTIONS": {"MAX_ENTRIES": MOST_REMEMBERED}})

    add = _or_memory("add")
    get = _or_memory("get")
    set = _or_memory("set")
    touch = _or_memory("touch")
    delete = _or_memory("delete")
    get_many = _or_memory("get_many")
    set_many = _or_memory("set_many")
    delete_many = _or_memory("delete_many")
    has_key = _or_memory("has_key")
    clear = _or_memory("clear")

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Counting goes on in memory; there a new count starts at `delta`."""
        try:
            return super().incr(key, delta, version)
        except (RedisError, OSError):
            logger.warning("the cache is away (incr)")
            self.memory.add(key, 0, version=version)
            return self.memory.incr(key, delta, version)
