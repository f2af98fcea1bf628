"""Django's entry for the office's parties pages."""

from django.apps import AppConfig


class OfficePartiesConfig(AppConfig):
    """No tables of its own."""

    name = "guanxi.office.parties"
    label = "office_parties"
