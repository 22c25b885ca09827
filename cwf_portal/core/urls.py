from django.urls import path

from cwf_portal.core import views

app_name = "core"

urlpatterns = [
    path("home/", views.home, name="home"),
    path("operations/", views.operations, name="operations"),
    path("demo/sign-in/", views.demo_sign_in, name="demo-sign-in"),
    path("demo/sign-in/<slug:slug>/", views.demo_sign_in, name="demo-sign-in-as"),
    path("demo/messages/", views.demo_messages, name="demo-messages"),
]
