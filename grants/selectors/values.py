"""The value of an agreement that decides who may approve it."""

from django.db import connection

from grants.models import Agreement


def whole_life_pence(agreement: Agreement) -> int:
    """Grant and contribution of this agreement and of all approved for its body or place within 24 months."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT grants_whole_life_pence(%s)", [agreement.pk])
        return int(cursor.fetchone()[0])
