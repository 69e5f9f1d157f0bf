"""The rules of each source table."""

from pyspark.sql import DataFrame

from lake.schemas import Table


def usable(df: DataFrame, table: Table) -> DataFrame:
    return df
