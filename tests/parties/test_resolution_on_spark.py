"""The same model on a real local Spark gives the same clusters; skipped where PySpark or Java are not installed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from guanxi.demo.duplicates import generate
from guanxi.parties.resolution import batch, training
from guanxi.parties.resolution.comparisons import PEOPLE
from guanxi.parties.resolution.model import decode, encode

sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed (pip install pyspark==4.3.0)")
from guanxi.parties.resolution import spark  # noqa: E402 - it imports PySpark

pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed")


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    builder = sql.SparkSession.builder.master("local[2]")
    options = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "4",
    }
    for name, value in (options | spark.session_options()).items():
        builder = builder.config(name, value)
    made = builder.getOrCreate()
    spark.register_similarities(made)
    yield made
    made.stop()


def test_spark_gives_the_same_clusters(session: Any, tmp_path: Path) -> None:
    people = generate(2_000, seed=4).drop(["person"])
    with duckdb.connect() as connection:
        connection.register("people", people)
        connection.execute("CREATE TABLE records AS SELECT * FROM people")
        model = decode(encode(training.train(connection, PEOPLE)))
        expected = batch.resolve(connection, model)
    pq.write_table(people, tmp_path / "people.parquet")
    session.read.parquet(str(tmp_path / "people.parquet")).createOrReplaceTempView("records")
    labels, doubts = spark.resolve(session, model)
    assert (labels == expected.cluster).all()
    assert {doubt[:2] for doubt in doubts} == {doubt[:2] for doubt in expected.doubts}
