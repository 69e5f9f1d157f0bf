"""docs/configuration.md: every key of the configuration; `python -m conf.docs` prints it."""

import json
import sys
from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from conf import ConfigFile, Policy, Section, load_limits, load_policies

HEAD = """\
# Configuration

Generated from `conf/` by `make docs`. The defaults are [`conf/limits.toml`](../conf/limits.toml) and
[`conf/policies.toml`](../conf/policies.toml). A job takes a file of your own with `--limits FILE` and
`--policies FILE`; it holds only what differs:

```toml
# my-limits.toml
[links]
window_days = 28
```

```toml
# my-policies.toml
[policies.spam_ring]        # of a policy that is there, only this changes
capacity = 200

[policies.bot_network]      # nobody reviews it
capacity = 0

[review.due_hours_by_country]
BR = 48                     # beside the countries of the defaults
```

- Tables are merged key by key; a number, a text or a list replaces the default whole.
- No policy can be removed; one with a capacity of 0 gets no cases. A policy that the defaults do not have needs all
  keys, and gets scores and cases only once `POLICIES` in `lake/schemas/` has it, too.
- An unknown key, or a value out of its range, ends the job before it reads anything (exit code 2), with a line that
  names file and key.
- A file that repeats all keys works as well, but holds on to defaults that a later version may better.

Which engine runs, and how much memory it takes, is told by `--engine` and environment variables:
[two engines](../README.md#two-engines).
"""


def page() -> str:
    """Write the whole page, in Markdown."""
    policies = load_policies()
    parts = [
        HEAD,
        "## Limits\n",
        *file_sections(load_limits()),
        "## Policies\n",
        *policy_section(policies.policies),
        *file_sections(policies),
    ]
    return "\n".join(parts)


def file_sections(values: ConfigFile) -> Iterator[str]:
    """Write the sections of a file, one table of keys each."""
    for name in type(values).model_fields:
        section = getattr(values, name)
        if isinstance(section, Section):
            yield from key_table(name, section, type(section).__doc__ or "")


def key_table(name: str, values: Section, text: str) -> Iterator[str]:
    """Write a section and those within it: key, default, range and meaning."""
    yield f"### `[{name}]`\n\n{text.strip()}\n"
    yield "| key | default | range | meaning |\n|---|---|---|---|"
    inner = {}
    for key, field in type(values).model_fields.items():
        value = getattr(values, key)
        if isinstance(value, Section):
            inner[key] = value
        else:
            yield f"| `{key}` | {default_text(value)} | {range_text(field)} | {field.description} |"
    yield ""
    for key, value in inner.items():
        about = type(values).model_fields[key].description or ""
        yield from key_table(f"{name}.{key}", value, sentence(about))


def policy_section(policies: dict[str, Policy]) -> Iterator[str]:
    """Write what the keys of a policy mean, and what each policy has."""
    keys = Policy.model_fields
    yield f"### `[policies.NAME]`\n\n{(Policy.__doc__ or '').strip()}\n"
    yield "| key | range | meaning |\n|---|---|---|"
    yield from (f"| `{key}` | {range_text(field)} | {field.description} |" for key, field in keys.items())
    yield "\nThe defaults:\n"
    yield "| policy | " + " | ".join(keys) + " |\n|" + "---|" * (len(keys) + 1)
    for name, policy in policies.items():
        yield f"| `{name}` | " + " | ".join(default_text(getattr(policy, key)) for key in keys) + " |"
    yield ""


def default_text(value: Any) -> str:
    """Write a value as TOML has it."""
    return f"`{toml(value)}`"


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + " }"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, int):
        return f"{value:_}"
    return json.dumps(value)


def range_text(field: FieldInfo) -> str:
    """Write which values pass, such as "0 to 1" or "above 0"; blank where all do."""
    names = ("ge", "gt", "le", "lt")
    bounds = {name: getattr(one, name) for one in field.metadata for name in names if hasattr(one, name)}
    if {"ge", "le"} <= bounds.keys():
        return f"{bounds['ge']} to {bounds['le']}"
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return ", ".join(f"{words[name]} {bounds[name]}" for name in names if name in bounds)


def sentence(text: str) -> str:
    """Write a phrase as a sentence."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


if __name__ == "__main__":
    sys.stdout.write(page())
