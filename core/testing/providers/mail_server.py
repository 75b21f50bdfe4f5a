"""Mail servers on this machine: dovecot for IMAP, aiosmtpd for SMTP, both with real TLS."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "shop", "app-password-of-the-shop"
MAIL_USER = "dovecot"

_DOVECOT = """
protocols = imap
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/log
listen = 127.0.0.1
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
mail_location = maildir:{home}/mail/%n
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {login}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
maildir_stat_dirs = no
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Terkirim {{
    auto = create
    special_use = \\Sent
  }}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={home}/mail/%n
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True)
class Trust:
    """A certificate for 127.0.0.1, its key, and a context that trusts it."""

    certificate: Path
    key: Path

    @property
    def client(self) -> ssl.SSLContext:
        """What a client of these servers checks them against."""
        return ssl.create_default_context(cafile=str(self.certificate))

    @property
    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def make_trust(folder: Path) -> Trust:
    """A fresh certificate in `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    moment = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    trust = Trust(folder / "server.pem", folder / "server.key")
    trust.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    trust.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return trust


def dovecot_binary() -> str | None:
    """Where dovecot is; Debian keeps it where a user's PATH doesn't look."""
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@dataclass(frozen=True)
class Dovecot:
    """A running IMAP server with the mailbox of `USER`."""

    port: int
    home: Path

    @property
    def inbox(self) -> Path:
        return self.home / "mail" / USER

    def deliver(self, mail: bytes, folder: str = "") -> None:
        """Put a mail into the mailbox, as a mail server would: written aside, then moved in."""
        where = self.inbox / (f".{folder}" if folder else "")
        for name in ("tmp", "new", "cur"):
            (where / name).mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns()}.{os.getpid()}.test"
        (where / "tmp" / name).write_bytes(mail)
        self._give(self.inbox)
        (where / "tmp" / name).rename(where / "new" / name)

    def renumber(self) -> None:
        """Lose the numbers, as a server does that was restored: UIDVALIDITY changes."""
        for path in self.inbox.glob("dovecot*"):
            path.unlink()
        (self.inbox / "dovecot-uidlist").write_text(f"3 V1999999999 N1 G{1:032x}\n")
        self._give(self.inbox)

    def empty(self) -> None:
        """A mailbox that nobody has written to."""
        shutil.rmtree(self.inbox, ignore_errors=True)

    def _give(self, folder: Path) -> None:
        """Hand files over to whoever reads mail, who under root is somebody else."""
        if os.getuid() == 0:
            for path in (folder, *folder.rglob("*")):
                shutil.chown(path, MAIL_USER, MAIL_USER)


@contextmanager
def dovecot(folder: Path, trust: Trust) -> Iterator[Dovecot]:
    """A dovecot of its own in `folder`, for whoever runs it.

    Root may not read mail, so there it takes the users that its package made; `folder` must be one
    that others can go through.
    """
    binary = dovecot_binary()
    assert binary is not None, "ask dovecot_binary() first"
    port = _free_port()
    is_root = os.getuid() == 0
    user = MAIL_USER if is_root else getpass.getuser()
    (folder / "mail").mkdir()
    if is_root:
        folder.chmod(0o755)
        shutil.chown(folder / "mail", MAIL_USER, MAIL_USER)
    config = folder / "dovecot.conf"
    config.write_text(
        _DOVECOT.format(
            home=folder,
            certificate=trust.certificate,
            key=trust.key,
            user=user,
            login="dovenull" if is_root else user,
            group=MAIL_USER if is_root else _group(),
            port=port,
            password=PASSWORD,
        )
    )
    process = subprocess.Popen(
        [binary, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        _wait_for(port, process, folder / "log")
        yield Dovecot(port, folder)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)


def _group() -> str:
    import grp

    return grp.getgrgid(os.getgid()).gr_name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if process.poll() is not None:
            said = process.stderr.read().decode() if process.stderr else ""
            raise RuntimeError(f"dovecot did not start: {said}")
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"dovecot does not listen: {log.read_text() if log.exists() else ''}")
