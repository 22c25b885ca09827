"""Celery says "look now"; everything else is derived from the database."""

from celery import shared_task

from cwf_portal.core.ticks import run_tick


@shared_task(name="core.tick")
def tick() -> None:
    """Run every registered job once. Harmless twice, late, or never."""
    run_tick()
