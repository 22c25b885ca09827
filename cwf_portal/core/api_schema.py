"""What the description of the API says beside what its views tell: how it refuses."""

from typing import Any

from cwf_portal.core.paging import LONGEST

REFUSAL = {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]}
PAGED = ("limit", "offset")


def with_refusals(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Each address with something in it can lead nowhere; each list can be asked for pages that are no numbers."""
    for address, operations in result["paths"].items():
        for operation in operations.values():
            if "{" in address:
                operation["responses"]["404"] = _refusal("There is nothing at this address.")
            paged = [parameter for parameter in operation.get("parameters", []) if parameter["name"] in PAGED]
            if paged:
                operation["responses"]["400"] = _refusal("The limit or the offset is no whole number.")
            for parameter in paged:
                parameter["schema"] |= {"minimum": 0, "maximum": 10**LONGEST - 1}
    return result


def _refusal(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": REFUSAL}}}
