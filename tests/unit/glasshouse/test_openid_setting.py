"""The setting `openid`: as the how-to shows it, and in plain words where it cannot be."""

from pathlib import Path

import pytest

from adapters.openid.provider import OpenId
from glasshouse.errors import SettingsError
from glasshouse.settings import load_settings
from tests.support.documents import ROOT, blocks

PAGE = ROOT / "docs" / "how-to" / "openid.md"
SHOWN = OpenId(
    issuer="https://login.example/realms/farm",
    audience="greenhouse",
    role_claim="realm_access.roles",
    roles={"growers": "operator", "visitors": "viewer"},
    sites_claim="sites",
)


def test_the_file_of_the_how_to_is_read_as_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "glasshouse.toml"
    file.write_text(next(blocks(PAGE, "toml")))
    assert load_settings({}, environment={}, file=file).openid == SHOWN


@pytest.mark.parametrize("name", OpenId.__struct_fields__)
def test_the_how_to_tells_every_part(name: str) -> None:
    assert f"| `{name}` |" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("{", "openid is no JSON"),
        ("[" * 100_000, "openid"),
        ('{"issuer": "https://a.example"}', "`audience`"),
        ('{"issuer": "https://a.example", "audience": ""}', "openid.audience must not be empty"),
        ('{"issuer": "https://a.example", "audience": "b", "algorithms": []}', "openid.algorithms must not be empty"),
        ('{"issuer": "https://a.example", "audience": "b", "algorithms": ["none"]}', "openid.algorithms"),
        ('{"issuer": "https://a.example", "audience": "b", "algorithms": ["HS256"]}', "openid.algorithms"),
        ('{"issuer": "https://a.example", "audience": "b", "roles": {"x": "owner"}}', "openid.roles"),
        ('{"issuer": "https://a.example", "audience": "b", "leeway_seconds": 301}', "openid.leeway_seconds"),
        ('{"issuer": "https://a.example", "audience": "b", "secret": "c"}', "secret"),
        ('{"issuer": "http://a.example", "audience": "b"}', "openid.issuer must be an https address"),
        ('{"issuer": "a.example", "audience": "b"}', "openid.issuer must be an https address"),
        ('{"issuer": "https://[a", "audience": "b"}', "openid.issuer is not right"),
        ('{"issuer": "https://a.example?x=1", "audience": "b"}', "openid.issuer holds scheme, host and path alone"),
        ('{"issuer": "https://u:hush@a.example", "audience": "b"}', "openid.issuer holds scheme, host and path alone"),
        ('{"issuer": "https://a.example", "audience": "b", "jwks_url": "http://a.example/k"}', "openid.jwks_url must be"),
    ],
)
def test_what_cannot_be_is_named(given: str, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({}, environment={"GLASSHOUSE_OPENID": given})
    assert told in str(refused.value)
    assert "hush" not in str(refused.value)


def test_keys_may_stand_at_an_address_with_a_query_and_all_on_this_machine() -> None:
    given = '{"issuer": "http://127.0.0.1:1/a", "audience": "b", "jwks_url": "https://a.example/keys?p=x"}'
    found = load_settings({}, environment={"GLASSHOUSE_OPENID": given}).openid
    assert found is not None
    assert (found.issuer, found.jwks_url) == ("http://127.0.0.1:1/a", "https://a.example/keys?p=x")
