"""The lab's addresses."""

from __future__ import annotations

from django.urls import path

from guanxi.office.lab import views

urlpatterns = [
    path("", views.lab, name="lab"),
    path("customers", views.customers, name="lab-customers"),
    path("machine", views.machine, name="lab-machine"),
    path("online", views.online, name="lab-online"),
]
