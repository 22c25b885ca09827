"""What the application may do to each table, reviewed by hand. `test_table_privileges.py` prints what to add here."""

# Rows are added and read, never changed: promises, decisions, money, history. The database refuses the rest to anyone.
RECORD = {
    "core_rolegrantevent",
    "core_userevent",
    "neighbourhoods_areaevent",
    "neighbourhoods_areashareevent",
    "neighbourhoods_communityneedsscoreevent",
    "neighbourhoods_constituencyaccessevent",
    "neighbourhoods_edition",
    "neighbourhoods_electionresultevent",
    "neighbourhoods_eventevent",
    "neighbourhoods_figureevent",
    "neighbourhoods_measureevent",
    "neighbourhoods_memberevent",
    "neighbourhoods_neighbourhoodevent",
    "neighbourhoods_outlineevent",
    "neighbourhoods_ranking",
    "neighbourhoods_rankingentry",
    "neighbourhoods_rankinginput",
    "neighbourhoods_rankingweight",
    "neighbourhoods_seatevent",
    "neighbourhoods_smallareadeprivationevent",
    "neighbourhoods_targetlist",
    "neighbourhoods_targetlistentry",
    "panels_boxopening",
    "panels_countedballot",
    "panels_loghead",
    "panels_logleaf",
    "panels_moneyenvelopeevent",
    "panels_organisationevent",
    "panels_panelevent",
    "panels_panelmembershipevent",
    "panels_project",
    "panels_projectdeliveryevent",
    "panels_projectresult",
    "panels_proposalevent",
    "panels_residenceevent",
    "panels_resolutionevent",
    "panels_resolutionvote",
    "panels_rollentry",
    "panels_roundevent",
    "panels_roundresultevent",
    "panels_vouch",
}

# Rows change, and every change leaves a row in the table's history.
STATE = {
    "core_rolegrant",
    "core_user",
    "neighbourhoods_area",
    "neighbourhoods_areashare",
    "neighbourhoods_communityneedsscore",
    "neighbourhoods_constituencyaccess",
    "neighbourhoods_electionresult",
    "neighbourhoods_event",
    "neighbourhoods_figure",
    "neighbourhoods_measure",
    "neighbourhoods_member",
    "neighbourhoods_neighbourhood",
    "neighbourhoods_outline",
    "neighbourhoods_seat",
    "neighbourhoods_smallareadeprivation",
    "panels_moneyenvelope",
    "panels_organisation",
    "panels_panel",
    "panels_panelmembership",
    "panels_projectdelivery",
    "panels_proposal",
    "panels_residence",
    "panels_resolution",
    "panels_round",
    "panels_roundresult",
}

# Queues, sessions, what is computed anew from its source, and what others wrote: no fact is lost with a row.
SCRATCH = {
    "account_emailaddress",
    "account_emailconfirmation",
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "core_jobrun",
    "core_outboxdelivery",
    "core_outboxmessage",
    "core_outgoingmessage",
    "django_content_type",
    "django_migrations",
    "django_session",
    "neighbourhoods_observation",
    "neighbourhoods_staleslice",
    "pghistory_context",
}

# Changing rows whose history would give a voter away (docs: how a vote stays secret).
UNTRACKED = {"panels_leafqueue", "panels_sealedballot"}

# The clock of record: read by all; UPDATE is the time machine's switch, given in tests, scratch databases and the demo.
CLOCK = {"core_clock"}

EVERYTHING = {"SELECT", "INSERT", "UPDATE", "DELETE"}
ALLOWED: dict[str, set[str]] = (
    dict.fromkeys(RECORD, {"SELECT", "INSERT"})
    | dict.fromkeys(STATE | SCRATCH | UNTRACKED, EVERYTHING)
    | dict.fromkeys(CLOCK, {"SELECT", "UPDATE"})
)
