"""A mail catcher as small as can be: SMTP at 1025; at 8025 `/api/v1/messages`, `/api/v1/message/ID/raw` and a page."""

import asyncio
import json
import threading
from email import message_from_bytes, policy
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MAILS: list[bytes] = []


async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One SMTP session: whoever it is for, it is kept."""

    def say(text: str) -> None:
        writer.write(text.encode() + b"\r\n")

    say("220 mail.example ESMTP")
    while line := await reader.readline():
        verb = line.split(b" ", 1)[0].strip().upper()
        if verb == b"EHLO":
            writer.write(b"250-mail.example\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
        elif verb == b"DATA":
            say("354 go on")
            lines = []
            while (text := await reader.readline()) not in (b".\r\n", b""):
                lines.append(text[1:] if text.startswith(b"..") else text)
            MAILS.append(b"".join(lines))
            say("250 kept")
        elif verb == b"QUIT":
            say("221 bye")
            break
        else:
            say("250 fine")
    writer.close()


class Page(BaseHTTPRequestHandler):
    """What was caught."""

    def do_GET(self) -> None:
        mails = [message_from_bytes(raw, policy=policy.default) for raw in MAILS]
        parts = self.path.strip("/").split("/")
        kind = "application/json"
        if self.path == "/api/v1/messages":
            listed = [{"ID": str(number), "Subject": str(mail["subject"])} for number, mail in enumerate(mails)]
            body = json.dumps({"total": len(mails), "messages": listed}).encode()
        elif parts[:3] == ["api", "v1", "message"] and parts[-1] == "raw":
            kind, body = "text/plain", MAILS[int(parts[3])]
        else:
            kind = "text/html; charset=utf-8"
            body = (
                "".join(f"<p>{escape(str(mail['subject']))}</p>" for mail in mails).encode() or b"<p>No mail yet.</p>"
            )
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


async def main() -> None:
    """Serve both."""
    threading.Thread(target=ThreadingHTTPServer(("", 8025), Page).serve_forever, daemon=True).start()
    async with await asyncio.start_server(converse, "", 1025, limit=2**24) as server:
        await server.serve_forever()


asyncio.run(main())
