"""Django's entry for the parties room."""

from django.apps import AppConfig


class PartiesConfig(AppConfig):
    """The parties room owns tables."""

    name = "guanxi.parties"
    label = "parties"
