from django.urls import URLPattern, URLResolver, path

from grants.views import bank, payments, remittance

app_name = "grants"

urlpatterns: list[URLPattern | URLResolver] = [
    path("payments/", payments.payments_home, name="payments-home"),
    path("payments/runs/", payments.run_list, name="run-list"),
    path("payments/runs/<int:pk>/", payments.run_detail, name="run-detail"),
    path("payments/runs/<int:pk>/check/", payments.run_check, name="run-check"),
    path("payments/runs/<int:pk>/release/", payments.run_release, name="run-release"),
    path("payments/runs/<int:pk>/stop/", payments.run_stop, name="run-stop"),
    path("payments/runs/<int:pk>/withdraw/", payments.run_withdraw, name="run-withdraw"),
    path("payments/runs/<int:pk>/payments.csv", payments.run_csv, name="run-csv"),
    path("payments/runs/<int:pk>/file.xml", payments.run_file, name="run-file"),
    path("payments/held/", payments.held_list, name="held-list"),
    path("payments/<int:pk>/again/", payments.retry_request, name="retry-request"),
    path("payments/again/<int:pk>/agree/", payments.retry_confirm, name="retry-confirm"),
    path("bank/", bank.bank_home, name="bank-home"),
    path("bank/lines/", bank.line_list, name="line-list"),
    path("bank/statements/<int:sequence>/", bank.statement_detail, name="statement-detail"),
    path("remittance/", remittance.remittance_list, name="remittance-list"),
    path("remittance/<str:reference>/", remittance.remittance_detail, name="remittance-detail"),
]
