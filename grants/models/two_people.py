"""What one person says and another confirms or refuses."""

from django.db import models


class Opinion(models.TextChoices):
    """How far something that two people must say has come."""

    PROPOSED = "proposed", "Waits for a second person"
    CONFIRMED = "confirmed", "Confirmed by two"
    REFUSED = "refused", "Refused"
    REVERSED = "reversed", "Taken back as an error"
