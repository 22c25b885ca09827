"""What this room's tables hold about people, for them to read: all but fingerprints, codes and sealed ballots."""

from cwf_portal.core.held import hold
from panels import models

hold(
    "Where you live, as you told us",
    models.Residence,
    {
        "Place": "neighbourhood.label",
        "State": "get_level_display",
        "How it was shown": "get_proved_by_display",
        "You told us": "declared_at",
        "Shown on": "shown_at",
        "The day you are 16, if you were under 18": "of_age_on",
    },
)
hold(
    "A postcode that two people look at",
    models.PlaceQuestion,
    {"Postcode": "postcode", "When": "asked_at"},
    of="residence__user",
)
hold(
    "People who said that you live here",
    models.Vouch,
    {"On a panel": "is_by_panel", "When": "vouched_at"},
    of="residence__user",
)
hold(
    "People of whom you said that they live here",
    models.Vouch,
    {"On a panel": "is_by_panel", "When": "vouched_at"},
    of="voucher",
)
hold(
    "Letters to your address",
    models.AddressLetter,
    {"You asked": "asked_at", "Posted": "posted_at", "Good until": "expires_at"},
    of="residence__user",
)
hold(
    "Documents that you showed to an officer",
    models.DocumentCheck,
    {"Kind": "get_kind_display", "Was enough": "is_enough", "When": "checked_at"},
    of="residence__user",
)
hold(
    "Corrections of what you told us",
    models.Correction,
    {
        "Why": "why",
        "Name": "full_name",
        "Place": "neighbourhood.label",
        "State": "get_state_display",
        "When": "asked_at",
    },
    of="residence__user",
)
hold(
    "Voters’ lists that you are on",
    models.RollEntry,
    {"Vote": "round.title", "Since": "enrolled_at", "Not shown yet where you live": "is_pending"},
)
hold(
    "Votes before signing in, with your email address",
    models.FirstVote,
    {"Vote": "roll_entry.round.title", "When": "roll_entry.enrolled_at", "Name": "typed_name"},
    of="account",
)
hold(
    "Votes in which somebody helped you",
    models.HelpedVote,
    {"Vote": "roll_entry.round.title", "Who helped": "helper.full_name"},
    of="roll_entry__user",
)
hold(
    "Ideas that you put forward",
    models.Proposal,
    {
        "Vote": "round.title",
        "Idea": "title",
        "Text": "what",
        "Place": "where",
        "State": "get_state_display",
        "Reason": "reason",
        "When": "submitted_at",
    },
    of="author",
)
hold(
    "Ideas that you support",
    models.IdeaSupport,
    {"Idea": "proposal.title", "When": "given_at"},
)
hold(
    "What you wrote about ideas",
    models.IdeaComment,
    {"Idea": "proposal.title", "Text": "text", "When": "said_at"},
    of="author",
)
hold(
    "Ideas and texts of others that you reported",
    models.IdeaReport,
    {"Why": "get_why_display", "Text": "note", "When": "reported_at"},
    of="reported_by",
)
hold(
    "What others reported of what you put forward",
    models.ModerationCase,
    {
        "When": "opened_at",
        "What was decided": "get_outcome_display",
        "Reason": "reason",
        "What you answered": "appeal",
        "What came of it": "get_answer_display",
        "Reason given then": "answer_reason",
    },
    of="author",
)
hold(
    "Photos that you added",
    models.Photo,
    {
        "Idea": "proposal.title",
        "What it shows": "shows",
        "When": "added_at",
        "Deleted on": "removed_at",
    },
    of="added_by",
)
hold("Projects that you follow", models.ProjectFollow, {"Project": "project.title"})
hold(
    "Objections that you raised",
    models.Objection,
    {"Vote": "round.title", "Text": "text", "When": "objected_at"},
    of="objector",
)
hold(
    "Your seats on panels",
    models.PanelMembership,
    {
        "Panel": "panel.name",
        "Interests": "interests",
        "Since": "starts_on",
        "Until": "ends_on",
    },
)
hold(
    "Votes of which you keep a key",
    models.Keeper,
    {
        "Vote": "round.title",
        "Since": "appointed_at",
        "Key made on": "made_at",
        "Said to be lost on": "lost_at",
    },
)
hold("Votes whose public list we send you", models.HeadReader, {"Vote": "round.title"})
