"""A system that lets us look at views of its database, and nothing else."""

from __future__ import annotations

from pathlib import Path

from guanxi.systems.http import Addressed
from guanxi.systems.sql_view.adapter import SqlView
from guanxi.systems.sql_view.queries import load_queries


def make_system(endpoint: Addressed) -> SqlView:
    """The adapter for the database at the endpoint's address, with the queries of this folder."""
    return SqlView(endpoint.address, load_queries(Path(__file__).with_name("queries.toml")))
