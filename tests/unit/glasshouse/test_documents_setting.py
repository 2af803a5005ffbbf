"""The settings of trusted documents: what a manifest may look like, and for whom it is all that runs."""

from pathlib import Path

import pytest

from api.roles import Role
from glasshouse.errors import SettingsError
from glasshouse.policy import policy_of
from glasshouse.roles_setting import ROLE_WORDS
from glasshouse.settings import load_settings

APOLLO = """{"format": "apollo-persisted-query-manifest", "version": 1,
  "operations": [{"id": "a1", "name": "A", "type": "query", "body": "query A { a }"}]}"""


@pytest.mark.parametrize("content", [APOLLO, '{"a1": "query A { a }"}'])
def test_a_manifest_is_read_as_apollo_or_codegen_writes_it(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    settings = load_settings({}, environment={"GLASSHOUSE_TRUSTED_DOCUMENTS": str(tmp_path / "manifest.json")})
    assert policy_of(settings).trusted_documents == {"a1": "query A { a }"}


@pytest.mark.parametrize(
    "content",
    [None, "", "{", "[]", "1", '{"a": 1}', '{"operations": []}', APOLLO.replace("1,", "2,", 1), "[" * 99_999, '{"\\ud800": 1}'],
)
def test_a_file_that_is_no_manifest_is_named_with_what_is_wrong(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "manifest.json"
    if content is not None:
        path.write_text(content)
    settings = load_settings({}, environment={"GLASSHOUSE_TRUSTED_DOCUMENTS": str(path)})
    with pytest.raises(SettingsError, match=f"trusted_documents names {path}"):
        policy_of(settings)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("all", set(Role)), ("none", set()), ("admin", {Role.ADMIN}), ("admin, operator", {Role.ADMIN, Role.OPERATOR})],
)
def test_other_documents_are_for_the_roles_that_are_named(tmp_path: Path, given: str, expected: set[Role]) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    manifest = {"GLASSHOUSE_TRUSTED_DOCUMENTS": str(tmp_path / "manifest.json")}
    settings = load_settings({}, environment={"GLASSHOUSE_OTHER_DOCUMENTS": given, **manifest})
    assert policy_of(settings).other_documents == expected


def test_nobody_is_locked_out_for_want_of_a_manifest() -> None:
    for given in ("none", "viewer"):
        with pytest.raises(SettingsError, match="trusted_documents names no manifest"):
            policy_of(load_settings({}, environment={"GLASSHOUSE_OTHER_DOCUMENTS": given}))


def test_the_file_names_roles_as_a_list(tmp_path: Path) -> None:
    file = tmp_path / "glasshouse.toml"
    file.write_text('other_documents = ["admin"]')
    assert load_settings({}, environment={}, file=file).other_documents == {"admin"}
    for wrong in ('["root"]', "[]", "1", "true", '["all"]', "[1]", "{}", '[["admin"]]', "[{}]"):
        file.write_text(f"other_documents = {wrong}")
        with pytest.raises(SettingsError, match="other_documents is all, none, or some of viewer"):
            load_settings({}, environment={}, file=file)


def test_settings_know_every_role() -> None:
    assert set(ROLE_WORDS) == {role.word for role in Role}
