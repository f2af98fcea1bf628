"""Django's entry for the office's shell pages."""

from django.apps import AppConfig


class OfficeShellConfig(AppConfig):
    """No tables of its own."""

    name = "guanxi.office.shell"
    label = "office_shell"
