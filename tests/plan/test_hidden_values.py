"""The values of environment variables are not in a command that is shown."""

import pytest

from netaudit.plan.hidden_values import hide_values


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("-e TOKEN=abc", "-e TOKEN=…"),
        ("--env TOKEN=abc", "--env TOKEN=…"),
        ("--env=TOKEN=a=b", "--env=TOKEN=…"),
        ("-eTOKEN=abc", "-eTOKEN=…"),
        ("-dite TOKEN=abc", "-dite TOKEN=…"),
        ("--env-add TOKEN=abc", "--env-add TOKEN=…"),
        ("-e TOKEN", "-e TOKEN"),
        ("--env-file secrets.env", "--env-file secrets.env"),
        ("--label a=b", "--label a=b"),
        ("-p 8080:80", "-p 8080:80"),
    ],
)
def test_only_the_value_of_a_variable_is_hidden(word: str, shown: str) -> None:
    assert hide_values(("docker", "run", *word.split(), "app")) == ("docker", "run", *shown.split(), "app")
