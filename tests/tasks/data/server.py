"""A web server on this machine, with the faults that a download must survive."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Site:
    """What a server serves, and how badly.

    Attributes:
        files: Content by name.
        ranges: Whether it honours a range.
        break_after: Bytes after which each of the next answers breaks off, one entry an answer.
        status: Answer every request with this status instead.
        requests: The ranges asked for so far, None for a whole file.
    """

    files: dict[str, bytes]
    ranges: bool = True
    break_after: list[int] = field(default_factory=list)
    status: int = 200
    requests: list[str | None] = field(default_factory=list)
    url: str = ""


@contextmanager
def serve(site: Site) -> Iterator[Site]:
    """Serves a site on a port of its own until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = self.headers.get("Range")
            site.requests.append(asked)
            content = site.files.get(self.path.lstrip("/"))
            if content is None or site.status != 200:
                self.send_error(404 if content is None else site.status)
                return
            first = int(re.match(r"bytes=(\d+)-", asked)[1]) if asked and site.ranges else 0
            if first >= len(content) > 0:
                self.send_error(416)
                return
            self.send_response(206 if first else 200)
            if first:
                span = f"bytes {first}-{len(content) - 1}/{len(content)}"
                self.send_header("Content-Range", span)
            self.send_header("Content-Length", str(len(content) - first))
            self.end_headers()
            sent = content[first:]
            if site.break_after:
                sent = sent[: site.break_after.pop(0)]
            self.wfile.write(sent)

        def log_message(self, *words: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
