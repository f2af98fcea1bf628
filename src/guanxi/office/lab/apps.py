"""Django's entry for the channel lab."""

from django.apps import AppConfig


class OfficeLabConfig(AppConfig):
    """No tables of its own."""

    name = "guanxi.office.lab"
    label = "office_lab"
