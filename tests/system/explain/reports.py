# reports.py - answers GET /netd/v1/doctor?name=FILE with the report in DIRECTORY/FILE, and once it was asked to repair with
# DIRECTORY/FILE.fixed
# usage: reports.py DIRECTORY SOCKET
# SPDX-License-Identifier: GPL-2.0-or-later
import http.server
import os
import socketserver
import sys
import urllib.parse

DIRECTORY, SOCKET = sys.argv[1:]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    is_repaired = False

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        query = urllib.parse.urlsplit(self.path).query
        path = os.path.join(DIRECTORY, urllib.parse.parse_qs(query)["name"][0])
        if Handler.is_repaired and os.path.exists(path + ".fixed"):
            path += ".fixed"
        Handler.is_repaired = False
        with open(path, "rb") as report:
            self.answer(report.read())

    def do_POST(self):
        Handler.is_repaired = self.path == "/netd/v1/resync"
        self.answer(b"{}\n")

    def log_message(self, *args):
        pass

    def address_string(self):
        return "netctl"


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64


Server(SOCKET, Handler).serve_forever()
