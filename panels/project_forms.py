"""What the panel types about funded projects."""

from cwf_portal.core.forms import CharField, DateField, GovForm


class MilestoneForm(GovForm):
    """A part of a project that residents can look for, and by when."""

    title = CharField(
        label="What will be done?", max_length=80, hint="Such as “New roof”. The same name again moves its date."
    )
    due_on = DateField(label="By when?")
