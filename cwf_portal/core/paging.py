"""Pages of the API: somebody who asks for a million rows gets as many as everybody, and nonsense is refused."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request

LONGEST = 18  # digits that the database still takes for a number


class BoundedPagination(LimitOffsetPagination):
    """By limit and offset; all 225 places fit on one page."""

    max_limit = 250

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any] | None:
        for name in (self.limit_query_param, self.offset_query_param):
            for asked in request.query_params.getlist(name):
                if not (asked.isascii() and asked.isdigit() and len(asked) <= LONGEST):
                    raise ValidationError({"detail": f"“{name}” is a whole number, such as 50."})
        page: list[Any] | None = super().paginate_queryset(queryset, request, view)
        return page
