"""A push service that only counts: ``python -m tests.bench.push_sink [milliseconds]`` prints its port. ``GET /`` tells what came.

`posts`; `readers`: how many subscriptions got something; `repeated`: posts beyond the first of a subscription; `shown_twice`: those
that a device would show as a second notification, since their Topic is another than the first one's; `seconds` from first to last.
"""

import asyncio
import json
import sys
import time
from urllib.request import urlopen

got: dict[str, set[str]] = {}
count = {"posts": 0, "first": 0.0, "last": 0.0}
ACCEPTED = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"


async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pause: float) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, path, _ = head[0].split(" ", 2)
            fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
            await reader.readexactly(int(fields.get("content-length", 0)))
            if method == "GET":
                body = json.dumps(told()).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                return
            if pause:
                await asyncio.sleep(pause)
            note(path, fields.get("topic", ""))
            writer.write(ACCEPTED)
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    finally:
        writer.close()


def note(path: str, topic: str) -> None:
    now = time.perf_counter()
    count["first"] = count["first"] or now
    count["last"] = now
    count["posts"] += 1
    got.setdefault(path, set()).add(topic)


def told() -> dict[str, float]:
    shown = sum(len(topics) for topics in got.values())
    posts = int(count["posts"])
    return {
        "posts": posts, "readers": len(got), "repeated": posts - len(got), "shown_twice": shown - len(got),
        "seconds": count["last"] - count["first"],
    }  # fmt: skip


def ask(port: int) -> dict[str, float]:
    """What the sink at a port got so far."""
    with urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
        return dict(json.load(answer))


async def main(pause: float) -> None:
    server = await asyncio.start_server(lambda reader, writer: talk(reader, writer, pause), "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 0))
