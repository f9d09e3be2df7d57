"""What the server does a second, and what it never does: oversell, forget, or do twice."""

import asyncio
import sqlite3
import statistics
import time
from contextlib import closing

from tests.bench.devices import Device
from tests.bench.load import Client, rate
from tests.browsers.portal import Portal


async def devices(portal: Portal, number: int) -> list[Device]:
    """So many devices of so many families, each with its own kept connection."""
    made = [Device(Client(portal.port)) for _ in range(number)]
    for rank, device in enumerate(made, 1):
        await device.open(f"famille{rank:02d}")
        await device.learn(time.time())
    return made


async def close(made: list[Device]) -> None:
    for device in made:
        await device.client.close()


async def rates(portal: Portal, seconds: float) -> dict[str, float]:
    """Works a second: the whole planning for 1, 2 and 8 clients, saving one booking for 1 and 8."""
    found = {}
    for name, number, work in (
        ("planning, 1 client", 1, Device.planning),
        ("planning, 2 clients", 2, Device.planning),
        ("planning, 8 clients", 8, Device.planning),
        ("one booking, 1 client", 1, Device.save_one),
        ("one booking, 8 clients", 8, Device.save_one),
    ):
        made = await devices(portal, number)
        by_client = {id(device.client): device for device in made}
        found[name] = await rate([d.client for d in made], lambda client, w=work, b=by_client: w(b[id(client)]), seconds)
        await close(made)
    return found


async def nothing_new(portal: Portal, seconds: float) -> dict[str, float]:
    """An exchange that has nothing to say, beside a trivial JSON route of the same application, in turns."""
    (device,) = await devices(portal, 1)
    answer = await device.exchange()
    figures: dict[str, list[float]] = {"exchange": [], "trivial": []}
    for _ in range(3):
        figures["exchange"].append(await rate([device.client], lambda _: device.exchange(), seconds / 3))
        figures["trivial"].append(await rate([device.client], lambda client: client.call("GET", "/api/session"), seconds / 3))
    await close([device])
    median = {name: statistics.median(values) for name, values in figures.items()}
    return median | {"up": answer.sent, "down": answer.received, "ratio": median["exchange"] / median["trivial"]}


async def fifty_commands(portal: Portal) -> tuple[float, int, int]:
    """Milliseconds for a queue of 50 commands in one request (best of 3), and its bytes up and down."""
    (device,) = await devices(portal, 1)
    best, sizes = float("inf"), (0, 0)
    for _ in range(3):
        ops = [device.booking(*device.free.pop()) for _ in range(50)]
        started = time.perf_counter()
        answer = await device.exchange(*ops)
        took = (time.perf_counter() - started) * 1000
        receipts = answer.json()["receipts"]
        assert len(receipts) == 50
        best, sizes = min(best, took), (answer.sent, answer.received)
    await close([device])
    return best, *sizes


async def race(portal: Portal) -> tuple[int, int, float]:
    """20 families at once for the 5 places of one afternoon: (booked, refused, milliseconds to the last answer)."""
    made = await devices(portal, 20)
    session = latest(made[0].scarce)
    ops = [device.booking(next(c for c, s in device.scarce if s == session), session) for device in made]
    started = time.perf_counter()
    answers = await asyncio.gather(*(device.exchange(op) for device, op in zip(made, ops, strict=True)))
    took = (time.perf_counter() - started) * 1000
    outcomes = [answer.json()["receipts"][0]["outcome"] for answer in answers]
    await close(made)
    return outcomes.count("accepted"), outcomes.count("refused"), took


def latest(cells: list[tuple[str, str]]) -> str:
    return max((session for _, session in cells), key=lambda session: session[-10:])


async def one_after_another(portal: Portal) -> int:
    """8 families who all saw free places, one after the other, for the 5 places of the day before: how many got one."""
    made = await devices(portal, 8)
    last = latest(made[0].scarce)
    day_before = latest([cell for cell in made[0].scarce if cell[1] != last])
    outcomes = []
    for device in made:
        child = next(c for c, s in device.scarce if s == day_before)
        outcomes.append((await device.exchange(device.booking(child, day_before))).json()["receipts"][0]["outcome"])
    await close(made)
    return outcomes.count("accepted")


async def ten_times(portal: Portal) -> int:
    """The same request ten times: how many different answers, which is how many bookings."""
    (device,) = await devices(portal, 1)
    op = device.booking(*device.free.pop())
    receipts = [(await device.exchange(op)).json()["receipts"] for _ in range(10)]
    await close([device])
    return len({receipt[0]["number"] for receipt in receipts if receipt})


async def catching_up(portal: Portal, sizes: tuple[int, ...] = (1, 10, 100)) -> dict[int, float]:
    """Milliseconds (median of 300) to fetch the same ten changed rows, as the family's history grows."""
    (device,) = await devices(portal, 1)
    for _ in range(10):
        await device.save_one()
    scope = next(scope for scope in device.cursors if scope.startswith("f:"))
    behind = device.cursors | {scope: step_back(device.cursors[scope], 10)}
    found = {}
    for size in sizes:
        await asyncio.to_thread(lengthen, portal, scope, 200 * size)
        took = []
        for _ in range(300):
            started = time.perf_counter()
            answer = await device.exchange(cursors=behind)
            took.append(time.perf_counter() - started)
        changed = [change for change in answer.json()["changes"] if change["scope"] == scope]
        assert len(changed[0]["rows"]) == 10, len(changed[0]["rows"])
        found[size] = statistics.median(took) * 1000
    await close([device])
    return found


def step_back(cursor: str, rows: int) -> str:
    epoch, _, seq = cursor.rpartition(".")
    return f"{epoch}.{int(seq) - rows}"


def lengthen(portal: Portal, scope: str, rows: int) -> None:
    """Gives a family so many older rows: receipts of years, and what was cancelled since."""
    with closing(sqlite3.connect(portal.data / "portail.db", timeout=10)) as books:
        books.execute("BEGIN IMMEDIATE")
        (held,) = books.execute("SELECT COUNT(*) FROM sync_row WHERE scope = ? AND key LIKE 'receipt/old/%'", (scope,)).fetchone()
        old = [(scope, f"receipt/old/{number}", -number - 1, '{"kind":"old"}') for number in range(held, rows)]
        books.executemany("INSERT INTO sync_row (scope, key, seq, body) VALUES (?, ?, ?, ?)", old)
        books.execute("UPDATE sync_scope SET live_count = live_count + ? WHERE id = ?", (len(old), scope))
        books.commit()

