"""Puts the portal together: the only place that knows every feature."""

import os
import secrets
from collections.abc import Callable, Iterable
from zoneinfo import ZoneInfo

import structlog
from quart import Quart
from quart_auth import QuartAuth

from server.access import PUBLIC, SessionUser, allow
from server.accounts.routes import blueprint as accounts
from server.accounts.routes import passkeys_blueprint as passkeys
from server.activities.routes import blueprint as activities
from server.admissions.routes import blueprint as admissions
from server.agenda.routes import blueprint as agenda
from server.attachments.routes import blueprint as attachments
from server.attachments.service import Files
from server.attendance.routes import blueprint as attendance
from server.bookings.routes import blueprint as places
from server.config import Config
from server.consents.routes import blueprint as consents
from server.custody.routes import blueprint as custody
from server.database import Database
from server.enrolments.routes import blueprint as enrolments
from server.families.routes import blueprint as families
from server.franceconnect.routes import blueprint as franceconnect
from server.gateways.api_particulier import ApiParticulier
from server.gateways.examining import Examiner
from server.gateways.franceconnect import FranceConnect
from server.gateways.mail import Smtp
from server.gateways.storage import storage
from server.gateways.webpush import WebPush
from server.instants import now_ms
from server.invoices.routes import agents_blueprint as regie
from server.invoices.routes import blueprint as invoices
from server.invoices.routes import cashier, invoice_mailer
from server.jobs import Jobs
from server.mail.service import Mailer
from server.mailings.routes import blueprint as mailings
from server.mailings.service import MailingSender
from server.messages.routes import blueprint as messages
from server.news.routes import agents_blueprint as news_desk
from server.news.routes import blueprint as news
from server.news.routes import library_blueprint as library
from server.notifications.routes import blueprint as notifications
from server.notifications.service import FanOut, Pusher
from server.offers.routes import blueprint as offers
from server.outbox.routes import blueprint as dead_letters
from server.outbox.service import Do, DoAll, Worker
from server.privacy.routes import blueprint as privacy
from server.quotient.routes import blueprint as quotient
from server.quotient.rules import token_alarm
from server.quotient.service import Retries
from server.registration.routes import blueprint as registration
from server.restrictions.routes import blueprint as restrictions
from server.syncing.routes import blueprint as syncing
from server.tariffs.routes import blueprint as tariffs
from server.towns.reading import load_identity, load_legal
from server.towns.routes import blueprint as towns
from server.web import hooks, logs, openapi
from server.web.headers import Asgi, SecurityHeaders
from server.web.limits import BodyLimit
from server.web.portal import Portal
from server.web.routes import blueprint as web
from server.web.static import StaticFiles

THIRTY_DAYS = 30 * 86_400


def create_app(config: Config, *, now: Callable[[], int] = now_ms, database: Database | None = None) -> Quart:
    """The portal as a Quart application; `create_asgi` wraps it for a server.

    The database must be migrated. `now` is the clock (UTC milliseconds), an argument so that tests can hold it still.
    """
    logs.configure(config.log_level)
    app = Quart(__name__, static_folder=None)
    town = load_identity(config.town)
    portal = Portal(config, town, database or Database(config.database_url), ZoneInfo(town.time_zone), now, load_legal(config.town))
    app.extensions["portail"] = portal
    app.secret_key = _secret(config)
    app.config["MAX_CONTENT_LENGTH"] = None  # web/limits.py bounds bodies, chunked ones too
    app.json.sort_keys = False  # type: ignore[attr-defined]
    QuartAuth(
        app,
        user_class=SessionUser,
        cookie_name="__Host-portail" if config.secure else "portail",
        cookie_secure=config.secure,
        cookie_samesite="Lax",
        duration=THIRTY_DAYS,
        salt="portail session",
    )
    openapi.install(app)
    hooks.install(app)
    portal.web_push = WebPush(config.data / "push-key", config.push_contact, config.push_hosts)
    app.register_blueprint(notifications)
    portal.files = Files(portal.database, storage(config.files_url, config.data / "files"), Examiner())
    app.register_blueprint(attachments)
    for blueprint in (messages, mailings, dead_letters, news, news_desk, library):
        app.register_blueprint(blueprint)
    portal.franceconnect, portal.quotients = _identity_providers(config)
    for blueprint in (families, consents, quotient, franceconnect, privacy, restrictions):
        app.register_blueprint(blueprint)
    for blueprint in (activities, places, attendance, agenda, custody, enrolments, offers):
        app.register_blueprint(blueprint)
    for blueprint in (web, towns, accounts, passkeys, registration, admissions, syncing, tariffs, invoices, regie):
        app.register_blueprint(blueprint)
    app.view_functions["openapi"] = allow(PUBLIC)(app.view_functions["openapi"])  # type: ignore[arg-type]
    jobs = Jobs(portal.database, portal.zone, now, cashier(portal), portal.files)
    worker = outbox_worker(portal)
    retries = app.extensions["portail-retries"] = Retries()
    app.extensions["portail-worker"] = worker

    def moved(scopes: Iterable[str]) -> None:
        portal.heads.moved(scopes)
        if "outbox" in scopes:
            worker.wake()

    @app.before_serving
    async def start() -> None:
        await portal.database.open()
        portal.database.on_moved = moved
        portal.heads.start(portal.database)
        jobs.start()
        worker.start()
        days = token_alarm(config.particulier_token, portal.today())
        if days is not None:
            structlog.get_logger("portail").warning("the token of API Particulier ends", days=days)

    @app.after_serving
    async def stop() -> None:
        await worker.stop()
        await jobs.stop()
        await retries.stop()
        await portal.heads.stop()
        await portal.files.close()
        if portal.web_push:
            await portal.web_push.close()
        await portal.database.close()

    return app


def deliveries(portal: Portal) -> dict[str, Do]:
    """Who does what the outbox holds, by kind. Without a mail server mails wait, and go out once there is one."""
    handlers: dict[str, Do] = {}
    config = portal.config
    handlers["mailing"] = MailingSender(portal.database, portal.zone, portal.now).deliver
    handlers["fanout"] = FanOut(portal.database, portal.zone, portal.now).deliver
    if config.smtp_url:
        sender = Smtp(config.smtp_url, config.mail_from, f"Portail famille {portal.town.name}")
        mailer = Mailer(portal.database, sender, portal.town.name, portal.now, config.public_url)
        handlers["mail"] = mailer.deliver
        handlers["invoice_mail"] = invoice_mailer(portal, mailer).deliver
    return handlers


def outbox_worker(portal: Portal) -> Worker:
    """Who works the outbox here; nobody, where the town runs `portail work` beside the server."""
    if not portal.config.work:
        return Worker(portal.database, {}, portal.now)
    many: dict[str, DoAll] = {}
    if portal.web_push:
        many["push"] = Pusher(portal.database, portal.web_push, portal.config.public_url, portal.zone, portal.now).deliver_all
    return Worker(portal.database, deliveries(portal), portal.now, many)


def _identity_providers(config: Config) -> tuple[FranceConnect | None, ApiParticulier | None]:
    """FranceConnect and API Particulier, where the town has its contracts with them."""
    home = f"{config.public_url}/api/franceconnect"
    provider = None
    if config.franceconnect_url:
        client = (config.franceconnect_url, config.franceconnect_client, config.franceconnect_secret)
        provider = FranceConnect(*client, f"{home}/retour", f"{home}/fin")
    quotients = None
    if config.particulier_url:
        quotients = ApiParticulier(config.particulier_url, config.particulier_token, config.particulier_siret)
    return provider, quotients


def create_asgi(config: Config) -> Asgi:
    """What a server runs: the application behind its static files, its bounds and its headers."""
    app: Asgi = create_app(config)  # type: ignore[assignment]
    return SecurityHeaders(StaticFiles(BodyLimit(app), config.static, farewell=config.farewell), secure=config.secure)


def _secret(config: Config) -> str:
    """The key that signs cookies: made at the first start, kept in the data folder, readable by its owner only."""
    path = config.data / "secret"
    config.data.mkdir(parents=True, exist_ok=True)
    try:
        with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text()
