"""What a model is told of an account beside its own features."""

from datetime import date

from models.rows import feature_names, neighbour_columns, telling_ring

DAY = date(2026, 3, 1)


def test_of_several_rings_the_one_that_says_most_counts(spark):
    rings = spark.createDataFrame([(DAY, 7, 0.01), (DAY, 8, 0.9)], "as_of date, ring_id bigint, score double")
    members = [(DAY, 7, 1, 1.0), (DAY, 8, 1, 0.5), (DAY, 7, 2, 1.0)]
    schema = "as_of date, ring_id bigint, account_id bigint, strength double"
    found = telling_ring(spark.createDataFrame(members, schema), rings).collect()
    assert {(row.account_id, row.ring_id, row.strength) for row in found} == {(1, 8, 0.5), (2, 7, 1.0)}


def test_an_account_is_told_of_those_it_is_linked_to_in_either_direction(spark):
    ages, gone = [(1, 1000.0), (2, 4.0), (3, 8.0), (4, None)], 9
    features = spark.createDataFrame(
        [(DAY, account, age, 7.0) for account, age in ages],
        "as_of date, account_id bigint, age_days double, bio_length double",
    )
    links = spark.createDataFrame(
        [(DAY, 1, 2), (DAY, 2, 3), (DAY, 2, gone), (DAY, 3, 4)],
        "as_of date, account_id bigint, other_account_id bigint",
    )
    found = {row.account_id: row for row in neighbour_columns(features, links).collect()}
    told = ("neighbour_count", "neighbour_mean_age_days", "neighbour_max_age_days")
    assert {account: tuple(row[name] for name in told) for account, row in found.items()} == {
        1: (1.0, 4.0, 4.0),
        2: (2.0, 504.0, 1000.0),
        3: (2.0, 4.0, 4.0),
        4: (1.0, 8.0, 8.0),
        gone: (1.0, 4.0, 4.0),
    }


def test_numbers_that_say_who_are_no_features(spark):
    schema = "as_of date, owner_ring_id bigint, copying_ring_id bigint, ring_top_creator bigint, ring_size bigint"
    frame = spark.createDataFrame([], f"{schema}, account_id bigint, link_count double, country string")
    assert feature_names(frame) == ["ring_size", "link_count"]
