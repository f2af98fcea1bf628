"""Django's entry for the office's interactions pages."""

from django.apps import AppConfig


class OfficeInteractionsConfig(AppConfig):
    """No tables of its own."""

    name = "guanxi.office.interactions"
    label = "office_interactions"
