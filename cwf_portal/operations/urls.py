from django.urls import path

from cwf_portal.operations import views

app_name = "operations"

urlpatterns = [
    path("demo/clock/", views.demo_clock, name="demo-clock"),
    path("demo/bank/", views.demo_bank, name="demo-bank"),
]
