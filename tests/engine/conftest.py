"""An object store for tests."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from unittest.mock import patch

import pytest

from tests.engine.writing import SUITE


@pytest.fixture(scope="module")
def store() -> Iterator[dict[str, str]]:
    """What the environment says of an S3 store on this machine, which has a bucket called bucket."""
    command = [sys.executable, "-m", "tests.engine.s3_store"]
    with subprocess.Popen(command, cwd=SUITE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        told = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{serving.stdout.readline().strip()}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "me",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_ALLOW_HTTP": "true",
        }
        with patch.dict(os.environ, told):
            urllib.request.urlopen(urllib.request.Request(f"{told['AWS_ENDPOINT_URL']}/bucket", method="PUT")).close()
            yield told
        serving.communicate()
