"""A parent's phone (Chromium): what people do on it, by what they see on it."""

import re
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from tests.browsers.portal import Portal

PASSWORD = "vigneux-demo-2026"


class Phone:
    """One browser context; `complaints` are the violations of the content policy and the errors it met."""

    def __init__(self, context: BrowserContext, portal: Portal) -> None:
        self.context = context
        self.portal = portal
        self.complaints: list[str] = []
        self.context.on("page", self._watch)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.page: Page = context.new_page()

    def _watch(self, page: Page) -> None:
        page.on("console", self._listen)

    def _listen(self, message: ConsoleMessage) -> None:
        if re.search("Content Security Policy|Trusted ?Type|TrustedScript", message.text):
            self.complaints.append(message.text)

    def open(self, path: str) -> Page:
        self.page.goto(self.portal.url + path)
        return self.page

    def sign_in(self, username: str, password: str = PASSWORD) -> Page:
        """From the sign-in page to Accueil, with the app ready to start without a network."""
        page = self.open("/connexion")
        page.get_by_label("Nom d’utilisateur").fill(username)
        page.get_by_label("Mot de passe", exact=True).fill(password)
        page.get_by_role("button", name="Se connecter").click()
        expect(page).to_have_url(self.portal.url + "/accueil")
        self.wait_until_ready_offline()
        return page

    def wait_until_ready_offline(self) -> None:
        self.page.evaluate("navigator.serviceWorker.ready.then(() => 1)")

    def restart(self) -> Page:
        """Closes the app's only tab and opens it again, as from the home screen."""
        self.page.close()
        self.page = self.context.new_page()
        return self.open("/")

    def stored(self, script: str) -> Any:
        return self.page.evaluate(script)
