"""A registry whose line goes dead: passes requests on to another one, and sends of what is large only the beginning.

usage: stalling-registry.py PORT UPSTREAM-PORT
"""

import http.client
import http.server
import sys
import threading

LARGE = 1 << 20


class Stalling(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        upstream = http.client.HTTPConnection("localhost", int(sys.argv[2]))
        upstream.request(self.command, self.path, headers=dict(self.headers))
        response = upstream.getresponse()
        body = response.read()
        self.send_response(response.status)
        for name, value in response.getheaders():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:LARGE])
        self.wfile.flush()
        if len(body) > LARGE:
            threading.Event().wait()

    do_HEAD = do_GET


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Stalling).serve_forever()
