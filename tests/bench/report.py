"""docs/bench.md, from the figures of one run."""

from typing import Any

from tests.bench import opening

INCUMBENT = {"planning, 2 clients": 6.9, "planning, 8 clients": 6.9, "one booking, 1 client": 2.6, "one booking, 8 clients": 3.8}
HEAD = """# Measured speed and size

Written by `make bench`; nothing here is typed by hand. Ratios of one run count, absolute times move with the machine.
The load generator, the browser and PostgreSQL share the cores with what is measured.

The data is the reference town (`portail demo --benchmark`): 50 families, 4 units on 65 weekdays, 35 % of the cells booked, 12
invoices of 8 lines per family. "Incumbent" is the open-source suite that towns run today, measured on the same work with two worker
processes on SQLite.
"""


def write(figures: dict[str, Any]) -> str:
    machine = figures["machine"]
    parts = [
        HEAD,
        f"Run of {machine['date']} at revision {machine['revision']}: {machine['system']};"
        f" load average at the start {machine['load']}.\n",
    ]
    if "sqlite" in figures:
        parts += _server(figures)
    if "money" in figures:
        parts += _money(figures["money"])
    if "fan_out" in figures:
        parts += _fan_out(figures["fan_out"])
    if "opening" in figures:
        parts += _opening(figures)
    if "weights" in figures:
        parts += _pages(figures)
    return "\n".join(parts)


def _table(head: str, rows: list[list[Any]]) -> str:
    columns = head.count("|") + 1
    lines = [f"| {head} |", "|" + "---|" * columns]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]) + "\n"


def _rates(sqlite: dict[str, float], postgresql: dict[str, float]) -> list[list[Any]]:
    rows = []
    for name in sqlite:
        before = INCUMBENT.get(name)
        ratio = f"{postgresql[name] / before:.0f} ×" if before else ""
        rows.append([name, f"{sqlite[name]:.0f}", f"{postgresql[name]:.0f}", before or "", ratio])
    return rows


def _exchange(figures: dict[str, Any]) -> list[list[Any]]:
    nothing, rows, history = figures["nothing"], figures["rows"], figures["history"]
    milliseconds, up, down = figures["fifty"]
    beside = f"{nothing['exchange']:.0f} : {nothing['trivial']:.0f} = {nothing['ratio']:.2f}"
    ways = f"{rows['hand']:.1f} ms / {rows['orm']:.1f} ms = {rows['ratio']:.1f} ×"
    queue = f"{milliseconds:.0f} ms ({up} bytes up, {down} down)"
    growing = [
        [f"ten changed rows, history × {size}", f"{value:.2f} ms ({value / history[1]:.2f})", "± 10 %"]
        for size, value in history.items()
    ]
    return [
        ["nothing new: a second, beside a trivial JSON route (`GET /api/session`)", beside, "≥ 0.5"],
        ["nothing new: bytes up / down, with headers", f"{nothing['up']} / {nothing['down']}", "≤ 1,000 each"],
        ["500 rows by hand-written SQL / by ORM objects", ways, "≥ 8 ×"],
        ["50 queued commands in 50 transactions, SQLite", queue, "≤ 150 ms"],
        *growing,
    ]


def _server(figures: dict[str, Any]) -> list[str]:
    booked, refused, took = figures["race"]
    pg_booked, pg_refused, pg_took = figures["postgresql race"]
    rates = _rates(figures["sqlite"], figures["postgresql"])
    return [
        "## Works a second\n",
        "A planning is everything that a browser without any copy needs; a booking is one command, decided, answered and durable.\n",
        _table("work | SQLite, 1 process | PostgreSQL, 2 processes | incumbent | times", rates),
        "## The exchange\n",
        _table("what | measured | goal", _exchange(figures)),
        "## Never too much, never twice\n",
        _table(
            "what | measured | goal",
            [
                ["20 families at once for 5 places, SQLite", f"{booked} booked, {refused} refused, {took:.0f} ms", "5, 15"],
                ["the same on PostgreSQL with 2 processes", f"{pg_booked} booked, {pg_refused} refused, {pg_took:.0f} ms", "5, 15"],
                ["8 families one after the other for 5 places", f"{figures['queue']} booked", "5"],
                ["the same request ten times", f"{figures['ten']} booking", "1"],
            ],
        ),
    ]  # fmt: skip


def _money(figures: dict[str, Any]) -> list[str]:
    town, typed, page, prices = figures["town"], figures["typed"], figures["page"], figures["prices"]

    def row(name: str, found: dict[str, float], goal: str) -> list[Any]:
        return [name, f"{found['seconds']:.1f} s", goal, f"{found['p50']:.0f}", f"{found['p99']:.0f}", f"{found['max']:.0f}"]

    return [
        "## The régie's month in a town of real size\n",
        f"{town['children']:,} children of {town['families']:,} families, {town['lines']:,} priced days in one month; SQLite, one server"
        " process. Meanwhile three phones ask for news twenty times a second each and a fourth books and cancels: their exchanges"
        " in milliseconds stand beside.\n",
        _table(
            "work | took | goal | exchange p50 | p99 | longest",
            [
                row("nothing else (the phones alone)", typed["quiet"], ""),
                row("`bill`: every invoice, typed, in a process of its own", typed["bill"], "≤ 30 s"),
                row(f"`papers`: {typed['made']:,} PDF on two cores", typed["papers"], "≤ 60 s"),
                row("the draft, on the agent's page", page["draft"], ""),
                row("every invoice, from the agent's page, in the server itself", page["issue"], "≤ 30 s"),
            ],
        ),
        f"Prices with their reasons: {prices['per_second']:,.0f} a second on one core ({prices['tariffs']:.0f} tariffs,"
        f" {prices['situations']:.0f} situations); the goal is 30,000.\n",
    ]


def _fan_out(figures: dict[str, Any]) -> list[str]:
    whole, killed = figures["whole"], figures["killed"]
    (loop, loop_cpu), (loops, _) = figures["loop"], figures["loops"]
    ratio, beside, by_cpu = whole["rate"] / loop, whole["rate"] / loops, whole["by_processor"] / loop_cpu
    (quiet, quiet_99), (busy, busy_99) = whole["quiet"], whole["meanwhile"]
    again = f"{killed['before']:.0f} before, {killed['readers']:.0f} in the end; {killed['repeated']:.0f} posted again, {killed['shown_twice']:.0f} shown twice"
    return [
        "## One piece of news to 10,000 subscriptions\n",
        "SQLite, one process, which sends and answers phones at the same time; a push service of another process that only counts.\n",
        _table(
            "what | measured | goal",
            [
                ["pushes a second, from the first to the last", f"{whole['rate']:.0f}", ""],
                ["the same by `webpush_async` in a loop", f"{loop:.0f}, so {ratio:.1f} ×", "≥ 2.5 ×"],
                ["a second of processor time, the phones' exchanges included: fan-out, loop", f"{whole['by_processor']:.0f}, {loop_cpu:.0f}, so {by_cpu:.1f} ×", ""],
                ["by 64 such loops side by side on one session, and nothing else to do", f"{loops:.0f}, so {beside:.1f} ×", ""],
                ["readers reached, posts beyond one each", f"{whole['readers']:.0f}, {whole['repeated']:.0f}", "10,000, 0"],
                ["memory before and at most", f"{whole['memory'][0]:.0f} MB, {whole['memory'][1]:.0f} MB", "flat"],
                ["exchange meanwhile, p50 / p99", f"{busy:.1f} / {busy_99:.1f} ms (else {quiet:.1f} / {quiet_99:.1f} ms)", ""],
                ["killed (−9) after a third, started again", again, "10,000, 0 shown twice"],
            ],
        ),
        "What was on its way when the process died is posted again under the same Topic and tag: a device shows it once.\n",
    ]


def _opening(figures: dict[str, Any]) -> list[str]:
    rules = figures["rules"]
    return [
        "## Opening morning\n",
        "2,600 families on the demo town, each with three children and four weeks: a command per child, 32 phones that send the next one when"
        " the answer is there; signed in before. Half of the families would rather wait than be refused.\n",
        _table("what | SQLite, 1 process | PostgreSQL, 2 processes | goal", opening.lines(figures["opening"])),
        f"The limits of one child's year, {rules['openings']:.0f} openings: {rules['median_ms']:.1f} ms"
        f" ({rules['first_ms']:.1f} ms with nothing counted before); the goal is 5 ms.\n",
    ]


def _pages(figures: dict[str, Any]) -> list[str]:
    weights = [[name, requests, f"{size / 1000:.1f} kB"] for name, (requests, size) in figures["weights"].items()]
    visible = [
        [path, "slow network, CPU ÷ 4" if slow else "loopback", f"{times['cold']:.0f} ms", f"{times['warm']:.0f} ms"]
        for (path, slow), times in figures["visible"].items()
    ]
    bookings = [
        ["slow" if slow else "loopback", f"{one['shown']:.0f} ms", f"{one['confirmed']:.0f} ms", one["requests"], one["up"]]
        for slow, one in figures["booking"].items()
    ]
    scores = figures["lighthouse"]
    if isinstance(scores, str):
        lines = scores
    else:
        lines = _table("page | performance | accessibility | best practices", [[n, *s.values()] for n, s in scores.items()])
    awake, slow = figures["offline"][False], figures["offline"][True]
    width, height = figures["grid"]["target"]
    return [
        "## Pages (Chromium, 390 × 844)\n",
        _table("over the wire, nothing cached | requests | bytes", weights),
        "Slow network: 150 ms, 200 kB/s down, 94 kB/s up.\n",
        _table("page usable after | on | cold | warm", visible),
        f"Offline start to the planning, worker asleep: {awake:.0f} ms; with a CPU a quarter as fast: {slow:.0f} ms.\n",
        _table("one booking | on screen | confirmed | requests | bytes up", bookings),
        f"The week at 390 px: {'scrolls sideways' if figures['grid']['sideways'] else 'no sideways scroll'}, targets of {width} × {height} px.\n",
        "## Lighthouse (mobile)\n",
        lines,
        "## Again\n",
        "`make bench` (some minutes on a quiet machine); shorter: `PORTAIL_BENCH_SECONDS=2 make bench`.\n",
    ]
