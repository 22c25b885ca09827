"""Pages of the API: somebody who asks for a million rows gets as many as everybody."""

from rest_framework.pagination import LimitOffsetPagination


class BoundedPagination(LimitOffsetPagination):
    """By limit and offset; all 225 places fit on one page."""

    max_limit = 250
