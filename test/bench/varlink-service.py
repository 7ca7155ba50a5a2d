"""A service on python3-varlink that answers io.systemd.service.Ping: varlink-service.py ADDRESS INTERFACES."""

import sys

import varlink

service = varlink.Service(vendor="berth", product="bench", version="1", url="", interface_dir=sys.argv[2])


@service.interface("io.systemd.service")
class Ping:
    def Ping(self):
        return {}


class Handler(varlink.RequestHandler):
    service = service


with varlink.ThreadingServer(sys.argv[1], Handler) as server:
    server.serve_forever()
