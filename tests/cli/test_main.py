"""The command line as a whole: help, exit codes, errors, and what it imports."""

import os
import signal
import subprocess
import sys

import pytest

from hearsight import HearsightError
from hearsight.cli import main as command_line
from hearsight.cli.main import main

HEAVY = {"torch", "transformers", "lancedb", "huggingface_hub", "av", "rich", "numpy"}


def python(code: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300, **options)


def test_help_lists_the_commands_and_version_is_printed(run):
    ran = run("--help")
    assert ran.code == 0 and all(name in ran.out for name in ("index", "search", "info", "models"))
    assert run("--version").out.startswith("hearsight 0.")
    assert run("index", "--help").code == 0


def test_summaries_of_the_commands_fit_a_line(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    commands = run("--help").out.partition("Commands:")[2].strip().splitlines()
    assert len(commands) == 15
    assert all(line.endswith(".") and not line.endswith("...") and len(line) <= 80 for line in commands)


def test_help_imports_nothing_heavy():
    ran = python(
        "import sys; from hearsight.cli.main import main; code = main(['--help'])\n"
        f"sys.exit(code or ', '.join({HEAVY} & set(sys.modules)) or 0)"
    )
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="needs sh")
def test_a_command_without_standard_streams_ends_well(tmp_path):
    """What would be printed goes nowhere, and not into the file that is opened next."""
    log = tmp_path / "log"
    code = (
        "import os, sys; from hearsight.cli.main import main; code = main(['models'])\n"
        "with open(sys.argv[1], 'w') as log:\n    os.write(1, b'a'), os.write(2, b'b'), log.write(str(code))"
    )
    words = ["sh", "-c", '"$0" "$@" <&- >&- 2>&-', sys.executable, "-c", code, log]
    subprocess.run(words, check=True, timeout=300)
    assert log.read_text() == "0"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Usage: hearsight"),
        (["serch"], "Did you mean 'search'"),
        (["--nonsense"], "No such option: --nonsense"),
        (["search", "x", "--limt", "3"], "--limit"),
    ],
)
def test_usage_errors_exit_with_2_and_suggest_the_nearest_name(run, words, message):
    ran = run(*words)
    assert ran.code == 2 and message in ran.out + ran.err


@pytest.mark.parametrize(
    ("words", "completions"),
    [(["hearsight", "sea"], ["search"]), (["hearsight", "search", "--lib"], ["--library"])],
)
def test_a_shell_can_complete_commands_and_options(run, monkeypatch, words, completions):
    monkeypatch.setenv("_HEARSIGHT_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "\n".join(words))
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    assert run() == (0, "\n".join(completions) + "\n", "")


def test_completion_is_installed_for_the_shell_that_runs_it(run, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("bash", "/bin/bash"))
    assert run("--install-completion").code == 0
    assert "hearsight" in (tmp_path / ".bash_completions" / "hearsight.sh").read_text()


@pytest.fixture
def failing(monkeypatch):
    """Return a function that makes `hearsight info` fail with an error."""

    def failing(error):
        def fail(*args):
            raise error

        monkeypatch.setattr("hearsight.cli.info.open_library", fail)

    return failing


def test_an_error_is_one_line(run, failing):
    failing(HearsightError("cannot read [bold]x\n\x1b[2J; remove it"))
    assert run("info") == (1, "", "error: cannot read [bold]x\\n\\x1b[2J; remove it\n")


def test_an_unexpected_error_is_one_line_too(run, failing):
    failing(ZeroDivisionError("division by zero"))
    ran = run("info")
    assert ran.code == 1 and ran.err.startswith("error: ZeroDivisionError: division by zero; ")
    assert "--debug" in ran.err and ran.err.count("\n") == 1


@pytest.mark.parametrize("words", [["--debug", "info"], ["info", "--debug"]])
def test_debug_shows_the_traceback(failing, words):
    failing(HearsightError("no"))
    with pytest.raises(HearsightError):
        main(words)


def test_ctrl_c_prints_one_word(run, failing):
    failing(KeyboardInterrupt())
    assert run("info") == (130, "", "stopped\n")


def test_ctrl_c_ends_the_process_with_130():
    code = (
        "import os, signal, sys, hearsight.cli.info as info; from hearsight.cli.main import main\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "info.open_library = lambda *args: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.exit(main(['info']))"
    )
    ran = python(code)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "stopped\n")
    assert signal.getsignal(signal.SIGINT)


@pytest.mark.parametrize(
    ("words", "unbuffered"),
    [
        (["models", "--json"], ""),
        (["models", "--json"], "1"),
        (["models"], ""),
        (["models"], "1"),
        (["--help"], ""),
        (["--version"], "1"),
    ],
)
def test_a_closed_pipe_is_no_error(words, unbuffered):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "hearsight.cli.main", *words]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    ran = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, timeout=60, env=environment)
    os.close(write)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_names_that_the_terminal_cannot_write_are_escaped():
    ran = python(
        "from hearsight.cli.main import main; from hearsight.cli import console, info\n"
        "info.open_library = lambda *args: (console.write(console.get_console(), '日本 é'), exit(0))\nmain(['info'])",
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert ran.stdout == "\\u65e5\\u672c \\xe9\n"


def test_debug_is_accepted_anywhere_before_a_double_dash():
    take = command_line._take_debug
    assert take(["--debug", "info"]) == (["info"], True)
    assert take(["search", "x", "--debug"]) == (["search", "x"], True)
    assert take(["search", "--", "--debug"]) == (["search", "--", "--debug"], False)
    assert take(["search", "--debug", "--", "--debug"]) == (["search", "--", "--debug"], True)


@pytest.mark.parametrize(("local_rank", "waits"), [(None, []), ("0", []), ("1", [10.0])])
def test_the_first_of_several_processes_prints_an_error_and_the_others_wait(local_rank, waits, run, monkeypatch):
    pauses = []
    monkeypatch.setattr("hearsight.cli.main.time.sleep", pauses.append)
    if local_rank:
        monkeypatch.setenv("LOCAL_RANK", local_rank)
    ran = run("train", "nothing", "--out", "run")
    assert ran.code == 1
    assert "no recipe 'nothing'" in ran.err
    assert pauses == waits


def test_info_imports_neither_torch_nor_a_model_and_a_search_not_transformers(indexed):
    """transformers and its imports would take more than half of the time of a search."""
    ran = python(
        "import sys; from hearsight.cli.main import main\n"
        f"code = main(['info', {str(indexed)!r}]) or main(['info', {str(indexed)!r}, '--failures'])\n"
        "unneeded = {'torch', 'transformers', 'huggingface_hub', 'hearsight.models.base'} & set(sys.modules)\n"
        f"code = code or main(['search', 'a bell', '--in', {str(indexed)!r}])\n"
        "unneeded |= {'transformers', 'torch._dynamo', 'sympy', 'jinja2', 'lance'} & set(sys.modules)\n"
        "sys.exit(code or ', '.join(unneeded) or 0)"
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "bell.mkv" in ran.stdout
