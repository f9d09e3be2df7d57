"""Pushes for Chromium, whose own push service is out of reach: the town sends to a push service of the test, which decrypts the
message as a browser would and hands it to the worker over the browser's protocol."""

import base64
import os
import time
from typing import Any

import http_ece
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.browsers.phone import SOON, Phone
from tests.browsers.push_service import Channel, PushService

SHOWN = """() => navigator.serviceWorker.ready.then((one) => one.getNotifications())
  .then((all) => all.map(({title, body}) => ({title, body})))"""
CLICK = """() => self.registration.getNotifications().then(([one]) =>
  self.dispatchEvent(new NotificationEvent('notificationclick', {notification: one})))"""
SUBSCRIBE = """(body) => fetch('/api/sync/v1/push-subscription', {
  method: 'PUT', headers: {'content-type': 'application/json'}, body: JSON.stringify(body)}).then((answer) => answer.status)"""
NAME = "chromium"


class Pushed:
    """One phone's subscription, with the keys that its browser would keep to itself."""

    def __init__(self, service: PushService) -> None:
        self.service = service
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._secret = os.urandom(16)

    def subscribe(self, phone: Phone) -> None:
        town = phone.page.evaluate("() => fetch('/api/public/push-key').then((answer) => answer.json())")
        self.service.channels[NAME] = Channel(reader="", key=town["key"])
        point = self._key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        keys = {"p256dh": _text(point), "auth": _text(self._secret)}
        told = {"endpoint": f"{self.service.url}/wpush/v2/{NAME}", "keys": keys}
        assert phone.page.evaluate(SUBSCRIBE, told) == 204

    def deliver(self, phone: Phone) -> list[dict[str, Any]]:
        """Waits for the town's next push and gives it to the phone's worker; the notifications that are then shown."""
        waiting = self.service.channels[NAME].waiting
        for _ in range(SOON // 50):
            if waiting:
                break
            time.sleep(0.05)
        body = base64.urlsafe_b64decode(waiting.pop(0)["data"] + "==")
        text = http_ece.decrypt(body, private_key=self._key, auth_secret=self._secret, version="aes128gcm").decode()
        devtools = phone.context.new_cdp_session(phone.page)
        known: dict[str, str] = {}
        devtools.on("ServiceWorker.workerRegistrationUpdated", lambda told: known.update(_ids(told)))
        devtools.send("ServiceWorker.enable")
        scope = f"{phone.portal.url}/"
        for _ in range(100):
            if scope in known:
                break
            phone.page.wait_for_timeout(20)
        devtools.send("ServiceWorker.deliverPushMessage", {"origin": phone.portal.url, "registrationId": known[scope], "data": text})
        for _ in range(SOON // 50):
            if shown := phone.page.evaluate(SHOWN):
                return list(shown)
            phone.page.wait_for_timeout(50)
        return []

    def click(self, phone: Phone) -> None:
        """As a tap on the notification."""
        (worker,) = phone.context.service_workers
        worker.evaluate(CLICK)


def _ids(told: dict[str, Any]) -> dict[str, str]:
    return {one["scopeURL"]: one["registrationId"] for one in told["registrations"]}


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
