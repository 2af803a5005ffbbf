"""The files of `docker/`, without a container engine: their form, what they pin, and what they let in and out."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.mqtt.credentials import Account, Credentials
from adapters.mqtt.mosquitto import write_mosquitto_files
from tests.support.compose import COMPOSE, FOLDER, compose, roles, secret_file, services
from tests.support.documents import ROOT

DOCKERFILE = FOLDER / "Dockerfile"
HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent))
SERVERS = {"kurrentdb", "influxdb", "mosquitto"}


def test_the_compose_file_has_the_form_that_the_specification_asks_for() -> None:
    command = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.skipif(HADOLINT is None, reason="hadolint has no wheel for this system")
def test_the_dockerfile_has_nothing_that_a_linter_minds() -> None:
    linted = subprocess.run([str(HADOLINT), str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert (linted.returncode, linted.stdout) == (0, "")


def test_every_service_is_pinned_watched_and_started_again() -> None:
    assert set(services()) == SERVERS | {"ingest", "project", "react", "serve"}
    for name, service in services().items():
        assert service["restart"] == "unless-stopped", name
        assert "no-new-privileges:true" in service["security_opt"], name
        if name in SERVERS:
            assert re.search(r":\d+\.\d+\.\d+$", service["image"]), name
            assert service["healthcheck"]["test"][0] == "CMD", name


def test_the_event_store_is_none_of_those_that_lose_events() -> None:
    image, _, version = services()["kurrentdb"]["image"].partition(":")
    assert image == "kurrentplatform/kurrentdb"
    assert tuple(map(int, version.split("."))) >= (25, 0, 1)


def test_what_a_service_names_is_there() -> None:
    made = compose()
    for name, service in services().items():
        assert set(service["networks"]) <= set(made["networks"]), name
        assert set(service.get("secrets", ())) <= set(made["secrets"]), name
        assert set(service.get("depends_on", {})) <= set(made["services"]), name
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert (FOLDER / source).is_dir() if source.startswith(".") else source in made["volumes"], volume
        for value in service.get("environment", {}).values():
            if value.startswith("/run/secrets/"):
                assert value.removeprefix("/run/secrets/") in service["secrets"], name


def test_no_secret_stands_in_the_compose_file() -> None:
    for name, service in services().items():
        for variable, value in service.get("environment", {}).items():
            secret = re.search("PASSWORD|TOKEN|EVENT_LOG|MQTT", variable)
            assert not secret or (variable.endswith("_FILE") and value.startswith("/run/secrets/")), (name, variable)
    assert secret_file("mqtt").parent == FOLDER / "secrets"
    assert "/docker/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_only_the_broker_and_the_api_can_be_reached_and_only_from_this_machine_unless_told() -> None:
    assert compose()["networks"]["stores"]["internal"] is True
    outside = {name for name, service in services().items() if set(service["networks"]) - {"stores"}}
    assert outside == {name for name, service in services().items() if "ports" in service} == {"mosquitto", "serve"}
    for name in outside:
        assert all("127.0.0.1" in port for port in services()[name]["ports"]), name


def test_roles_run_as_nobody_in_particular_and_write_into_their_data_alone() -> None:
    for name, service in roles().items():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"]), name
        assert service["build"] == {"context": "..", "dockerfile": "docker/Dockerfile"}
    stages = DOCKERFILE.read_text().split("\nFROM ")
    assert len(stages) == 4
    assert re.search(r"^USER 10001:10001$", stages[-1], re.MULTILINE)
    assert not re.search("pip|npm|node", stages[-1])


def test_each_serve_has_data_of_its_own() -> None:
    assert "volumes" not in roles()["serve"]
    assert re.search(r"^VOLUME /data$", DOCKERFILE.read_text(), re.MULTILINE)


def test_every_package_of_the_image_comes_from_a_lock_by_its_hash() -> None:
    installs = [line for line in DOCKERFILE.read_text().splitlines() if "pip install" in line]
    assert len(installs) == 3
    assert all("--require-hashes" in line or "--no-index" in line for line in installs)
    lock = (FOLDER / "build.lock").read_text()
    assert "hatchling==" in lock
    assert "://" not in lock
    assert len(re.findall(r"^[a-z]", lock, re.MULTILINE)) == lock.count("==") <= lock.count("--hash=sha256:")


def test_the_image_has_a_page_of_its_own_and_none_that_was_built_outside() -> None:
    text = DOCKERFILE.read_text()
    assert "npm ci " in text
    assert "npm install" not in text
    assert "COPY --from=page /src/api/web ./api/web\n" in text
    assert {"api/web", "web/node_modules"} <= set((ROOT / ".dockerignore").read_text().splitlines())


def test_the_image_gets_what_the_wheel_is_built_from() -> None:
    copied = set(re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE.read_text(), re.MULTILINE))
    sources = {source for line in copied for source in line.split()}
    let_in = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert sources == let_in
    assert {"schema", "domain", "adapters", "ingest", "projections", "reactors", "api", "glasshouse"} <= sources
    assert all((ROOT / source).exists() for source in sources)


def directives(text: str) -> set[str]:
    """The lines of a Mosquitto configuration that say something, apart from where things are."""
    own = ("listener ", "password_file ", "acl_file ", "persistence_location ", "user ")
    return {line for line in text.splitlines() if line and not line.startswith(("#", *own))}


def test_the_broker_is_configured_like_the_embedded_one(tmp_path: Path) -> None:
    accounts = Credentials(Account("glasshouse", "secret"), Account("devices", "secret"))
    embedded = write_mosquitto_files(tmp_path, "0.0.0.0", 1883, accounts)
    assert directives((FOLDER / "mosquitto/mosquitto.conf").read_text()) == directives(embedded.read_text())
    assert (FOLDER / "mosquitto/mosquitto.acl").read_text() == (tmp_path / "mosquitto.acl").read_text()
