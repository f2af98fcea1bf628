"""Django's entry for the office's pages about records."""

from django.apps import AppConfig


class OfficeRecordsConfig(AppConfig):
    """No tables of its own."""

    name = "guanxi.office.records"
    label = "office_records"
