"""The statement, inside every file, that its picture was made with the help of a computer.

IPTC's digital source type `compositeSynthetic` as an XMP packet: in PNG as iTXt (XMP specification
part 3, 1.1.5), in MP4 as a top-level `uuid` box (1.1.6 there) beside a plain comment. The pixels are
not touched. `core.export.signing` adds the signed form.
"""

from __future__ import annotations

import struct
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from uuid import UUID
from xml.sax.saxutils import quoteattr

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"
COMMENT = "Synthetic: a photograph animated with Facekey (IPTC digital source type compositeSynthetic)"
XMP_KEYWORD = "XML:com.adobe.xmp"

_XMP_BOX = UUID("be7acfcb-97a9-42e8-9c71-999491e3afac")


def tool_name() -> str:
    """'Facekey' with its version, when it is installed."""
    try:
        return f"Facekey {version('facekey')}"
    except PackageNotFoundError:
        return "Facekey"


def xmp_packet() -> str:
    """The XMP packet with digital source type and creator tool."""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about=""'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        f" Iptc4xmpExt:DigitalSourceType={quoteattr(SOURCE_TYPE)}"
        f" xmp:CreatorTool={quoteattr(tool_name())}/>"
        "</rdf:RDF></x:xmpmeta>"
        '<?xpacket end="r"?>'
    )


def append_xmp_box(path: Path) -> None:
    """Add the packet to a finished MP4 as its last box."""
    packet = xmp_packet().encode("utf-8")
    with path.open("ab") as stream:
        stream.write(struct.pack(">I4s", 24 + len(packet), b"uuid") + _XMP_BOX.bytes + packet)
