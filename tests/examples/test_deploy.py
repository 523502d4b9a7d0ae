"""What is copied from `examples/deploy` holds together, and says nothing that defacto does not know."""

from __future__ import annotations

import importlib.util
import itertools
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
import yaml

from cli.main import COMMANDS, cli
from proxy.config import Config
from proxy.splice.child import FINISH_S

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "examples" / "deploy"
PAGE = ROOT / "docs" / "deploying.md"
BASE = DEPLOY / "kubernetes" / "base"
KUSTOMIZED = [BASE, *sorted(path for path in (DEPLOY / "kubernetes" / "overlays").iterdir() if path.is_dir())]
UNITS = sorted((DEPLOY / "systemd").glob("defacto.s*"))
CONFIGS = sorted(DEPLOY.rglob("*.toml"))
YAML_FILES = sorted(DEPLOY.rglob("*.yaml"))
NGINX = sorted(DEPLOY.rglob("nginx/*.conf"))
COMPOSE = DEPLOY / "compose.yaml"

HARDENED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def _name(path: Path) -> str:
    return str(path.relative_to(DEPLOY))


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=Path(sys.executable).parent)
    return found or pytest.skip(f"{name} is not installed")


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# Kubernetes: the part of kustomize that the examples use, for where there is no kustomize.


def rendered(folder: Path) -> list[dict[str, Any]]:
    """The resources of a kustomization, its ConfigMaps without the hash in their names."""
    asked = _yaml(folder / "kustomization.yaml")
    unknown = set(asked) - {"apiVersion", "kind", "resources", "configMapGenerator", "patches"}
    assert not unknown, f"this test does not know {unknown}"
    found: list[dict[str, Any]] = []
    for resource in asked["resources"]:
        path = folder / resource
        found += rendered(path) if path.is_dir() else yaml.safe_load_all(path.read_text("utf-8"))
    for made in asked.get("configMapGenerator", []):
        data = {file: (folder / file).read_text("utf-8") for file in made["files"]}
        found.append({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": made["name"]}, "data": data
        })  # fmt: skip
    for patch in asked.get("patches", []):
        kind, name = patch["target"]["kind"], patch["target"]["name"]
        (target,) = [one for one in found if one["kind"] == kind and one["metadata"]["name"] == name]
        for operation in yaml.safe_load(patch["patch"]):
            _apply(target, **operation)
    return found


def _apply(target: Any, *, op: str, path: str, value: Any = None, **more: str) -> None:
    """One operation of RFC 6902, in the place."""
    if op == "move":
        value = _taken(target, more["from"])
        op = "add"
    holder, key = _holder(target, path)
    if op == "test":
        assert holder[key] == value, f"{path} is {holder[key]!r}"
    elif op == "remove":
        del holder[key]
    elif op == "add" and isinstance(holder, list):
        holder.insert(key, value)
    else:
        assert op == "add" or key in holder, f"{path} is not there to be replaced"
        holder[key] = value


def _holder(target: Any, path: str) -> tuple[Any, Any]:
    *steps, last = path.removeprefix("/").split("/")
    for step in steps:
        target = target[int(step) if isinstance(target, list) else step]
    return target, int(last) if isinstance(target, list) else last


def _taken(target: Any, path: str) -> Any:
    holder, key = _holder(target, path)
    return holder.pop(key)


def _only(folder: Path, kind: str) -> dict[str, Any]:
    (found,) = [resource for resource in rendered(folder) if resource["kind"] == kind]
    return found


def _pod(folder: Path) -> dict[str, Any]:
    pod: dict[str, Any] = _only(folder, "Deployment")["spec"]["template"]["spec"]
    return pod


def _containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod.get("initContainers", []), *pod["containers"]]


def _sidecar(folder: Path) -> dict[str, Any] | None:
    return next((one for one in _containers(_pod(folder)) if one["name"] == "defacto"), None)


# Commands, wherever they stand.


def commands(text: str) -> Iterator[list[str]]:
    """Each call of defacto in lines of shell: what comes after its name, or after its image's."""
    for line in re.sub(r"\\\n[#\s]*", " ", text).splitlines():
        try:
            tokens = shlex.split(line)
        except ValueError:  # an apostrophe in a comment
            tokens = line.split()
        starts = [
            index
            for index, (token, following) in enumerate(itertools.pairwise(tokens), 1)
            if re.fullmatch(r"(.*/)?defacto(:[\w.]+)?", token) and following in COMMANDS
        ]
        if starts:
            arguments = tokens[starts[-1] :]
            ends = [index for index, token in enumerate(arguments) if token in {"&&", "||", "|", ";", "&"}]
            yield arguments[: ends[0]] if ends else arguments


def _documented() -> Iterator[list[str]]:
    page = PAGE.read_text("utf-8")
    fenced = re.findall(r"^```\w*\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL))
    yield from commands("\n".join(fenced))
    yield from commands("\n".join(span for span in inline if "defacto" in span))


def _in_files() -> Iterator[list[str]]:
    for path in [*YAML_FILES, *UNITS, ROOT / "Dockerfile"]:
        text = path.read_text("utf-8")
        shown = re.findall(r"^#   ( *\S.*)$|^ExecStart=(.*)$", text, re.MULTILINE)
        yield from commands("\n".join(comment or start for comment, start in shown))
    yield from (one["command"] for one in _yaml(COMPOSE)["services"].values() if _is_recorder(one))
    for folder in KUSTOMIZED:
        yield from (one["args"] for one in _containers(_pod(folder)) if _is_recorder(one))


def _is_recorder(container: dict[str, Any]) -> bool:
    own = container.get("entrypoint", container.get("command") if "args" in container else None)
    started = container.get("args", container.get("command", ()))
    return container["image"].startswith("defacto:") and own is None and started[0] in COMMANDS


def parse(arguments: list[str]) -> None:
    """Let click read a command line, as far as names go: the files that it names need not be there."""
    command = cli.get_command(click.Context(cli), arguments[0])
    assert command is not None
    _, rest, _ = command.make_parser(click.Context(command, info_name=arguments[0])).parse_args(arguments[1:])
    assert not rest or any(isinstance(one, click.Argument) for one in command.params), f"{rest} is left over"


@pytest.mark.parametrize("arguments", [*_documented(), *_in_files()], ids=" ".join)
def test_every_command_line_is_understood(arguments: list[str]) -> None:
    parse(arguments)


def test_command_lines_are_found_and_judged() -> None:
    assert len(list(_documented())) >= 8
    assert [found[0] for found in _in_files()].count("record") == 5  # Dockerfile, unit, compose, two overlays
    (found,) = commands("docker run -v a:/data defacto:0.1.0 \\\n  record --listen 0.0.0.0:1 && ls")
    assert found == ["record", "--listen", "0.0.0.0:1"]
    with pytest.raises(click.UsageError, match="--nonsense"):
        parse(["record", "--nonsense"])


@pytest.mark.parametrize("path", YAML_FILES, ids=_name)
def test_yaml_can_be_read(path: Path) -> None:
    assert all(isinstance(document, dict) for document in yaml.safe_load_all(path.read_text("utf-8")))


@pytest.mark.parametrize("path", CONFIGS, ids=_name)
def test_configurations_can_be_used(path: Path) -> None:
    assert Config.load(path).lanes


@pytest.mark.parametrize("folder", KUSTOMIZED, ids=_name)
def test_config_maps_can_be_used(folder: Path, tmp_path: Path) -> None:
    (text,) = _only(folder, "ConfigMap")["data"].values()
    path = tmp_path / "defacto.toml"
    path.write_text(text, "utf-8")
    assert Config.load(path).lanes


def _images() -> Iterator[str]:
    yield from re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    yield from (service["image"] for service in _yaml(COMPOSE)["services"].values())
    for folder in KUSTOMIZED:
        yield from (container["image"] for container in _containers(_pod(folder)))


@pytest.mark.parametrize("image", sorted(set(_images())))
def test_images_have_a_version(image: str) -> None:
    name, _, tag = image.rpartition(":")
    assert name
    assert tag != "latest"


def test_the_image_runs_as_a_number_that_is_not_root() -> None:
    *_, user = re.findall(r"^USER (.+)$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


@pytest.mark.parametrize("service", _yaml(COMPOSE)["services"].values(), ids=_yaml(COMPOSE)["services"])
def test_compose_runs_nothing_as_root(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "healthcheck" in service


@pytest.mark.parametrize("folder", KUSTOMIZED, ids=_name)
def test_kubernetes_runs_nothing_as_root(folder: Path) -> None:
    pod = _pod(folder)
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in _containers(pod):
        context = container["securityContext"]
        assert context["runAsUser"] > 0, container["name"]
        assert {key: context.get(key) for key in HARDENED} == HARDENED, container["name"]
        assert container["resources"]["limits"]["memory"]


@pytest.mark.parametrize("folder", KUSTOMIZED, ids=_name)
def test_ports_and_volumes_of_a_pod_are_there(folder: Path) -> None:
    pod = _pod(folder)
    ports = {port["name"]: port for one in _containers(pod) for port in one.get("ports", ())}
    assert {port["targetPort"] for port in _only(folder, "Service")["spec"]["ports"]} <= set(ports)
    for container in _containers(pod):
        own = {port["name"] for port in container.get("ports", ())}
        probes = [probe for key, probe in container.items() if key.endswith("Probe")]
        assert {(probe.get("tcpSocket") or probe["httpGet"])["port"] for probe in probes} <= own
    mounted = {mount["name"] for one in _containers(pod) for mount in one.get("volumeMounts", ())}
    assert mounted == {volume["name"] for volume in pod.get("volumes", ())}


def test_overlays_put_the_sidecar_where_they_say() -> None:
    base, native, without = (
        _pod(DEPLOY / "kubernetes" / name) for name in ("base", "overlays/native-sidecar", "overlays/without")
    )
    assert [one["name"] for one in base["containers"]] == ["orders", "defacto"]
    assert [one["name"] for one in native["containers"]] == ["orders"]
    assert [one.get("restartPolicy") for one in native["initContainers"]] == [None, "Always"]
    assert [one["name"] for one in _containers(without)] == ["orders"]


@pytest.mark.parametrize("folder", [folder for folder in KUSTOMIZED if _sidecar(folder)], ids=_name)
def test_lane_and_ports_of_a_pod_agree(folder: Path) -> None:
    (lane,) = Config.load(BASE / "defacto.toml").lanes
    ports = {
        port["name"]: port["containerPort"]
        for one in _containers(_pod(folder))
        for port in one.get("ports", ())
    }
    assert lane.listen == f"0.0.0.0:{ports['defacto']}"
    assert lane.upstream == f"http://127.0.0.1:{ports['http']}"


def _longest_end(arguments: list[str]) -> float:
    """Seconds after which a recorder has ended (`Generation.patience_s`)."""
    return 3 * float(arguments[arguments.index("--drain") + 1]) + 2 * FINISH_S


@pytest.mark.parametrize("folder", [folder for folder in KUSTOMIZED if _sidecar(folder)], ids=_name)
def test_kubernetes_waits_for_the_end(folder: Path) -> None:
    pod, sidecar = _pod(folder), _sidecar(folder)
    assert sidecar is not None
    service = next(one for one in pod["containers"] if one["name"] == "orders")
    pause, first = (int(one["lifecycle"]["preStop"]["exec"]["command"][1]) for one in (sidecar, service))
    before = first if sidecar.get("restartPolicy") else 0  # a native sidecar ends after the service
    assert pod["terminationGracePeriodSeconds"] > before + pause + _longest_end(sidecar["args"])


def test_compose_and_systemd_wait_for_the_end() -> None:
    recorder = _yaml(COMPOSE)["services"]["defacto"]
    assert int(recorder["stop_grace_period"].removesuffix("s")) > _longest_end(recorder["command"])
    unit = (DEPLOY / "systemd" / "defacto.service").read_text("utf-8")
    (start,) = re.findall(r"^ExecStart=(.*)", unit, re.MULTILINE)
    (patience,) = re.findall(r"^TimeoutStopSec=(\d+)", unit, re.MULTILINE)
    assert int(patience) > _longest_end(shlex.split(start))


def test_the_socket_is_a_lanes() -> None:
    addresses = re.findall(
        r"^ListenStream=(.*)", (DEPLOY / "systemd" / "defacto.socket").read_text(), re.MULTILINE
    )
    assert set(addresses) == {lane.listen for lane in Config.load(DEPLOY / "systemd" / "defacto.toml").lanes}


@pytest.mark.parametrize("path", NGINX, ids=_name)
def test_nginx_and_its_lane_agree(path: Path) -> None:
    (lane,) = Config.load(path.with_name({"nginx": "defacto", "mirror": "mirror"}[path.stem] + ".toml")).lanes
    assert lane.listen in path.read_text("utf-8")
    assert lane.upstream.removeprefix("http://") in path.read_text("utf-8")


def test_the_image_is_built_from_all_that_it_needs() -> None:
    text = (ROOT / "Dockerfile").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    copied = {
        name for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE) for name in line.split()
    }
    packages = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert packages | {"pyproject.toml", project["project"]["readme"]} <= copied
    sent = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text("utf-8"), re.MULTILINE))
    assert copied == sent
    assert [name for name in copied if not (ROOT / name).exists()] == []
    (extras,) = re.findall(r"pip install .*'\.\[(.+)\]'", text)
    assert set(extras.split(",")) <= set(project["project"]["optional-dependencies"])


# With the tools of each field, where they are installed.


def test_dockerfile_by_hadolint() -> None:
    _run(_program("hadolint"), str(ROOT / "Dockerfile"))


def test_compose_by_its_schema() -> None:
    pytest.importorskip("check_jsonschema")
    _run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE))


@pytest.mark.parametrize("folder", KUSTOMIZED, ids=_name)
def test_kubernetes_by_its_schemas(folder: Path) -> None:
    validator = pytest.importorskip("kubernetes_validate")
    for resource in rendered(folder):
        validator.validate(resource, validator.latest_version(), strict=True)


@pytest.mark.parametrize("folder", KUSTOMIZED, ids=_name)
def test_kustomize_renders_what_this_test_does(folder: Path) -> None:
    text = re.sub(r"\bdefacto-[a-z0-9]{10}\b", "defacto", _run(_program("kubectl"), "kustomize", str(folder)))
    found = {resource["kind"]: resource for resource in yaml.safe_load_all(text)}
    assert found == {resource["kind"]: resource for resource in rendered(folder)}


def test_units_by_systemd(tmp_path: Path) -> None:
    analyze = _program("systemd-analyze")
    for path in UNITS:
        text = path.read_text("utf-8").replace("/opt/defacto/bin/defacto", sys.executable)
        (tmp_path / path.name).write_text(text, "utf-8")
    units = [str(tmp_path / path.name) for path in UNITS]
    done = subprocess.run([analyze, "verify", *units], capture_output=True, text=True, check=True, timeout=60)
    assert [
        line for line in done.stderr.splitlines() if "defacto" in line
    ] == []  # what it ignores it only tells
    _run(analyze, "security", "--offline=true", "--threshold=15", str(tmp_path / "defacto.service"))


@pytest.mark.parametrize("path", NGINX, ids=_name)
def test_nginx_takes_its_configuration(path: Path, tmp_path: Path) -> None:
    nginx = _program("nginx")
    curve = shlex.split("-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=orders")
    files = ("-keyout", str(tmp_path / "tls.key"), "-out", str(tmp_path / "tls.crt"))
    _run("openssl", "req", "-x509", *curve, *files)
    shutil.copy(tmp_path / "tls.crt", tmp_path / "clients.crt")
    text = path.read_text("utf-8").replace("/etc/nginx/tls", str(tmp_path))
    text = re.sub(r"listen (80|443)\b", "listen 18080", text)  # a port that takes no privilege
    (tmp_path / "nginx.conf").write_text(f"pid {tmp_path}/pid;\nerror_log stderr;\n{text}", "utf-8")
    _run(nginx, "-t", "-q", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf"))


def test_envoy_by_its_types() -> None:
    if importlib.util.find_spec("envoy") is None:
        pytest.skip("xds-protos is not installed")
    check = (
        "import json, sys\n"
        "from google.protobuf.json_format import ParseDict\n"
        "from envoy.config.bootstrap.v3.bootstrap_pb2 import Bootstrap\n"
        "import envoy.extensions.filters.http.router.v3.router_pb2\n"
        "import envoy.extensions.filters.http.tap.v3.tap_pb2\n"
        "import envoy.extensions.filters.network.http_connection_manager.v3.http_connection_manager_pb2\n"
        "ParseDict(json.loads(sys.argv[1]), Bootstrap())\n"
    )
    _run(sys.executable, "-c", check, json.dumps(_yaml(DEPLOY / "envoy" / "envoy.yaml")))
