"""Django's entry for the office's exchange pages."""

from django.apps import AppConfig


class OfficeExchangeConfig(AppConfig):
    """No tables of its own."""

    name = "guanxi.office.exchange"
    label = "office_exchange"
