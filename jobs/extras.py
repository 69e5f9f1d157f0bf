"""Packages that some jobs need and others do not, by the extra of this package that brings them."""

EXTRAS = {
    "great_expectations": "validation",
    "grpc": "embedded",
    "matplotlib": "demo",
    "optuna": "train",
    "pysail": "embedded",
    "sklearn": "train",
}


def missing_extra(error: BaseException) -> str | None:
    """Say which extra is to be installed, in one line, when an error is that one of its packages is not there."""
    package = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if package not in EXTRAS:
        return None
    return f"{package} is not installed here: pip install 'abuse-mining[{EXTRAS[package]}]'"
