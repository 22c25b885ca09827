from django.urls import path, register_converter

from neighbourhoods import api, views
from neighbourhoods.domain.codes import OnsCode

app_name = "neighbourhoods"
register_converter(OnsCode, "ons")

urlpatterns = [
    path("", views.start, name="start"),
    path("places/", views.place_list, name="place-list"),
    path("places/export/", views.place_list_export, name="place-list-export"),
    path("places/<ons:code>/", views.place_detail, name="place-detail"),
    path("places/<ons:code>/summary/", views.place_summary, name="place-summary"),
    path("places/<ons:code>/summary.pdf", views.place_summary_pdf, name="place-summary-pdf"),
    path("places/<ons:code>/dates.ics", views.place_calendar, name="place-calendar"),
    path("places/<ons:code>/follow/", views.place_follow, name="place-follow"),
    path("money/<ons:code>/", views.money_detail, name="money-detail"),
    path("money/<ons:code>/export.<slug:kind>", views.money_export, name="money-export"),
    path("money/<ons:code>/picture.svg", views.money_picture, name="money-picture"),
    path("beside/<ons:code>/", views.beside_detail, name="beside-detail"),
    path("beside/<ons:code>/export.<slug:kind>", views.beside_export, name="beside-export"),
    path("beside/<ons:code>/picture.svg", views.beside_picture, name="beside-picture"),
    path("map/", views.place_map, name="place-map"),
    path("constituencies/", views.constituency_list, name="constituency-list"),
    path("constituencies/<ons:code>/", views.constituency_detail, name="constituency-detail"),
    path("constituencies/<ons:code>/export/", views.constituency_export, name="constituency-export"),
    path("constituencies/<ons:code>/dates.ics", views.constituency_calendar, name="constituency-calendar"),
    path("ranking/", views.ranking_detail, name="ranking-detail"),
    path("ranking/<int:version>/", views.ranking_detail, name="ranking-version"),
    path("ranking/<int:version>/export/", views.ranking_export, name="ranking-export"),
    path("mp/", views.mp_home, name="mp-home"),
    path("mp/access/", views.access_list, name="access-list"),
    path("mp/access/ask/", views.access_request, name="access-request"),
    path("mp/access/<int:pk>/confirm/", views.access_confirm, name="access-confirm"),
    path("mp/access/<int:pk>/end/", views.access_end, name="access-end"),
    path("elections/", views.election_list, name="election-list"),
    path("elections/declare/", views.election_declare, name="election-declare"),
    path("elections/<int:pk>/take-back/", views.election_take_back, name="election-take-back"),
    path("oversight/", views.oversight_home, name="oversight-home"),
    path("api/v1/schema/", api.SchemaView.as_view(), name="api-schema"),
    path("api/v1/neighbourhoods/", api.NeighbourhoodList.as_view(), name="api-neighbourhood-list"),
    path("api/v1/neighbourhoods/<ons:code>/", api.NeighbourhoodDetail.as_view(), name="api-neighbourhood-detail"),
    path("api/v1/neighbourhoods/<ons:code>/figures/", api.FigureList.as_view(), name="api-figure-list"),
]
