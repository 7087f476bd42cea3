"""What every writer needs: text made safe for XML."""


def escaped(value: str) -> str:
    """`value` for an element's content."""
    if "&" in value or "<" in value or ">" in value:
        return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return value
