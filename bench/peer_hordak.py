"""Run in django-hordak's own environment: post transactions of eight legs, and print how long it took, as JSON.

`python peer_hordak.py SOCKETS DATABASE single|batch COUNT`; with `migrate` for the third argument it makes the tables.
"""

import json
import sys
import time
from decimal import Decimal

import django
from django.conf import settings

LEGS = 4  # pairs of a debit and a credit


def set_up(sockets: str, database: str) -> None:
    """Django with hordak alone, on one database."""
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": database,
                "USER": "cwf_owner",
                "HOST": sockets,
            }
        },
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        DEFAULT_CURRENCY="GBP",
        HORDAK_INTERNAL_CURRENCY="GBP",
        CURRENCIES=["GBP"],
        HORDAK_CURRENCIES=["GBP"],
        USE_TZ=True,
    )
    django.setup()


def accounts() -> list[object]:
    """An asset and a liability, made once."""
    from hordak.models import Account, AccountType

    pairs = (("Cash", "1", AccountType.asset), ("Promises", "2", AccountType.liability))
    return [
        Account.objects.get_or_create(name=name, defaults={"code": code, "type": kind, "currencies": ["GBP"]})[0]
        for name, code, kind in pairs
    ]


def post(count: int, *, is_batch: bool) -> float:
    """Seconds for `count` transactions: each in a transaction of the database by itself, or all in one."""
    from django.db import transaction
    from djmoney.money import Money
    from hordak.models import Leg, Transaction

    cash, promises = accounts()
    amount = Money(Decimal("100.00"), "GBP")

    def one() -> None:
        with transaction.atomic():
            made = Transaction.objects.create(description="bench")
            for _ in range(LEGS):
                Leg.objects.create(transaction=made, account=cash, debit=amount)
                Leg.objects.create(transaction=made, account=promises, credit=amount)

    def together() -> None:
        with transaction.atomic():
            made = Transaction.objects.bulk_create(Transaction(description="bench") for _ in range(count))
            Leg.objects.bulk_create(
                leg
                for each in made
                for _ in range(LEGS)
                for leg in (
                    Leg(transaction=each, account=cash, debit=amount, currency="GBP"),
                    Leg(transaction=each, account=promises, credit=amount, currency="GBP"),
                )
            )

    one()
    begins = time.perf_counter()
    if is_batch:
        together()
    else:
        for _ in range(count):
            one()
    return time.perf_counter() - begins


def main(arguments: list[str]) -> None:
    """What the command line asks for."""
    sockets, database, what, *count = arguments
    set_up(sockets, database)
    if what == "migrate":
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        return
    seconds = post(int(count[0]), is_batch=what == "batch")
    print(json.dumps({"transactions": int(count[0]), "seconds": seconds}))


main(sys.argv[1:])
