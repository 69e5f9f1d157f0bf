"""Find what engines read otherwise without an error, and what ties the suite to one of them.

`python tools/lint_engines.py [files or folders]` prints a line for each finding and exits with 1 when there are any. A
comment at the end of a line says why a finding there is none: `# bounded: why` of a sum, `# alike: why` of all others.
"""

import ast
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("conf", "features", "jobs", "lake", "models", "review", "simulation", "validation", "wording")
RULES = r"""
dialect | \w \d \s \b $ . (?i) a++ in a pattern, or nothing to match | Java is not Rust | [0-9], [ \t\n], \z, [^\n]
replacement | a backslash, or $1 before a letter, in a replacement | Rust reads a longer name | F.concat
order | order of structs | Sail: null fields last | engine.portable.smallest, largest, first_per_key, F.sort_array
min_by | F.min_by of a struct | Sail: its null fields come last | engine.portable.smallest or first_per_key
over | lists, min_by or max_by over a window | Sail: nulls are kept, or come last | an aggregate and a join
round | round to digits | Spark rounds the decimal text, Sail the double | engine.portable.rounded
format | %f, %e, %g, %S or a width of %s | halves and wide letters differ | %d of engine.portable.whole_number
null | F.isnan, F.array_contains | of null: false in one, null in the other | F.coalesce around it
negative | F.substring from before the first letter | Sail starts at the first | F.right
log | F.log of a base | null in Spark where Sail has NaN or 0 | F.log(x) / math.log(base)
seconds | F.timestamp_seconds of a double | Sail cuts the fraction off | F.timestamp_micros of whole numbers
branch | F.when of an int, otherwise of no int | Sail takes the type of the first branch | 1.0 for 1, F.lit(1).cast
tied | what is one engine's own | others lack it | engine.persist, engine.checkpoint, engine.ship, lake/
schema | a frame with a table's schema | comments of columns fail in Sail's unions | the table's types
sql | a quote as '', * EXCEPT ( or a fraction as 0.1 in SQL | engines read them otherwise | \', df.drop, F.lit(0.1)
sum | F.sum of a product of whole numbers | Sail's overflow is silent | cast("double"), or `# bounded: why`
create_map | F.create_map | Sail builds it anew for each row, 2 s of a million | engine.portable.looked_up
try_divide | F.try_divide | Sail has none for doubles | engine.portable.ratio
shiftrightunsigned | F.shiftrightunsigned | Sail: wrong for ints, fails for 0 | F.shiftright(…).bitwiseAND(mask)
conv | F.conv | of what is no number: 0 in Spark, null in Sail | `# alike: why` where all digits are of the base
bround rint | F.bround, F.rint | halves go other ways | engine.portable.rounded, whole_number
log1p | F.log1p | Sail loses digits near 0 | F.log(1 + x)
initcap | F.initcap | words end at other characters | F.upper and F.lower of F.substring
weekday | F.weekday | Sail: Sunday is -1 | F.dayofweek
hash | F.hash | decimals differ, arrays fail | F.xxhash64
timestampdiff timestamp_diff | F.timestamp_diff | Sail counts days otherwise | a difference of F.unix_micros
approx_count_distinct approx_percentile percentile_approx | approximations | differ | F.count_distinct, F.percentile
atan2 hypot try_mod corr mode width_bucket histogram_numeric to_json sentences | a function | edges differ | others
"""
"""Name | what is forbidden | why | what to write. A rule with no predicate below forbids the functions of its name."""
SQL = {"expr", ".expr", ".selectExpr", ".where", ".filter"}
IN_PLACES = {"split", "regexp_replace", "regexp_count", "regexp_extract_all"}
PATTERNS = {*IN_PLACES, "rlike", ".rlike", "regexp", "regexp_like", "regexp_extract", "regexp_substr", "regexp_instr"}
DIALECT = re.compile(
    r"\\[wWdDsSbBvVhRX]|\\[pP]\{(?![LMNPSZC][a-z]?\})|\[\[:|--|~~"  # sets that are ASCII's in Java, Unicode's in Rust
    r"|\(\?[A-Za-z-]+[:)]|(?<!\\)[*+?}]\+"  # case and lines, as in all of Unicode; possessive in Java
)
CLASS = r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]"
NOTHING = re.compile(r"(?:.|\(.*\))?[*?]|.*\||\|.*|")
REPLACEMENT = re.compile(r"([^\\$]|\$\d(?!\w))*")
FORMAT = re.compile(r"(?<!%)(?:%%)*%(?:[-+ 0#,(]*[\d.]*[eEfgGaAS]|-?\d+s)")
SCHEMA = re.compile(r"([A-Z]|table)\.schema$")
ROUND = r"(?i)\bround\s*\((?:[^()]|\([^()]*\))*,"
QUOTES = r"(?i)\*\s*except\s*\(|\w''|''\w"
FRACTIONS = r"(?<![\w.'])\d+\.\d+(?![\w.'])"
OWN = {"@_jvm", "@_jsc", "@_jsparkSession", "@sparkContext", "@rdd", ".clearCache"}
KEEPING = {".persist", ".cache", ".unpersist", ".localCheckpoint", ".checkpoint"}
FLOATS = {"sqrt", "exp", "log", "log2", "log10", "pow", "avg", "percentile", "round"}
PARENTS: dict[ast.AST, ast.AST] = {}


def described(node: ast.AST) -> tuple[str, list[ast.expr]]:
    """`f` and the arguments of F.f(…); `.m`, x and the arguments of x.m(…); `@a` and x of x.a; `'` and a string."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        owner, given = node.func.value, [*node.args, *(each.value for each in node.keywords)]
        return (node.func.attr, given) if getattr(owner, "id", "") == "F" else (f".{node.func.attr}", [owner, *given])
    if isinstance(node, ast.Attribute):
        return f"@{node.attr}", [node.value]
    return ("'", [node]) if isinstance(node, ast.expr) and text(node) is not None else ("", [])


def text(node: ast.AST) -> str | None:
    """A string that is written out, with `x` for what is put into it; None of all else."""
    if isinstance(node, ast.JoinedStr):
        return "".join(text(each) or "x" for each in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@cache
def parsed(path: Path) -> ast.Module:
    tree = ast.parse(path.read_text())
    PARENTS.update((each, node) for node in ast.walk(tree) for each in ast.iter_child_nodes(node))
    return tree


@cache
def assigned(scope: ast.Module | ast.FunctionDef) -> dict[str, list[ast.AST]]:
    """What names stand for in a function, or in the lines of a module that are in none."""
    found: dict[str, list[ast.AST]] = {}
    for line in ast.walk(scope) if isinstance(scope, ast.FunctionDef) else scope.body:
        if isinstance(line, ast.ImportFrom):
            path = ROOT / ((line.module or "").replace(".", "/") + ".py")
            names = assigned(parsed(path)) if path.is_file() else {}
            found |= {each.asname or each.name: names.get(each.name, []) for each in line.names}
        elif isinstance(line, ast.Assign | ast.AnnAssign) and line.value:
            to = line.targets[0] if isinstance(line, ast.Assign) else line.target
            sides = [getattr(side, "elts", [side]) for side in (to, line.value)]
            for target, value in zip(*sides, strict=False):
                found.setdefault(ast.unparse(target), []).append(value)
    return found


def values(node: ast.AST) -> list[ast.AST]:
    """What a name stands for; the node itself, where that is unknown."""
    scope = PARENTS.get(node)
    while isinstance(node, ast.Name) and scope:
        if isinstance(scope, ast.FunctionDef | ast.Module) and assigned(scope).get(node.id):
            return assigned(scope)[node.id]
        scope = PARENTS.get(scope)
    return [node]


@cache
def parts(node: ast.AST) -> tuple[ast.AST, ...]:
    """All that an expression is made of, through names."""
    found, new = dict.fromkeys(ast.walk(node)), [node]
    while new:
        named = {value for each in new for name in ast.walk(each) for value in values(name)}
        new = [value for value in named if value not in found]
        found |= {each: None for value in new for each in ast.walk(value)}
    return tuple(found)


class Seen(NamedTuple):
    """An expression, as `described`."""

    node: ast.expr
    name: str
    given: list[ast.expr]

    def texts(self, place: int) -> list[str]:
        """The strings in an argument."""
        inside = parts(self.given[place]) if place < len(self.given) else ()
        return [t for each in inside if (t := text(each)) is not None and not isinstance(PARENTS[each], ast.JoinedStr)]

    def sql(self, pattern: str) -> list[str]:
        """What a pattern finds in the SQL that is given."""
        places = range(self.name.startswith("."), len(self.given)) if self.name in SQL else ()
        written = [each for at in places if self.made(at, "'") for each in self.texts(at)]
        return [found[0] for each in written for found in re.finditer(pattern, each)]

    def made(self, place: int, *functions: str) -> bool:
        return any(described(value)[0] in functions for each in self.given[place : place + 1] for value in values(each))


def number(node: ast.AST) -> int | float | None:
    """The value of a number that is written out, or given to F.lit; None of all else."""
    name, given = described(node)
    with suppress(ValueError):
        value = ast.literal_eval(given[0] if name == "lit" else node)
        return value if type(value) in (int, float) else None
    return None


def is_float(node: ast.AST) -> bool:
    name, given = described(node)
    if name in (".cast", ".try_cast"):
        return isinstance(given[1], ast.Constant) and given[1].value in ("double", "float")
    return name in FLOATS or isinstance(getattr(node, "op", number(node)), ast.Div | float)


def dialect(it: Seen) -> bool:
    patterns = it.texts(1) if it.name in PATTERNS else re.findall(r"(?i)\brlike\s+'([^']*)'", text(it.node) or "")
    bare = [re.sub(CLASS, "x", each) for each in patterns]
    own = [*map(DIALECT.search, patterns), *(map(NOTHING.fullmatch, bare) if it.name in IN_PLACES else ())]
    return any(own) or any("$" in each or "." in each for each in bare)


def order(it: Seen) -> bool:
    if it.name in ("min", "max", "least", "greatest"):
        return any(it.made(place, "struct", "array") for place in range(len(it.given)))
    lists = it.name in ("array_min", "array_max") or (it.name == "array_sort" and len(it.given) == 1)
    return lists and any(described(each)[0] == "struct" for each in parts(it.given[0]))


def branch(it: Seen) -> bool:
    first, given = it.name, it.given
    while first in (".when", ".otherwise"):
        first, given = described(given[0])
    later = first == "when" and it.name != "when"
    return later and type(number(given[-1])) is int and type(number(it.given[-1])) is not int


def tied(it: Seen) -> bool:
    on_frame = it.name == "@write" and getattr(PARENTS[it.node], "func", None) is not it.node
    return on_frame or it.name in OWN or (it.name in KEEPING and ast.unparse(it.given[0]) != "engine")


def product(it: Seen) -> bool:
    summed = [each for given in it.given[:1] for each in values(given) if it.name == "sum"]
    exact = [each for each in summed if not any(map(is_float, parts(each)))]
    products = [each for whole in exact for each in ast.walk(whole) if isinstance(each, ast.BinOp)]
    sides = [(each.left, each.right) for each in products if isinstance(each.op, ast.Mult)]
    return any(all(number(each) is None and not ast.unparse(each).isupper() for each in both) for both in sides)


PREDICATES: dict[str, Callable[[Seen], bool]] = {
    "dialect": dialect,
    "replacement": lambda it: it.name == "regexp_replace" and not all(map(REPLACEMENT.fullmatch, it.texts(2))),
    "order": order,
    "min_by": lambda it: it.name == "min_by" and it.made(1, "struct"),
    "over": lambda it: it.name == ".over" and it.made(0, "collect_list", "collect_set", "min_by", "max_by"),
    "round": lambda it: it.sql(ROUND) != [] or (it.name == "round" and [*map(number, it.given[1:])] not in ([], [0])),
    "format": lambda it: it.name == "format_string" and any(map(FORMAT.search, it.texts(0))),
    "null": lambda it: it.name in ("isnan", "array_contains") and described(PARENTS[it.node])[0] != "coalesce",
    "negative": lambda it: it.name in ("substring", ".substr") and any((number(e) or 0) < 0 for e in it.given[1:2]),
    "log": lambda it: it.name == "log" and len(it.given) > 1,
    "seconds": lambda it: it.name == "timestamp_seconds" and is_float(values(it.given[0])[0]),
    "branch": branch,
    "tied": tied,
    "schema": lambda it: it.name == ".createDataFrame" and any(map(SCHEMA.search, map(ast.unparse, it.given[2:]))),
    "sql": lambda it: it.sql(QUOTES) != [] or any(Decimal(e) != Decimal(float(e)) for e in it.sql(FRACTIONS)),
    "sum": product,
}


def findings(path: Path) -> Iterator[tuple[int, str]]:
    lines = path.read_text().splitlines()
    rules = [[cell.strip() for cell in row.split(" | ")] for row in RULES.strip().splitlines()]
    nodes = [each for each in ast.walk(parsed(path.resolve())) if isinstance(each, ast.expr)]
    for it in (Seen(each, *described(each)) for each in nodes):
        written = "".join(lines[it.node.lineno - 1 : it.node.end_lineno])
        for name, forbidden, why, rewrite in rules if it.name else ():
            by_name = it.name in name.split() or it.sql(rf"\b({name.replace(' ', '|')})\s*\(") != []
            found = PREDICATES[name](it) if name in PREDICATES else by_name
            if found and not re.search(rf"#\s*{'bounded' if name == 'sum' else 'alike'}: \S", written):
                yield it.node.lineno, f"{forbidden} ({why}): write {rewrite}"


def main(arguments: list[str]) -> int:
    roots = [Path(each) for each in arguments] or [ROOT / each for each in PACKAGES]
    files = [path for root in roots for path in (sorted(root.rglob("*.py")) if root.is_dir() else [root])]
    found = [f"{os.path.relpath(path)}:{line}: {what}\n" for path in files for line, what in sorted(findings(path))]
    sys.stdout.writelines(found)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
