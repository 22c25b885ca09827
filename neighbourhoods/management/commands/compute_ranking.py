"""Publish a new version of the ranking when its inputs changed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cwf_portal.core.errors import DomainError
from neighbourhoods.models import TargetList
from neighbourhoods.services import compute_ranking


class Command(BaseCommand):
    help = "Rank the places of the latest target list; the same inputs give the version that is published already."

    def handle(self, **options: Any) -> None:
        target = TargetList.objects.order_by("-year").first()
        if target is None:
            raise CommandError("No target list is loaded. Run manage.py load_places first.")
        try:
            ranking = compute_ranking(by="system:compute_ranking", target_list=target)
        except DomainError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Ranking: version {ranking.version}")
