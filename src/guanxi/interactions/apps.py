"""Django's entry for the interactions room."""

from django.apps import AppConfig


class InteractionsConfig(AppConfig):
    """The interactions room owns tables."""

    name = "guanxi.interactions"
    label = "interactions"
