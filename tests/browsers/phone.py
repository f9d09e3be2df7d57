"""A parent's phone (Chromium): what people do on it, by what they see on it."""

import re
from datetime import date, timedelta

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

from tests.browsers.portal import Portal

# Databases are read with the browser's own interface, so that nothing the app hides is missed.
EVERYTHING = """async () => {
  const ask = (request) => new Promise((yes, no) => { request.onsuccess = () => yes(request.result); request.onerror = no; });
  let text = JSON.stringify(localStorage) + JSON.stringify(sessionStorage);
  for (const { name } of await indexedDB.databases()) {
    const base = await ask(indexedDB.open(name));
    for (const store of base.objectStoreNames) {
      text += JSON.stringify(await ask(base.transaction(store).objectStore(store).getAll()));
    }
    base.close();
  }
  return text;
}"""
SOON = 20_000
"""Milliseconds within which the app, left alone, has done what it has to do; generous, and no test asserts on it."""
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
        page.evaluate("navigator.serviceWorker.ready.then(() => 1)")
        expect(page.get_by_role("status").filter(has_text=re.compile("^À jour"))).to_be_visible(timeout=SOON)
        return page

    def sign_in_as_agent(self, username: str) -> Page:
        page = self.open("/connexion")
        page.get_by_label("Nom d’utilisateur").fill(username)
        page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Se connecter").click()
        expect(page).to_have_url(self.portal.url + "/agents/")
        return page

    def restart(self) -> Page:
        """Closes the app's only tab and opens it again, as from the home screen."""
        self.page.close()
        self.page = self.context.new_page()
        return self.open("/")

    def tick_a_free_slot(self, *children: str) -> list[str]:
        """In the week on screen, ticks one free slot for each child; returns the slots' identities in the page."""
        ticked = []
        for child in children:
            slots = self.page.locator(f"h3:has-text('{child}') + .slots")
            box = slots.get_by_role("checkbox", disabled=False, checked=False).first
            box.check()
            ticked.append(child)
        return ticked

    def book(self, *children: str, weeks: int = 2) -> None:
        """Books one free slot for each child, some weeks ahead, in one gesture."""
        self.open_planning(weeks)
        self.tick_a_free_slot(*children)
        self.page.get_by_role("button", name="Enregistrer", exact=True).click()
        expect(self.page.locator(".toast").filter(has_text="Enregistré sur ce téléphone")).to_be_visible()

    def open_planning(self, weeks: int = 2) -> Page:
        """The planning of a week that is so many weeks ahead."""
        monday = date.today() + timedelta(days=7 * weeks - date.today().weekday())
        page = self.open(f"/planning?semaine={monday.isoformat()}")
        expect(page.get_by_role("group").filter(has=page.get_by_role("checkbox")).first).to_be_visible()
        return page

    def everything_stored(self) -> str:
        """All that this phone holds of anybody: every record of every database, as text."""
        return str(self.page.evaluate(EVERYTHING))
