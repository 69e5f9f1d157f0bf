"""Sketches of viewers are read by either engine, whichever wrote them: a lake may go from one to the other."""

from pyspark.sql import functions as F

from features.activity import VIEWERS_LOG_K

NOBODY = {"sail": "01030300001ecc93", "spark": "01030300001e0000"}
SOMEBODY = {"sail": "01030300001acc93ca55dd55af293078", "spark": "01030300003acc93ca55dd55af293078"}
TWO_OTHERS = "01040339011acc9302283d4e873d4050eb98c452fb7adcc0"
"""The same bytes by both."""
VIEWERS = {
    **{(NOBODY[one], NOBODY[other]): 0 for one in NOBODY for other in NOBODY},
    **{(NOBODY[one], SOMEBODY[other]): 1 for one in NOBODY for other in SOMEBODY},
    **{(SOMEBODY[one], SOMEBODY[other]): 1 for one in SOMEBODY for other in SOMEBODY},
    **{(NOBODY[one], TWO_OTHERS): 2 for one in NOBODY},
    **{(SOMEBODY[one], TWO_OTHERS): 3 for one in SOMEBODY},
}


def test_sketches_of_both_engines_are_added_up_by_this_one(spark):
    rows = [(case, sketch) for case, pair in enumerate(VIEWERS) for sketch in pair]
    sketches = spark.createDataFrame(rows, "case int, sketch string").withColumn("sketch", F.unhex("sketch"))
    counted = sketches.groupBy("case").agg(
        F.theta_sketch_estimate(F.theta_union_agg("sketch", VIEWERS_LOG_K)).alias("viewers")
    )
    found = {row.case: row.viewers for row in counted.collect()}
    assert {pair: found[case] for case, pair in enumerate(VIEWERS)} == VIEWERS
