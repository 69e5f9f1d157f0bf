"""Each rule finds what engines read otherwise, and leaves alone what they read alike."""

import pytest

from tools import lint_engines

DIALECT, OVERFLOW, TIED, SQL = "Java is not Rust", "overflow is silent", "others lack it", "engines read them otherwise"
CASES = [
    # Patterns.
    (DIALECT, r'F.regexp_extract("a", r"([\w-]+\.shop)", 1)', r'F.regexp_extract("a", r"([A-Za-z0-9_-]+\.shop)", 1)'),
    (DIALECT, r'F.regexp_replace("a", r"\d+", "0")', 'F.regexp_replace("a", "[0-9]+", "0")'),
    (DIALECT, r'F.split("a", r"\s")', r'F.split("a", "[ \\t]")'),
    (DIALECT, r'F.col("a").rlike(r"\bx")', 'F.col("a").rlike("x")'),
    (DIALECT, r'F.rlike("a", F.lit(r"\W"))', 'F.rlike("a", F.lit("[^a-z]"))'),
    (DIALECT, r'F.regexp_count("a", F.lit(r"[^\s]+"))', r'F.regexp_count("a", F.lit(r"[^ \n]+"))'),
    (DIALECT, 'F.col("a").rlike("^[A-Z]{2}$")', r'F.col("a").rlike(r"^[A-Z]{2}\z")'),
    (DIALECT, 'F.col("a").rlike("a.b")', r'F.col("a").rlike(r"a[^\n]b|a\.b|[.$]")'),
    (DIALECT, 'F.col("a").rlike("(?i)free")', 'F.lower("a").rlike("(?:free)")'),
    (DIALECT, r'F.col("a").rlike(r"\p{Alpha}|\p{IsLatin}")', r'F.col("a").rlike(r"\p{L}|[^\p{Lu}\p{N}]")'),
    (DIALECT, 'F.col("a").rlike("[[:alpha:]]|[a-d--b]")', 'F.col("a").rlike("[a-z]|[a-]")'),
    (DIALECT, 'F.col("a").rlike("a++b")', r'F.col("a").rlike(r"a+b\++")'),
    (DIALECT, 'F.split("a", "")', 'F.split("a", ",")'),
    (DIALECT, 'F.regexp_replace("a", "x*", "-")', 'F.regexp_replace("a", "x+", "-")'),
    (DIALECT, r"PATTERN = r'\w+'; F.regexp_extract('a', PATTERN, 0)", r"PATTERN = r'\w+'; re.compile(PATTERN)"),
    (
        DIALECT,
        r"A, B = 'a', r'\d'; F.col('a').rlike('|'.join((A, B)))",
        "A, B = 'a', 'b'; F.col('a').rlike('|'.join((A, B)))",
    ),
    (DIALECT, r"F.regexp_extract('a', rf'{x}\w', 0)", "F.regexp_extract('a', f'{x}+', 0)"),
    (DIALECT, "Rule(\"NOT country RLIKE '^[A-Z]{2}$'\")", r"""Rule(r"NOT country RLIKE '^[A-Z]{2}\\z'")"""),
    (DIALECT, "F.col('a').rlike('.')", r"re.sub(r'(?i)\bx$', '', a); a.split('')"),
    ("longer name", 'F.regexp_replace("a", "(a)", "$1x")', 'F.regexp_replace("a", "(a)(b)", "$2-$1")'),
    ("longer name", r'F.regexp_replace("a", "a", "\\\\")', 'F.regexp_replace("a", "a", "/")'),
    # Order and nulls.
    ("largest", 'F.max(F.struct("a", "b"))', 'largest("a", "b")'),
    ("largest", 'told = F.struct("a"); F.min(told)', 'told = F.col("a"); F.min(told)'),
    ("largest", 'F.least(F.struct("a"), F.struct("b"))', 'F.least("a", "b")'),
    ("largest", 'F.array_max(F.collect_list(F.struct("a")))', 'F.array_max(F.collect_list("a"))'),
    ("F.sort_array", 'F.array_sort(F.collect_list(F.struct("a")))', 'F.sort_array(F.collect_list(F.struct("a")))'),
    ("F.sort_array", 'F.array_sort(F.collect_set(F.struct("a")))', 'F.array_sort(F.array(F.struct("a")), by)'),
    ("smallest", 'F.min_by("a", F.struct("b", "c"))', 'F.min_by("a", "b")'),
    ("smallest", 'F.min_by("a", F.struct("b"))', 'F.min_by("a", F.struct("b"))  # alike: b is never null'),
    ("a join", 'F.collect_list("a").over(w)', 'F.sum("a").over(w)'),
    ("a join", 'F.max_by("a", "b").over(w)', 'F.max_by("a", "b").alias("w")'),
    ("F.coalesce", 'F.isnan("a")', 'F.coalesce(F.isnan("a"), F.lit(False))'),
    ("F.coalesce", '~F.array_contains("a", 1)', 'F.coalesce(F.array_contains("a", 1), F.lit(False))'),
    # Numbers.
    ("rounded", 'F.round("a", 2)', 'F.round("a")'),
    ("rounded", "F.round(x, digits)", "F.round(x, 0)"),
    ("rounded", 'F.bround("a")', 'rounded("a", 2)'),
    ("rounded", 'df.selectExpr("round(a * (b + 1), 2) AS c")', 'df.selectExpr("round(a * (b + 1)) AS c, d")'),
    ("whole_number", 'F.format_string("%.0f", "a")', 'F.format_string("%d %% of %s", "a", "b")'),
    ("whole_number", 'F.format_string("100 %%, %e", "a")', 'F.format_string("r-%02d, 100 %% else", "a")'),
    ("whole_number", 'F.format_string("%10s", "a")', 'F.format_string("%s", "a")'),
    ("ratio", 'F.try_divide("a", "b")', 'ratio("a", "b"); F.try_add("a", "b")'),
    ("ratio", 'F.expr("try_divide(a, b)")', 'F.expr("a / b")'),
    ("bitwiseAND", 'F.shiftrightunsigned("a", 11)', 'F.shiftright("a", 11).bitwiseAND(F.lit(2**53 - 1))'),
    ("math.log", 'F.log(2.0, "a")', 'F.log("a")'),
    ("timestamp_micros", 'F.timestamp_seconds(F.col("a") / 1000)', 'F.timestamp_seconds(F.unix_timestamp("a") + 5)'),
    ("F.right", 'F.substring("a", -3, 2)', 'F.substring("a", 3, 2)'),
    ("1.0 for 1", "F.when(a, 1).otherwise(2.5)", "F.when(a, 1).otherwise(0)"),
    ("1.0 for 1", 'F.when(a, 0).when(b, F.col("c")).otherwise(0)', 'F.when(a, F.col("c")).otherwise(0)'),
    ("F.dayofweek", 'F.weekday("a")', 'F.dayofweek("a")'),
    ("F.percentile", 'F.percentile_approx("a", 0.5)', 'F.percentile("a", 0.5)'),
    # Sums.
    (OVERFLOW, 'F.sum(F.col("n") * F.col("n"))', 'F.sum(F.col("n").cast("double") * F.col("n"))'),
    (OVERFLOW, "n = F.col('n'); F.sum(n * n)", "n = F.col('n').cast('double'); F.sum(n * n)"),
    (
        OVERFLOW,
        'F.sum(F.col("a") * F.col("b") * SCALE)',
        'F.sum(F.round(F.col("a") * F.col("b") * SCALE).cast("bigint"))',
    ),
    (OVERFLOW, 'F.sum(F.col("n") * F.col("m"))', 'F.sum(F.col("n") * SCALE + 2 * F.col("m"))'),
    (OVERFLOW, 'F.sum(F.col("n") * F.col("n"))', 'F.sum(F.col("n") * F.col("n"))  # bounded: at most 1,000 of 1,000'),
    (OVERFLOW, 'F.sum(F.col("n") * F.col("n"))  # bounded:', 'F.sum(F.col("n") * 2)'),
    # One engine's own.
    (TIED, "spark._jvm.java", "spark.conf"),
    (TIED, "df.sparkSession.sparkContext.broadcast(x)", "ship(x)"),
    (TIED, "df.rdd.map(f)", "df.mapInArrow(f, schema)"),
    (TIED, "df.persist()", "persist(df); engine.persist(df)"),
    (TIED, "df.where(a).localCheckpoint()", "checkpoint(df.where(a))"),
    (TIED, 'df.write.mode("append").save(path)', "diary.write(rows); file.write(text)"),
    (TIED, "spark.catalog.clearCache()", "engine.release()"),
    ("types", "spark.createDataFrame([], MODELS.schema)", "spark.createDataFrame([], MODELS.types)"),
    ("types", "spark.createDataFrame(rows, schema=self.table.schema)", "spark.createDataFrame(rows, like.schema)"),
    (TIED, "df.cache()", 'df.hint("shuffle_hash")'),
    # SQL.
    (SQL, 'df.selectExpr("* EXCEPT (a)")', 'df.drop("a")'),
    (SQL, "df.where(\"a = 'it''s'\")", "df.where(\"a = '' OR coalesce(b, '') = c\")"),
    (SQL, 'df.where("a >= 0.1")', 'df.where("a >= 0.5 AND v1.2 = 3")'),
    (SQL, 'df.where(f"a = {x} AND b > 0.3")', 'df.where(F.col("a") > 0.3)'),
]


@pytest.fixture
def lint(tmp_path, capsys):
    """What the linter says of a file with this code, and how it exits."""

    def said(code):
        file = tmp_path / "code.py"
        file.write_text(f"import re\nfrom pyspark.sql import functions as F\n\n{code}\n")
        lint_engines.PARENTS.clear()
        for memory in (lint_engines.parsed, lint_engines.assigned, lint_engines.parts):
            memory.cache_clear()
        return lint_engines.main([str(file)]), capsys.readouterr().out

    return said


@pytest.mark.parametrize(("names", "bad", "good"), CASES, ids=[bad for _, bad, _ in CASES])
def test_what_is_read_otherwise_is_found_and_its_rewrite_is_not(lint, names, bad, good):
    code, out = lint(bad)
    assert code == 1
    assert names in out
    assert "code.py:4: " in out
    assert lint(good) == (0, "")


def test_a_rule_with_a_predicate_is_in_the_table_and_each_has_all_its_words():
    rows = [row.split(" | ") for row in lint_engines.RULES.strip().splitlines()]
    assert {len(row) for row in rows} == {4}
    assert set(lint_engines.PREDICATES) <= {name.strip() for name, *_ in rows}


def test_a_pattern_is_followed_to_the_module_that_it_comes_from(lint, tmp_path, monkeypatch):
    (tmp_path / "features").mkdir()
    (tmp_path / "features" / "text.py").write_text(r"LINK: str = r'https?://\S+'" + "\nMARK = '<link>'\n")
    monkeypatch.setattr(lint_engines, "ROOT", tmp_path)
    use = "from features.text import {0} as PATTERN\n\ndef f():\n    return F.col('a').rlike(PATTERN)"
    assert "code.py:7: " in lint(use.format("LINK"))[1]
    assert lint(use.format("MARK")) == (0, "")


def test_a_name_is_looked_up_where_it_is_read(lint):
    assert lint("def f():\n    row = F.struct('a')\n    return row\n\ndef g(row):\n    return F.max(row)")[0] == 0
    assert lint("def f():\n    row = F.struct('a')\n    return F.max(row)")[0] == 1


def test_folders_are_read_whole_and_findings_come_in_order(tmp_path, capsys):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one.py").write_text("a.cache()\n\nb.cache()\n")
    assert lint_engines.main([str(tmp_path)]) == 1
    assert [line.split(":")[1] for line in capsys.readouterr().out.splitlines()] == ["1", "3"]
