"""Codes of the Office for National Statistics in addresses."""


class OnsCode:
    """A letter for the country and eight digits, such as E05009086; any other address leads nowhere."""

    regex = "[EWSN][0-9]{8}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
