"""Programs that are run, outside and inside the sandbox, and what they say."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "crates/app/tests/component_requests"
NAME = "project"
PYTEST = "pytest==8.3.3"
INSTALL_SECONDS, TEST_SECONDS = 600, 900
OUTPUT_BYTES, FILE_BYTES, DATA_BYTES = 1 << 24, 1 << 31, 6 << 30
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "CARGO_TARGET_DIR", "PYTHONPATH")
} | {"UV_PYTHON_DOWNLOADS": "never", "UV_PYTHON": sys.executable, "UV_NO_PROGRESS": "1", "CARGO_TERM_COLOR": "never", "NO_COLOR": "1",
     "LC_ALL": "C.UTF-8", "CARGO_NET_GIT_FETCH_WITH_CLI": "false"}
NPM = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]


class Problem(Exception):
    """Something that could not be had or done, told in one line."""


def run(command, directory, seconds=INSTALL_SECONDS, environment=None, **more):
    """Runs a program to its end, with all that it starts; gives its exit status and what it said (both streams)."""
    child = subprocess.Popen([str(word) for word in command], cwd=directory, env=ENVIRONMENT if environment is None else environment,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True, **more)
    timed_out = False

    def end(*_):
        nonlocal timed_out
        timed_out = True
        os.killpg(child.pid, signal.SIGKILL)

    timer = threading.Timer(seconds, end)
    timer.start()
    try:
        said = child.stdout.read(OUTPUT_BYTES)
        while child.stdout.read(1 << 16):
            pass
        status = child.wait()
    finally:
        timer.cancel()
    return ("timeout" if timed_out else status), said.decode("utf-8", "replace")


# Runs a program in a copy of a folder, which it may write.
IN_A_COPY = ["/bin/sh", "-c", 'mkdir /tmp/copy && cp -R "$1/." /tmp/copy && cd /tmp/copy && shift && exec "$@"', "copy"]


def sandboxed(command, directory, readable=(), writable=(), variables=None, seconds=TEST_SECONDS):
    """Runs a program without a network, a home folder or anything to write but memory and the paths in `writable`."""
    arguments = ["bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000", "--die-with-parent",
                 "--new-session", "--clearenv", "--cap-drop", "ALL", "--hostname", "sandbox", "--ro-bind", "/usr", "/usr"]
    for folder in ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"):
        if os.path.islink(folder):
            arguments += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            arguments += ["--ro-bind", folder, folder]
    for file in ("/etc/ld.so.cache", "/etc/alternatives", "/etc/mime.types"):
        arguments += ["--ro-bind-try", file, file]
    arguments += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/tmp/home"]
    for bind, paths in (("--ro-bind", readable), ("--bind", writable)):
        for path in paths:
            arguments += [bind, str(path), str(path)]
    made = {"/etc/passwd": "sandbox:x:1000:1000:sandbox:/tmp/home:/bin/sh\n", "/etc/group": "sandbox:x:1000:\n",
            "/etc/hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n"}
    descriptors = []
    for path, text in made.items():
        read, write = os.pipe()
        os.write(write, text.encode())
        os.close(write)
        descriptors.append(read)
        arguments += ["--ro-bind-data", str(read), path]
    variables = {"HOME": "/tmp/home", "LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": "/tmp"} | (variables or {})
    for name, value in variables.items():
        arguments += ["--setenv", name, str(value)]
    arguments += ["--chdir", str(directory), "--", "/usr/bin/prlimit", f"--data={DATA_BYTES}", f"--fsize={FILE_BYTES}", "--core=1", "--nofile=1024"]
    try:
        return run([*arguments, *command], "/", seconds, environment={"PATH": os.environ["PATH"]}, pass_fds=descriptors)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def unpack(archive, target):
    """Unpacks an archive without its first folder, links left out, nothing outside of the target."""
    with tarfile.open(archive) as opened:
        for member in opened:
            parts = pathlib.PurePosixPath(member.name).parts[1:]
            if not parts or ".." in parts or not (member.isfile() or member.isdir()):
                continue
            path = target.joinpath(*parts)
            if member.isdir():
                path.mkdir(parents=True, exist_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                with opened.extractfile(member) as source, open(path, "wb") as written:
                    shutil.copyfileobj(source, written)


def split(repository):
    """Splits `pypi:NAME@VERSION` into its name and version."""
    name, _, version = repository.split(":", 1)[1].rpartition("@")
    return name, version


def need(done, what):
    """Stops the request when a program failed."""
    status, said = done
    if status != 0:
        raise Problem(f"{what}: {last_words(said) if status != 'timeout' else 'took too long'}")
    return said


def last_words(said):
    """Gives the line of a program's output that tells most: its exception, else its first error, else its last line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    raised = [line for line in lines if re.match(r"(E +)?[A-Za-z_.]*(Error|Exception)\b", line)]
    errors = [line for line in lines if re.match(r"(error|npm error)\b", line) and not line.endswith("error code 1")]
    return (raised[-1:] or errors[:1] or lines[-1:] or ["it says nothing"])[0]
