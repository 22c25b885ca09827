"""Rules about the code that no linter knows. Each takes sources and returns its offences, one line for each."""

import ast
import re
from collections.abc import Iterable, Iterator

from tests.support.sources import ROOMS, Source

LONGEST_FUNCTION = 60
LONGEST_FUNCTION_P95 = 30
LONGEST_FILE = 450
LONGEST_TEMPLATE = 150
MOST_POSITIONAL = 3
DICTATED = {"save_user", "database_forwards", "database_backwards"}  # a framework lays down their parameters
OTHER_CLOCKS = {
    ("timezone", "now"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
}
FLUSHING = {"transactional_db", "live_server", "TransactionTestCase", "LiveServerTestCase", "StaticLiveServerTestCase"}
ASSERTING_PREFIXES = (
    "assert",
    "expect",
    "check_",
    "raises",
    "warns",
    "fail",
    "refuses",
    "sees",
    "does_not_see",
    "finds_",
)
MARKED_UP_TITLE = re.compile(
    r"block title %}[^\n]*?(\|(day|moment|deadline|sentence)\b|{% (sample_)?tag\b|<)[^\n]*?{% endblock"
)
INLINE_CODE = re.compile(r"<style\b|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
PLACES_OF_THIS_MACHINE = re.compile(
    "|".join(
        (
            "py" + r"pi\.org",
            "pythonhosted" + r"\.",
            "registry" + r"\.npmjs",
            r"(?<![\w.-])/wo" + "rk/",
            r"/ro" + r"ot/\w",
        )
    ),
    re.IGNORECASE,
)


def too_long_functions(sources: Iterable[Source]) -> list[str]:
    """Functions of more than 60 lines."""
    return [
        f"{source.path}:{function.lineno} {function.name} has {length(function)} lines"
        for source in sources
        if not source.is_migration
        for function in source.functions()
        if length(function) > LONGEST_FUNCTION
    ]


def long_as_a_habit(sources: Iterable[Source]) -> list[str]:
    """Of twenty functions no more than one has more than 30 lines."""
    functions = (function for source in sources if not source.is_migration for function in source.functions())
    lengths = sorted(map(length, functions))
    usual = lengths[int(len(lengths) * 0.95)]
    return [f"one function of twenty has {usual} lines"] if usual > LONGEST_FUNCTION_P95 else []


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function, its docstring included, its decorators not."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def too_long_files(sources: Iterable[Source], *, longest: int = LONGEST_FILE) -> list[str]:
    """Files of more lines than allowed."""
    counted = ((source.path, source.text.count("\n")) for source in sources if not source.is_migration)
    return [f"{path} has {lines} lines" for path, lines in counted if lines > longest]


def too_many_positional(sources: Iterable[Source]) -> list[str]:
    """Functions with more than three parameters that need no name at the call. Tests ask for fixtures that way."""
    return [
        f"{source.path}:{function.lineno} {function.name} takes {count} positional parameters"
        for source in sources
        if not source.is_test
        for function in source.functions()
        if function.name not in DICTATED and (count := _positional_count(function)) > MOST_POSITIONAL
    ]


def _positional_count(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return len([name for name in names if name not in {"self", "cls"}])


def other_clocks(sources: Iterable[Source]) -> list[str]:
    """Any clock but `core_now()` outside core."""
    return [
        f"{source.path}:{line} asks another clock than core_now(): {what}"
        for source in sources
        if not source.is_test and not source.is_migration and not source.path.startswith(("cwf_portal/core/", "bench/"))
        for line, what in _clock_uses(source)
    ]


def insides_of_others(sources: Iterable[Source]) -> list[str]:
    """What a library does not promise to keep is used through the one file that says so."""
    return [
        f"{source.path}:{node.lineno} imports the inside of a library: use cwf_portal.core.inside_allauth"
        for source in sources
        if not source.is_test and source.path != "cwf_portal/core/inside_allauth.py"
        for node in source.nodes
        if isinstance(node, ast.ImportFrom) and ".internal" in (node.module or "")
    ]


def _clock_uses(source: Source) -> Iterator[tuple[int, str]]:
    for node in source.nodes:
        match node:
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
                if (owner, name) in OTHER_CLOCKS:
                    yield node.lineno, f"{owner}.{name}"
            case ast.Attribute(value=ast.Call(func=ast.Name(id="core_now")), attr="date"):
                yield node.lineno, "core_now().date(), which is UTC's day and not London's: use today()"
            case ast.Call(func=ast.Name(id="Now") | ast.Attribute(attr="Now")):
                yield node.lineno, "Now()"
            case ast.keyword(arg="auto_now" | "auto_now_add" as name):
                yield node.value.lineno, name


def flushing_tests(sources: Iterable[Source]) -> list[str]:
    """Whatever would make Django empty tables, which refuse it."""
    return [
        f"{source.path}:{line} would flush the database ({what}): use committed_db or portal"
        for source in sources
        for line, what in _flushes(source)
    ]


def _flushes(source: Source) -> Iterator[tuple[int, str]]:
    for node in source.nodes:
        match node:
            case ast.arg(arg=name, lineno=line) | ast.Name(id=name, lineno=line) if name in FLUSHING:
                yield line, name
            case ast.Attribute(attr=name, lineno=line) if name in FLUSHING:
                yield line, name
            case ast.Call(func=ast.Attribute(attr="usefixtures"), args=arguments):
                named = {argument.value for argument in arguments if isinstance(argument, ast.Constant)} & FLUSHING
                if named:
                    yield node.lineno, str(named.pop())
            case ast.Call(func=ast.Attribute(attr="django_db"), keywords=keywords):
                if any(keyword.arg == "transaction" for keyword in keywords):
                    yield node.lineno, "django_db(transaction=True)"


def tests_without_assertion(sources: Iterable[Source]) -> list[str]:
    """Tests that cannot fail."""
    return [
        f"{source.path}:{function.lineno} {function.name} asserts nothing"
        for source in sources
        if source.is_test
        for function in source.functions()
        if function.name.startswith("test_") and not any(_asserts(node) for node in ast.walk(function))
    ]


def _asserts(node: ast.AST) -> bool:
    match node:
        case ast.Assert():
            return True
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name.startswith(ASSERTING_PREFIXES)
    return False


def lazy_internal_imports(sources: Iterable[Source]) -> list[str]:
    """Imports of our own modules inside functions: they hide a cycle."""
    return [
        f"{source.path}:{function.lineno} imports {module} inside {function.name}"
        for source in sources
        for function in source.functions()
        for node in ast.walk(function)
        for module in _imported(node)
        if module.split(".")[0] in {*ROOMS, "tests"}
    ]


def _imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [module]
        case ast.ImportFrom(level=level) if level > 0:
            return [ROOMS[0]]
    return []


def inline_code(sources: Iterable[Source]) -> list[str]:
    """Scripts, styles and handlers inside templates: the content policy refuses them."""
    return _lines_with(INLINE_CODE, sources, "has inline script or style")


def marked_up_titles(sources: Iterable[Source]) -> list[str]:
    """Titles of pages with elements in them: a tab shows their source."""
    return _lines_with(MARKED_UP_TITLE, sources, "has an element in its title")


def unfinished(sources: Iterable[Source]) -> list[str]:
    """Marks of work left for later."""
    return _lines_with(UNFINISHED, sources, "is left for later")


def places_of_this_machine(sources: Iterable[Source]) -> list[str]:
    """Names of package registries, and folders that only one machine has."""
    return _lines_with(PLACES_OF_THIS_MACHINE, sources, "names a registry or a folder of one machine")


def _lines_with(pattern: re.Pattern[str], sources: Iterable[Source], what: str) -> list[str]:
    return [
        f"{source.path}:{number} {what}: {line.strip()[:80]}"
        for source in sources
        for number, line in enumerate(source.text.splitlines(), start=1)
        if pattern.search(line)
    ]
