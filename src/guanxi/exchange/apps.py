"""Django's entry for the exchange room."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """The exchange room owns tables."""

    name = "guanxi.exchange"
    label = "exchange"
