"""Make these tables anew with Spark: python tests/lake/written_by_others/make.py (Java, `make spark`).

The same five events of two days each time: `column_mapping` calls its columns by names of its own in log and files and
once had one more, `deletion_vectors` had a sixth that was deleted without writing its file anew, `by_verb` is not
partitioned by days.
"""

import shutil
from pathlib import Path

import engine
from lake.schemas import EVENTS
from tests.builders import at, events

HERE = Path(__file__).parent
COLUMNS = ", ".join(f"{field.name} {field.dataType.simpleString()}" for field in EVENTS.schema)
ROWS = [{"event_id": n, "ts": at(f"2026-02-2{7 + n % 2} 12:00"), "account_id": n, "video_id": 1} for n in range(1, 7)]


def main() -> None:
    spark = engine.start(engine.Choice("spark", "", 0), "tables of others").spark

    def make(name: str, partition: str, properties: str, gone: str = "event_id = 6") -> None:
        place = HERE / name
        shutil.rmtree(place, ignore_errors=True)
        table = f"delta.`{place}`"
        spark.sql(
            f"CREATE TABLE {table} ({COLUMNS}, gone string) USING delta PARTITIONED BY ({partition}) {properties}"
        )
        rows = events(spark, *ROWS).coalesce(1)
        rows.write.format("delta").mode("append").save(str(place))
        spark.sql(f"DELETE FROM {table} WHERE {gone}")
        if "columnMapping" in properties:
            spark.sql(f"ALTER TABLE {table} DROP COLUMN gone")
        for checksum in place.rglob("*.crc"):
            checksum.unlink()

    make("column_mapping", "event_date", "TBLPROPERTIES ('delta.columnMapping.mode' = 'name')")
    make("deletion_vectors", "event_date", "TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')")
    make("by_verb", "verb", "")
    engine.stop()


if __name__ == "__main__":
    main()
