"""Redis may vanish at any time: then the cache answers as if it were empty."""

import logging
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def _open(name: str, answer: Any) -> Any:
    """The method of `RedisCache`, answering `answer` where Redis cannot be reached."""

    def method(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return getattr(RedisCache, name)(self, *args, **kwargs)
        except (RedisError, OSError):
            logger.warning("the cache is away (%s)", name)
            return answer

    method.__name__ = name
    return method


class OpenRedisCache(RedisCache):
    """Fails open. Nothing of record is kept in the cache."""

    add = _open("add", answer=True)
    set = _open("set", answer=None)
    touch = _open("touch", answer=False)
    delete = _open("delete", answer=False)
    get_many = _open("get_many", answer={})
    set_many = _open("set_many", answer=[])
    delete_many = _open("delete_many", answer=None)
    has_key = _open("has_key", answer=False)
    clear = _open("clear", answer=False)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """The value, or `default` when there is none or Redis is gone; allauth counts on its own default."""
        try:
            return super().get(key, default, version)
        except (RedisError, OSError):
            logger.warning("the cache is away (get)")
            return default

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Counting needs Redis; without it every count starts at `delta`."""
        try:
            return super().incr(key, delta, version)
        except (RedisError, OSError):
            logger.warning("the cache is away (incr)")
            return delta
