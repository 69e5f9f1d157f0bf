"""What a run says of the code that it ran on."""

from lake.runs import code_version


def test_a_checkout_without_git_on_the_path_has_the_version_of_the_release_alone(monkeypatch):
    with_commit = code_version.__wrapped__()
    monkeypatch.setenv("PATH", "/nowhere")
    assert code_version.__wrapped__() == with_commit.split("+")[0]
