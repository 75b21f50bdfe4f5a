"""A list of texts, typed one on each line: easier than JSON, and a blank line does no harm."""

from __future__ import annotations

from wtforms import TextAreaField


class LinesField(TextAreaField):
    """Its data is a list of the lines, without their edges and without empty ones."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "\n".join(self.data or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        lines = (line.strip() for line in (valuelist[0] if valuelist else "").splitlines())
        self.data = [line for line in lines if line]
