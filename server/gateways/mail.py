"""Sends a mail by SMTP, and says whether trying again could help."""

import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

import aiosmtplib

SECONDS = 20


class MailRefused(Exception):
    """The server will never take this mail: the address does not exist, or the mail itself is refused (SMTP 5xx)."""


class MailDelayed(Exception):
    """The server cannot be reached or does not want it now (SMTP 4xx, a time-out): worth trying again."""


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail; `kind`: its media type."""

    name: str
    kind: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Mail:
    """One mail, ready to go. `id` is the same when it is sent again, so that mailboxes can tell a double."""

    id: str
    to: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Smtp:
    """A town's mail server: ``smtp://user:password@host:587`` (STARTTLS where offered) or ``smtps://…:465``."""

    url: str = field(repr=False)
    sender: str
    sender_name: str

    async def send(self, mail: Mail) -> None:
        """Hands a mail over.

        Raises:
            MailRefused, MailDelayed
        """
        where = urlsplit(self.url)
        over_tls = where.scheme == "smtps"
        try:
            await aiosmtplib.send(
                self._message(mail),
                hostname=where.hostname or "localhost",
                port=where.port or (465 if over_tls else 25),
                username=unquote(where.username) if where.username else None,
                password=unquote(where.password) if where.password else None,
                use_tls=over_tls,
                timeout=SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            codes = {one.code for one in error.recipients}
            raise (MailRefused if min(codes) >= 500 else MailDelayed)(f"recipient refused: {sorted(codes)}") from error
        except aiosmtplib.SMTPResponseException as error:
            # A wrong password is the town's to put right: the mail waits for it.
            final = error.code >= 500 and not isinstance(error, aiosmtplib.SMTPAuthenticationError)
            raise (MailRefused if final else MailDelayed)(f"answer {error.code}") from error
        except (aiosmtplib.SMTPException, OSError, ssl.SSLError, TimeoutError) as error:
            raise MailDelayed(type(error).__name__) from error

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = f'"{self.sender_name}" <{self.sender}>'
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = f"<{mail.id}@{self.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        for one in mail.attachments:
            main, _, sub = one.kind.partition("/")
            message.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
        return message
