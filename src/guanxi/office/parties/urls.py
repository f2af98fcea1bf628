"""Finding and seeing customers."""

from __future__ import annotations

from django.urls import path

from guanxi.office.parties import views

urlpatterns = [
    path("", views.customers, name="customers"),
    path("results", views.results, name="customer-results"),
    path("<uuid:party_id>/", views.customer, name="customer"),
    path("<uuid:party_id>/holdings", views.holdings_panel, name="customer-holdings"),
]
