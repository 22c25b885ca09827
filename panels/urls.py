from django.urls import path

from panels import views

app_name = "panels"

urlpatterns = [
    path("panels/", views.panel_list, name="panel-list"),
    path("panels/new/", views.panel_new, name="panel-new"),
    path("panels/<int:pk>/members/", views.panel_members, name="panel-members"),
    path("panels/<int:pk>/members/<int:member>/end/", views.member_end, name="member-end"),
    path("panels/<int:pk>/", views.panel_detail, name="panel-detail"),
    path("panels/<int:pk>/rounds/new/", views.round_new, name="round-new"),
    path("rounds/<int:pk>/", views.round_detail, name="round-detail"),
    path("rounds/<int:pk>/rules.json", views.round_rules, name="round-rules"),
    path("rounds/<int:pk>/ideas/", views.proposal_list, name="proposal-list"),
    path("rounds/<int:pk>/ideas/new/", views.proposal_new, name="proposal-new"),
    path("rounds/<int:pk>/vote/", views.vote_start, name="vote-start"),
    path("rounds/<int:pk>/vote/ballot/", views.vote_ballot, name="vote-ballot"),
    path("rounds/<int:pk>/vote/check/", views.vote_check, name="vote-check"),
    path("rounds/<int:pk>/vote/cast/", views.vote_cast, name="vote-cast"),
    path("rounds/<int:pk>/vote/receipt/", views.vote_receipt, name="vote-receipt"),
    path("rounds/<int:pk>/ballots/", views.round_log, name="round-log"),
    path("rounds/<int:pk>/result/", views.round_result, name="round-result"),
    path("rounds/<int:pk>/result.csv", views.round_result_csv, name="round-result-csv"),
    path("rounds/<int:pk>/result.pb", views.round_result_pb, name="round-result-pb"),
    path("rounds/<int:pk>/manage/", views.round_manage, name="round-manage"),
    path("rounds/<int:pk>/shaping/", views.round_shaping, name="round-shaping"),
    path("rounds/<int:pk>/freeze/", views.round_freeze, name="round-freeze"),
    path("rounds/<int:pk>/open-box/", views.round_open_box, name="round-open-box"),
    path("rounds/<int:pk>/publish/", views.round_publish, name="round-publish"),
    path("rounds/<int:pk>/decision/new/", views.decision_new, name="decision-new"),
    path("ideas/<int:pk>/assess/", views.proposal_assess, name="proposal-assess"),
    path("decisions/<int:pk>/", views.decision_detail, name="decision-detail"),
    path("decisions/<int:pk>/vote/", views.decision_vote, name="decision-vote"),
    path("decisions/<int:pk>/close/", views.decision_close, name="decision-close"),
    path("projects/<int:pk>/report/", views.delivery_report, name="delivery-report"),
    path("my-votes/", views.vote_history, name="vote-history"),
    path("living-here/", views.living_here, name="living-here"),
    path("living-here/confirm/", views.living_confirm, name="living-confirm"),
    path("living-here/confirm/<str:code>/", views.living_confirm_person, name="living-confirm-person"),
]
