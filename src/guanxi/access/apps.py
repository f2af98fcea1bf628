"""Django's entry for the access room."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """The access room owns tables."""

    name = "guanxi.access"
    label = "access"
