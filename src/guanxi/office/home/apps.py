"""Django's entry for the office's home pages."""

from django.apps import AppConfig


class OfficeHomeConfig(AppConfig):
    """No tables of its own."""

    name = "guanxi.office.home"
    label = "office_home"
