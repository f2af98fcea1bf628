"""One installation on one machine: its home, its secret, its database. Found again by every command run beside it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import os
import secrets
import shutil
from collections.abc import Iterator, MutableMapping
from pathlib import Path

import psycopg

from guanxi.storage import embedded
from guanxi.storage.configuration import Configuration, read_configuration
from guanxi.storage.errors import ConfigurationInvalid, DatabaseUnavailable


def prepare_home(environment: MutableMapping[str, str]) -> Configuration:
    """Make the home and its secret key when absent, and put what they say into `environment`."""
    configuration = read_configuration(environment)
    secret_key = configuration.secret_key or _kept_secret(configuration.home)
    environment["GUANXI_HOME"] = str(configuration.home)
    environment["GUANXI_SECRET_KEY"] = secret_key
    if not configuration.callback_key:
        environment["GUANXI_CALLBACK_KEY"] = hmac.new(secret_key.encode(), b"callbacks", hashlib.sha256).hexdigest()
    return read_configuration(environment)


@contextlib.contextmanager
def database_ready(environment: MutableMapping[str, str]) -> Iterator[Configuration]:
    """The configuration with a database that can be reached, put into `environment` for everything started after.

    A given `GUANXI_DATABASE_URL` is taken as it is. Otherwise the embedded server is used, and stopped by whichever
    command is the last to use it, even one that found it running after a kill.
    """
    configuration = prepare_home(environment)
    with _losses_explained(configuration):
        if configuration.database_url:
            embedded.require_version(configuration.database_url)
            _default_sandbox_database(environment, configuration.database_url)
            yield read_configuration(environment)
            return
        with _embedded_server(configuration.home) as url:
            environment["GUANXI_DATABASE_URL"] = url
            _default_sandbox_database(environment, url)
            yield read_configuration(environment)


@contextlib.contextmanager
def _losses_explained(configuration: Configuration) -> Iterator[None]:
    """A database that is lost in the middle of a command is no fault of the command."""
    try:
        yield
    except psycopg.OperationalError as error:
        free = shutil.disk_usage(configuration.home).free // 1024**2
        raise DatabaseUnavailable(
            f"The database was lost: {str(error).splitlines()[0]}.",
            next_step="What was not finished has not been kept; start again when the database answers. "
            f"{free:,} MB are free at {configuration.home}: the embedded database stops when its disk is full.",
        ) from error


@contextlib.contextmanager
def _embedded_server(home: Path) -> Iterator[str]:
    """The address of the server of `home`. Locks say who uses it; a killed process holds none."""
    data = cluster_folder(home)
    with (home / "database.users").open("a") as users:
        with _alone(home):
            fcntl.flock(users, fcntl.LOCK_SH)
            url = embedded.start(data, embedded.free_port())
        try:
            yield url
        finally:
            with _alone(home), contextlib.suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                embedded.stop(data)


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Starting and stopping the server is for one process at a time."""
    with (home / "database.starting").open("a") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        yield


def cluster_folder(home: Path) -> Path:
    """Where the embedded cluster of `home` lies.

    Root runs the server as `nobody`, who must be able to walk to it: below a private folder such as /root it cannot be.
    """
    if os.geteuid() != 0 or embedded.reachable_by_all(home):
        return home / "postgres"
    return embedded.SHARED_HOME / hashlib.sha256(str(home).encode()).hexdigest()[:12] / "postgres"


def _default_sandbox_database(environment: MutableMapping[str, str], url: str) -> None:
    if not environment.get("GUANXI_SANDBOX_DATABASE_URL"):
        environment["GUANXI_SANDBOX_DATABASE_URL"] = url.rpartition("/")[0] + "/sandbox"
    embedded.make_database(environment["GUANXI_SANDBOX_DATABASE_URL"])


def _kept_secret(home: Path) -> str:
    path = home / "secret.key"
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
        secret = path.read_text().strip()
    except OSError as error:
        raise ConfigurationInvalid(
            f"The home {home} cannot be used: {error.strerror}.", next_step="Set GUANXI_HOME to a folder of yours."
        ) from error
    if not secret:
        raise ConfigurationInvalid(f"{path} is empty.", next_step="Restore it, or remove it and the data beside it.")
    return secret
