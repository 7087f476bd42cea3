"""The process in which Saxon runs: one document at a time, over its own standard input and output.

Never a thread: the engine's isolate may end the whole process that it lives in. Stylesheets are compiled once and kept; whoever started it ends it after so
many documents. Messages are framed: [stylesheet, xml] in; ["fired", [[rule, flag, place, text]...]] or
["failed", why] out.
"""

from __future__ import annotations

import sys
from typing import Any

from lxml import etree

from fondaco.trade.validation.frames import framed, receive

_SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def fired(svrl: bytes) -> list[list[str]]:
    """What a report says: rule, flag, place and text of every failed assertion and successful report."""
    found = []
    for one in etree.fromstring(svrl, etree.XMLParser(huge_tree=True, resolve_entities=False, no_network=True)).iter(
        f"{_SVRL}failed-assert", f"{_SVRL}successful-report"
    ):
        text = " ".join("".join(one.itertext()).split())
        found.append([one.get("id") or "", one.get("flag") or one.get("role") or "fatal", one.get("location") or "", text])
    return found


def main() -> None:
    from saxonche import PySaxonProcessor  # only this process ever loads it

    pipe_in, pipe_out = sys.stdin.buffer, sys.stdout.buffer
    with PySaxonProcessor(license=False) as processor:
        compiled: dict[str, Any] = {}
        while (message := receive(pipe_in)) is not None:
            path, xml = message
            try:
                if path not in compiled:
                    compiled[path] = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=path)
                report = compiled[path].transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
                answer: Any = ["fired", fired(report.encode())] if report else ["failed", "no report"]
            except Exception as fault:  # whatever the engine raises: it is told, and nothing passes for it
                answer = ["failed", f"{type(fault).__name__}: {fault}"[:500]]
            pipe_out.write(framed(answer))
            pipe_out.flush()


if __name__ == "__main__":
    main()
