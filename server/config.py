"""The configuration: one frozen table, read once from the environment; the server refuses to start when it is wrong."""

import os
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


class ConfigError(Exception):
    """A setting is wrong; the message names it, its value's fault and what is expected."""


@dataclass(frozen=True)
class Config:
    """Every setting. Each field is read from the variable named in `SETTINGS`; docs/deploy.md lists them."""

    data: Path
    database_url: str
    host: str
    port: int
    public_url: str
    town: str
    workers: int
    trusted_proxies: int
    log_level: str
    static: Path
    farewell: bool
    smtp_url: str
    mail_from: str
    agent_second_factor: bool
    work: bool
    push_contact: str
    push_hosts: tuple[str, ...]
    franceconnect_url: str
    franceconnect_client: str
    franceconnect_secret: str
    particulier_url: str
    particulier_token: str
    particulier_siret: str
    payfip_url: str
    payfip_client: str
    payfip_mode: str
    bank: str
    bank_file: str
    sepa_creditor: str
    sepa_iban: str
    sepa_bic: str
    sepa_key: str
    files_url: str

    @property
    def secure(self) -> bool:
        """Whether browsers reach us over HTTPS: decides the cookie's name and flags, and HSTS."""
        return self.public_url.startswith("https://")


BANKS = ("payzen", "systempayv2", "sips2", "paybox", "ogone")
SETTINGS = {
    "data": ("PORTAIL_DATA", "var", "folder of the database, the keys and the files"),
    "database_url": ("PORTAIL_DATABASE_URL", "", "sqlite:///file or postgresql://…; default: portail.db in the data folder"),
    "host": ("PORTAIL_HOST", "127.0.0.1", "address to listen on"),
    "port": ("PORT", "8000", "port to listen on"),
    "public_url": ("PORTAIL_PUBLIC_URL", "", "address parents type; default http://127.0.0.1:$PORT"),
    "town": ("PORTAIL_TOWN", "vigneux", "folder under server/towns/, or a path to such a folder"),
    "workers": ("PORTAIL_WORKERS", "1", "server processes; more than one needs PostgreSQL"),
    "trusted_proxies": ("PORTAIL_TRUSTED_PROXIES", "0", "how many reverse proxies stand in front"),
    "log_level": ("PORTAIL_LOG_LEVEL", "info", "debug, info, warning or error"),
    "static": ("PORTAIL_STATIC", "pwa/dist", "folder of the built web app"),
    "farewell": ("PORTAIL_FAREWELL", "no", "yes: serve the farewell service worker, which removes the app from browsers"),
    "smtp_url": ("PORTAIL_SMTP_URL", "", "smtp://user:password@host:587 or smtps://…:465; without it mails wait in the outbox"),
    "mail_from": ("PORTAIL_MAIL_FROM", "", "sender of the mails; default ne-pas-repondre@ the host of the public address"),
    "franceconnect_url": ("PORTAIL_FRANCECONNECT_URL", "", "https://oidc.franceconnect.gouv.fr/api/v2; without it: no button"),
    "franceconnect_client": ("PORTAIL_FRANCECONNECT_CLIENT", "", "the town's client id at FranceConnect"),
    "franceconnect_secret": ("PORTAIL_FRANCECONNECT_SECRET", "", "its secret"),
    "particulier_url": ("PORTAIL_PARTICULIER_URL", "", "https://particulier.api.gouv.fr; without it: agents record quotients"),
    "particulier_token": ("PORTAIL_PARTICULIER_TOKEN", "", "the token of the town's habilitation"),
    "particulier_siret": ("PORTAIL_PARTICULIER_SIRET", "", "the town's SIRET, 14 digits"),
    "payfip_url": ("PORTAIL_PAYFIP_URL", "", "PayFiP, https://www.payfip.gouv.fr/tpa; without it no payment by card"),
    "payfip_client": ("PORTAIL_PAYFIP_CLIENT", "", "the régie's six-digit number at PayFiP (numcli)"),
    "payfip_mode": ("PORTAIL_PAYFIP_MODE", "T", "T tests, X switches on, W is in use (saisie)"),
    "bank": ("PORTAIL_BANK", "", "a bank's gateway instead of PayFiP: payzen, systempayv2, sips2, paybox or ogone"),
    "bank_file": ("PORTAIL_BANK_FILE", "", "TOML file of that gateway's options, secrets included: readable by the server only"),
    "sepa_creditor": ("PORTAIL_SEPA_CREDITOR", "", "the régie's SEPA creditor identifier (ICS); without it no direct debit"),
    "sepa_iban": ("PORTAIL_SEPA_IBAN", "", "the account that direct debits are paid to"),
    "sepa_bic": ("PORTAIL_SEPA_BIC", "", "its bank"),
    "sepa_key": ("PORTAIL_SEPA_KEY", "", "seals the families' account numbers: 32 bytes in base64 (`openssl rand -base64 32`)"),
    "work": ("PORTAIL_WORK", "yes", "no: this server leaves mails and pushes to `portail work`"),
    "push_contact": ("PORTAIL_PUSH_CONTACT", "", "mailto: or https: address for push services; default the public address"),
    "push_hosts": ("PORTAIL_PUSH_HOSTS", "", "host:port of further push services, comma separated (tests)"),
    "files_url": ("PORTAIL_FILES_URL", "", "s3://key:secret@host/bucket?region=fr-par; default: files in the data folder"),
    "agent_second_factor": ("PORTAIL_AGENT_SECOND_FACTOR", "yes", "no: agents sign in with a password alone (demo only)"),
}


def read(environment: Mapping[str, str] = os.environ, **overrides: str) -> Config:
    """The configuration of this process.

    Raises:
        ConfigError: a value cannot be used, or a `PORTAIL_…` variable is unknown (a typing mistake is not ignored).
    """
    names = {variable for variable, _, _ in SETTINGS.values()}
    for variable in environment:
        if variable.startswith("PORTAIL_") and variable not in names and variable not in OTHER_VARIABLES:
            raise ConfigError(f"{variable}: no such setting (see docs/deploy.md)")
    value = {field: environment.get(variable, "") or default for field, (variable, default, _) in SETTINGS.items()}
    value.update(overrides)
    data = Path(value["data"]).absolute()
    port = _whole(value["port"], "PORT", 0, 65535)
    url = value["database_url"] or f"sqlite:///{data / 'portail.db'}"
    if urlsplit(url).scheme not in ("sqlite", "postgresql", "postgres"):
        raise ConfigError("PORTAIL_DATABASE_URL: must begin with sqlite:/// or postgresql://")
    public_url = (value["public_url"] or f"http://127.0.0.1:{port}").rstrip("/")
    if urlsplit(public_url).scheme not in ("http", "https") or not urlsplit(public_url).netloc:
        raise ConfigError("PORTAIL_PUBLIC_URL: must look like https://famille.ville.fr")
    workers = _whole(value["workers"], "PORTAIL_WORKERS", 1, 64)
    if workers > 1 and url.startswith("sqlite"):
        raise ConfigError("PORTAIL_WORKERS: more than one process needs PostgreSQL (PORTAIL_DATABASE_URL)")
    if value["log_level"] not in ("debug", "info", "warning", "error"):
        raise ConfigError("PORTAIL_LOG_LEVEL: debug, info, warning or error")
    if value["farewell"] not in ("yes", "no"):
        raise ConfigError("PORTAIL_FAREWELL: yes or no")
    if value["work"] not in ("yes", "no"):
        raise ConfigError("PORTAIL_WORK: yes or no")
    if value["agent_second_factor"] not in ("yes", "no"):
        raise ConfigError("PORTAIL_AGENT_SECOND_FACTOR: yes or no")
    if value["smtp_url"] and (urlsplit(value["smtp_url"]).scheme not in ("smtp", "smtps") or not urlsplit(value["smtp_url"]).hostname):
        raise ConfigError("PORTAIL_SMTP_URL: must look like smtp://user:password@host:587 or smtps://user:password@host:465")
    mail_from = value["mail_from"] or f"ne-pas-repondre@{urlsplit(public_url).hostname}"
    if mail_from.count("@") != 1 or any(sign in mail_from for sign in " <>\"\r\n"):
        raise ConfigError("PORTAIL_MAIL_FROM: must look like portail@ville.fr")
    _all_or_none(value, "franceconnect_url", "franceconnect_client", "franceconnect_secret")
    _all_or_none(value, "particulier_url", "particulier_token", "particulier_siret")
    _all_or_none(value, "payfip_url", "payfip_client")
    if value["payfip_client"] and not (value["payfip_client"].isdecimal() and len(value["payfip_client"]) == 6):
        raise ConfigError("PORTAIL_PAYFIP_CLIENT: six digits are expected")
    _sepa(value)
    if value["payfip_mode"] not in ("T", "X", "W"):
        raise ConfigError("PORTAIL_PAYFIP_MODE: T, X or W")
    if bool(value["bank"]) != bool(value["bank_file"]):
        raise ConfigError("PORTAIL_BANK, PORTAIL_BANK_FILE: each needs the other")
    if value["bank"] and value["bank"] not in BANKS:
        raise ConfigError(f"PORTAIL_BANK: {', '.join(BANKS)}")
    if value["bank"] and value["payfip_url"]:
        raise ConfigError("PORTAIL_BANK: the régie takes cards by PayFiP or by a bank, not by both")
    if value["particulier_siret"] and not (value["particulier_siret"].isdecimal() and len(value["particulier_siret"]) == 14):
        raise ConfigError("PORTAIL_PARTICULIER_SIRET: 14 digits are expected")
    return Config(
        data=data,
        database_url=url,
        host=value["host"],
        port=port,
        public_url=public_url,
        town=value["town"],
        workers=workers,
        trusted_proxies=_whole(value["trusted_proxies"], "PORTAIL_TRUSTED_PROXIES", 0, 5),
        log_level=value["log_level"],
        static=Path(value["static"]).absolute(),
        farewell=value["farewell"] == "yes",
        smtp_url=value["smtp_url"],
        mail_from=mail_from,
        work=value["work"] == "yes",
        push_contact=_push_contact(value["push_contact"], public_url),
        push_hosts=tuple(host.strip() for host in value["push_hosts"].split(",") if host.strip()),
        agent_second_factor=value["agent_second_factor"] == "yes",
        franceconnect_url=value["franceconnect_url"].rstrip("/"),
        franceconnect_client=value["franceconnect_client"],
        franceconnect_secret=value["franceconnect_secret"],
        particulier_url=value["particulier_url"].rstrip("/"),
        particulier_token=value["particulier_token"],
        particulier_siret=value["particulier_siret"],
        payfip_url=value["payfip_url"].rstrip("/"),
        payfip_client=value["payfip_client"],
        payfip_mode=value["payfip_mode"],
        bank=value["bank"],
        bank_file=value["bank_file"],
        sepa_creditor=_joined(value["sepa_creditor"]),
        sepa_iban=_joined(value["sepa_iban"]),
        sepa_bic=_joined(value["sepa_bic"]),
        sepa_key=_sepa_key(value),
        files_url=_files_url(value["files_url"]),
    )


# Read by the tests and the tools, not by the server.
OTHER_VARIABLES = {"PORTAIL_HISTORIES", "PORTAIL_SEED", "PORTAIL_BENCH_SECONDS", "PORTAIL_BENCH_FAMILIES", "PORTAIL_CHROMIUM"}


def _joined(text: str) -> str:
    return "".join(text.split()).upper()


def _sepa_key(value: Mapping[str, str]) -> str:
    return value["sepa_key"].strip().replace("+", "-").replace("/", "_")


def _sepa(value: Mapping[str, str]) -> None:
    """All four or none. The key cannot be another one later: what it sealed would be lost."""
    fields = ("sepa_creditor", "sepa_iban", "sepa_bic", "sepa_key")
    missing = [SETTINGS[field][0] for field in fields if not value[field]]
    if 0 < len(missing) < len(fields):
        raise ConfigError(f"{missing[0]}: needed too, with the other PORTAIL_SEPA settings")
    try:
        sound = bool(missing) or len(urlsafe_b64decode(_sepa_key(value))) == 32
    except ValueError:
        sound = False
    if not sound:
        raise ConfigError("PORTAIL_SEPA_KEY: 32 bytes in base64 are expected, as `openssl rand -base64 32` makes them")


def _all_or_none(value: Mapping[str, str], *fields: str) -> None:
    """Settings that only work together."""
    missing = [SETTINGS[field][0] for field in fields if not value[field]]
    if 0 < len(missing) < len(fields):
        raise ConfigError(f"{missing[0]}: needed too, with {SETTINGS[fields[0]][0]}")
    url = value[fields[0]]
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise ConfigError(f"{SETTINGS[fields[0]][0]}: must begin with https://")


def _push_contact(text: str, public_url: str) -> str:
    """Push services want somebody to write to; an http: address of a demo is none."""
    host = urlsplit(public_url).hostname
    contact = text or (public_url if public_url.startswith("https://") else f"mailto:portail@{host}")
    if not contact.startswith(("mailto:", "https://")) or " " in contact:
        raise ConfigError("PORTAIL_PUSH_CONTACT: must look like mailto:portail@ville.fr or https://famille.ville.fr")
    return contact


def _files_url(text: str) -> str:
    parts = urlsplit(text)
    whole = parts.hostname and parts.username and parts.password and parts.path.strip("/")
    if text and (parts.scheme not in ("s3", "s3+http") or not whole):
        raise ConfigError("PORTAIL_FILES_URL: must look like s3://key:secret@host/bucket?region=fr-par")
    return text


def _whole(text: str, name: str, low: int, high: int) -> int:
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ConfigError(f"{name}: a whole number from {low} to {high} is expected, not “{text}”")
    return int(text)
