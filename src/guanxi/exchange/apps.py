"""Django's entry for the exchange room."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """The exchange room owns tables, and has its message maps checked."""

    name = "guanxi.exchange"
    label = "exchange"

    def ready(self) -> None:
        """Have the checks known."""
        from guanxi.exchange import checks  # noqa: F401 - registers itself
