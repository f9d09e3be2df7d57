"""demo, serve, migrate, import and the rest: what an operator types. Errors are one sentence and a code ≠ 0."""

import argparse
import asyncio
import errno
import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from hypercorn.config import Config as HypercornConfig
from hypercorn.run import run as run_hypercorn
from tqdm import tqdm

from server import config as configuration
from server.accounts.service import remove_factor
from server.admissions.rules import BaseUnreadable
from server.admissions.service import add_agent, close_agent, import_base
from server.app import create_app
from server.attachments.service import Files
from server.config import Config, ConfigError
from server.database import Database
from server.database.migrating import MigrationRefused, migrate, missing_migration, write_migration
from server.errors import Refusal
from server.feed.service import begin_epoch
from server.gateways.examining import Examiner
from server.gateways.storage import storage
from server.instants import day_of, now_ms
from server.regie_line import RunRefused
from server.regie_line import add_commands as add_regie_commands
from server.towns.reading import TownError, load_identity
from server.traces.service import Who

WELCOME = """
Portail famille, démonstration : {url}

  nadia     Nadia Benali, mère de Léa (CE1) et de Noé (petite section)
  paul      Paul Martin, l’autre parent de Noé, avec son propre dossier
  aminata   Aminata Diallo, une autre famille
  sylvie    agente du service Enfance/Éducation
  marc      agent de la Régie centralisée
  mot de passe de tous : vigneux-demo-2026

Pour créer un compte (lettre de la ville) : dossier 105412, nom MOREAU · dossier 105733, nom GARNIER-COSTA

À essayer : se connecter (nadia), ouvrir Planning, couper le réseau (ou arrêter ce serveur), réserver quelques jours,
remettre le réseau, et lire la réponse de la mairie dans « Mes envois ».
{beside}
Données : {data} · Arrêter : Ctrl-C
"""


class CommandFailed(Exception):
    """Something the operator has to put right; the text is the whole message."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        settings = configuration.read()
        _check_folder(settings.data)
        options.run(settings, options)
    except (ConfigError, TownError, CommandFailed, MigrationRefused, RunRefused) as error:
        print(f"portail: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EROFS, errno.ENOSPC):
            raise
        print(f"portail: {error.filename or settings.data}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="portail", description="Portail famille: the server of a town.")
    commands = parser.add_subparsers(required=True, metavar="command")

    demo = commands.add_parser("demo", help="make the demo town if it is not there yet, and serve it")
    demo.add_argument("--families", type=int, default=0, metavar="N", help="invented families besides the cast")
    demo.add_argument("--benchmark", action="store_true", help="the data set of docs/bench.md instead")
    demo.add_argument("--build-only", action="store_true", help="make it and stop")
    demo.set_defaults(run=_demo)

    serve = commands.add_parser("serve", help="serve the town")
    serve.set_defaults(run=lambda settings, options: _serve(settings))

    work = commands.add_parser("work", help="do what the outbox holds (mails, pushes), beside or instead of the server")
    work.set_defaults(run=lambda settings, options: asyncio.run(_work(settings)))

    up = commands.add_parser("migrate", help="bring the tables up to date")
    up.set_defaults(run=_migrate)

    make = commands.add_parser("makemigrations", help="write what the tables still lack of the models")
    make.add_argument("--name")
    make.add_argument("--check", action="store_true", help="write nothing; fail if something is missing")
    make.set_defaults(run=_make_migrations)

    base = commands.add_parser("import", help="bring a billing base (CSV, see docs/import.md) into the dossiers")
    base.add_argument("file", type=Path)
    base.add_argument("--dry-run", action="store_true", help="report what would happen, write nothing")
    base.set_defaults(run=_import)

    add_regie_commands(commands)

    agent = commands.add_parser("add-agent", help="make an agent's account; prints the link with which they choose a password")
    for what in ("username", "name", "service", "email"):
        agent.add_argument(what)
    agent.set_defaults(run=_add_agent)

    leaver = commands.add_parser("close-agent", help="an agent leaves: end their sessions, make the account unusable")
    leaver.add_argument("username")
    leaver.set_defaults(run=_close_agent)

    lost = commands.add_parser("reset-second-factor", help="an agent lost their telephone: the next sign-in adds a new one")
    lost.add_argument("username")
    lost.set_defaults(run=_reset_second_factor)

    restored = commands.add_parser("new-epoch", help="after restoring a backup: phones send again what was lost")
    restored.set_defaults(run=_new_epoch)
    return parser


def _demo(settings: Config, options: argparse.Namespace) -> None:
    if not options.build_only:
        _check_port(settings)
        _check_front_end(settings)
    asyncio.run(_with_database(settings, lambda database: _make_demo(settings, database, options)))
    if options.build_only:
        return
    # The stand-ins are of no use to a running town either.
    from server.simulators import demo as standins

    beside = standins.start(os.environ, load_identity(settings.town).name)
    # The server's own processes read their settings from the environment, as a town's do.
    os.environ.update(beside.settings)
    os.environ.setdefault("PORTAIL_AGENT_SECOND_FACTOR", "no")
    print(WELCOME.format(url=settings.public_url, data=settings.data, beside="\n".join(beside.lines)), flush=True)
    _serve(replace(settings, log_level=os.environ.get("PORTAIL_LOG_LEVEL", "warning")))


async def _make_demo(settings: Config, database: Database, options: argparse.Namespace) -> None:
    """Builds the demo in an empty database; what was built before is kept, with what parents did since."""
    # The generator and its lists of names are of no use to a running town: imported here only.
    from server.towns import benchmark, demo, library
    from server.towns.loader import load_town

    await migrate(database)
    found = await database.one("SELECT COUNT(*) AS n FROM account")
    if found and found["n"]:
        print(f"The data in {settings.data} are kept as they are; another folder: PORTAIL_DATA=…")
        return
    town = load_town(settings.town)
    with tqdm(unit=" lignes", leave=False, disable=None) as bar:
        if options.benchmark:
            await benchmark.build(database, town, now_ms=now_ms(), progress=bar)
        else:
            await demo.build(database, town, families=options.families, now_ms=now_ms(), progress=bar)
            bar.set_description("Documents")
            files = Files(database, storage(settings.files_url, settings.data / "files"), Examiner())
            await library.build(database, files, town, now_ms())
            await files.close()


def _serve(settings: Config) -> None:
    _check_port(settings)
    _check_front_end(settings)
    asyncio.run(_with_database(settings, migrate))
    server = HypercornConfig()
    server.bind = [f"{settings.host}:{settings.port}"]
    server.application_path = "server.asgi:application"
    # One process needs no second one to watch it: it starts twice as fast, and a signal reaches it directly.
    server.workers = settings.workers if settings.workers > 1 else 0
    server.worker_class = "uvloop"
    server.graceful_timeout = 5
    server.h11_max_incomplete_size = 32 * 1024
    server.accesslog = None
    server.include_server_header = False
    server.errorlog = None if settings.log_level == "warning" else "-"
    exit_code = run_hypercorn(server)
    if exit_code:
        raise CommandFailed("the server stopped; its log says why")


async def _work(settings: Config) -> None:
    """A worker of its own: any number of them may run, on any machine that reaches the database."""
    app = create_app(replace(settings, work=True))
    async with app.test_app():  # the application's own start and stop, without a listening socket
        print("working; stop with Ctrl-C", flush=True)
        stopped = asyncio.Event()
        for sign in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(sign, stopped.set)
        await stopped.wait()


def _migrate(settings: Config, options: argparse.Namespace) -> None:
    done = asyncio.run(_with_database(settings, migrate))
    print("\n".join(f"applied {name}" for name in done) or "nothing to do")


def _make_migrations(settings: Config, options: argparse.Namespace) -> None:
    if options.check:
        if asyncio.run(_with_database(settings, missing_migration)):
            raise CommandFailed("the models changed and no migration says how: portail makemigrations")
        print("the migrations describe the models")
        return
    for path in asyncio.run(_with_database(settings, lambda database: write_migration(database, options.name))):
        print(path)


def _import(settings: Config, options: argparse.Namespace) -> None:
    try:
        text = options.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{options.file}: cannot be read as UTF-8 text ({error})") from error
    zone = ZoneInfo(load_identity(settings.town).time_zone)
    with tqdm(total=text.count("\n"), unit=" lignes", leave=False, disable=None) as bar:
        work = partial(
            import_base, text=text, who=Who(None, "Import"), zone=zone, now=now_ms(), dry_run=options.dry_run, progress=bar.update
        )
        try:
            report = asyncio.run(_with_database(settings, work))
        except BaseUnreadable as error:
            raise CommandFailed(str(error)) from error
    for line in report["lines"]:
        if line["does"] != "same":
            print(f"ligne {line['line']}: {line['dossier']} {line['person']}: {line['detail']}".replace(":  :", ":"))
    print("{created} créées, {changed} modifiées, {same} identiques, {faults} fautes".format(**report))
    if report["faults"]:
        raise CommandFailed("rien n’a été écrit : corrigez les lignes ci-dessus et recommencez")
    if not report["written"]:
        print("essai : rien n’a été écrit")


def _add_agent(settings: Config, options: argparse.Namespace) -> None:
    today = day_of(now_ms(), ZoneInfo(load_identity(settings.town).time_zone))
    said = (options.username, options.name, options.service, options.email)
    try:
        link = asyncio.run(_with_database(settings, lambda database: add_agent(database, *said, settings.public_url, today, now_ms())))
    except Refusal as refusal:
        raise CommandFailed(", ".join(refusal.facts["fields"].values())) from refusal
    print(f"{options.name} chooses a password within the hour, once: {link}")


def _close_agent(settings: Config, options: argparse.Namespace) -> None:
    if not asyncio.run(_with_database(settings, lambda database: close_agent(database, options.username))):
        raise CommandFailed(f"no agent is called {options.username}")
    print(f"{options.username} is signed out everywhere and cannot sign in any more")


def _reset_second_factor(settings: Config, options: argparse.Namespace) -> None:
    if not asyncio.run(_with_database(settings, lambda database: remove_factor(database, options.username.lower()))):
        raise CommandFailed(f"no agent is called {options.username}")
    print(f"{options.username} adds a new authenticator app at the next sign-in")


def _new_epoch(settings: Config, options: argparse.Namespace) -> None:
    name = f"b{now_ms() // 1000}"
    asyncio.run(_with_database(settings, lambda database: begin_epoch(database, name)))
    print(f"epoch {name}: every phone renews its copy and sends again what it still remembers")


async def _with_database(settings: Config, work):  # type: ignore[no-untyped-def]
    database = Database(settings.database_url)
    try:
        await database.open()
        return await work(database)
    finally:
        await database.close()


def _check_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".writable-{os.getpid()}"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise CommandFailed(f"the data folder {folder} cannot be written ({error.strerror}); see PORTAIL_DATA") from error


def _check_port(settings: Config) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise CommandFailed(
                f"port {settings.port} is taken or not allowed ({error.strerror}); choose another: PORT=8001 make run"
            ) from error


def _check_front_end(settings: Config) -> None:
    if not (settings.static / "index.html").is_file():
        raise CommandFailed(f"the web app is not built in {settings.static}; run: python3 bootstrap.py")
