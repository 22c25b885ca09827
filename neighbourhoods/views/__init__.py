from neighbourhoods.views.access import access_confirm, access_end, access_list, access_request
from neighbourhoods.views.beside import beside_detail, beside_export, beside_picture
from neighbourhoods.views.calendars import constituency_calendar, place_calendar
from neighbourhoods.views.constituencies import constituency_detail, constituency_export, constituency_list
from neighbourhoods.views.elections import election_declare, election_list, election_take_back
from neighbourhoods.views.following import place_follow
from neighbourhoods.views.homes import mp_home, oversight_home
from neighbourhoods.views.money import money_detail, money_export, money_picture
from neighbourhoods.views.places import place_detail, place_list, place_list_export, place_map, start
from neighbourhoods.views.printing import place_summary, place_summary_pdf
from neighbourhoods.views.rankings import ranking_detail, ranking_export

__all__ = [
    "access_confirm",
    "access_end",
    "access_list",
    "access_request",
    "beside_detail",
    "beside_export",
    "beside_picture",
    "constituency_calendar",
    "constituency_detail",
    "constituency_export",
    "constituency_list",
    "election_declare",
    "election_list",
    "election_take_back",
    "money_detail",
    "money_export",
    "money_picture",
    "mp_home",
    "oversight_home",
    "place_calendar",
    "place_detail",
    "place_follow",
    "place_list",
    "place_list_export",
    "place_map",
    "place_summary",
    "place_summary_pdf",
    "ranking_detail",
    "ranking_export",
    "start",
]
