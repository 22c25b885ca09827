"""No two modules import each other, however far round."""

import grimp

from tests.support.sources import ROOMS


def cycles(imports: dict[str, set[str]]) -> list[list[str]]:
    """The groups of modules that can all reach one another (Tarjan's algorithm, without recursion)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []
    for start in imports:
        if start in order:
            continue
        work = [(start, iter(sorted(imports[start])))]
        order[start] = lowest[start] = len(order)
        stack.append(start)
        while work:
            module, waiting = work[-1]
            for imported in waiting:
                if imported not in order:
                    order[imported] = lowest[imported] = len(order)
                    stack.append(imported)
                    work.append((imported, iter(sorted(imports[imported]))))
                    break
                if imported in stack:
                    lowest[module] = min(lowest[module], order[imported])
            else:
                work.pop()
                if work:
                    lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[module])
                if lowest[module] == order[module]:
                    found.append(stack[stack.index(module) :])
                    del stack[stack.index(module) :]
    return [sorted(group) for group in found if len(group) > 1]


def test_modules_import_each_other_in_no_circle():
    graph = grimp.build_graph(*ROOMS, exclude_type_checking_imports=True, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    # A package re-exports its modules; importing one of them runs the package first, which is no circle of ours.
    assert (
        cycles(
            {
                module: {other for other in others if not module.startswith(f"{other}.")}
                for module, others in imports.items()
            }
        )
        == []
    )


def test_circle_is_found():
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
