"""The certification of varlink on top of python3-varlink, as a peer that shares no code with ours.

varlink-peer.py ADDRESS certifies clients; varlink-peer.py --client ADDRESS is certified. The interface file lies in the
working directory. Like varlink/python's own certification server, it compares whole messages.
"""

import json
import math
import os
import sys

import varlink

NAME = "org.varlink.certification"
SCALARS = {"bool": False, "int": 2, "float": math.pi, "string": "a lot of string"}
MAP = {"foo": "Foo", "bar": "Bar"}
SET = {"one", "two", "three"}
NUMBERED = ["Reply number %d" % number for number in range(1, 11)]
MYTYPE = {
    "object": {"method": NAME + ".Test09", "parameters": {"map": MAP}},
    "enum": "two",
    "struct": {"first": 1, "second": "2"},
    "array": ["one", "two", "three"],
    "dictionary": MAP,
    "stringset": SET,
    "interface": {
        "foo": [None, {"foo": "foo", "bar": "bar"}, None, {"one": "foo", "two": "bar"}],
        "anon": {"foo": True, "bar": False},
    },
}


def run_client(address):
    with varlink.Client.new_with_address(address) as client, client.open(NAME) as peer:
        client_id = peer.Start()["client_id"]
        carry = peer.Test01(client_id)
        for test in ("Test02", "Test03", "Test04", "Test05", "Test06", "Test07", "Test08", "Test09"):
            carry = getattr(peer, test)(client_id, *carry.values())
        replies = [reply["string"] for reply in peer.Test10(client_id, carry["mytype"], _more=True)]
        peer.Test11(client_id, replies, _oneway=True)
        assert peer.End(client_id)["all_ok"]
    print("Certification passed")


class CertificationError(varlink.VarlinkError):
    def __init__(self, wants, got):
        parameters = json.loads(json.dumps({"wants": wants, "got": got}, default=sorted))
        super().__init__({"error": NAME + ".CertificationError", "parameters": parameters})


service = varlink.Service(vendor="Varlink", product="peer", version="1", url="", interface_dir=os.getcwd())


class RequestHandler(varlink.RequestHandler):
    service = service


@service.interface(NAME)
class Certification:
    next_test = {}

    def check(self, client_id, test, following, message, parameters, **flags):
        wants = {"method": NAME + "." + test, "parameters": {"client_id": client_id, **parameters}, **flags}
        if self.next_test.get(client_id) != test or message != wants:
            raise CertificationError(wants, message)
        self.next_test[client_id] = following

    def Start(self, _message=None):
        if _message != {"method": NAME + ".Start"}:
            raise CertificationError({"method": NAME + ".Start"}, _message)
        client_id = os.urandom(16).hex()
        self.next_test[client_id] = "Test01"
        return {"client_id": client_id}

    def Test01(self, client_id, _message=None):
        self.check(client_id, "Test01", "Test02", _message, {})
        return {"bool": True}

    def Test02(self, client_id, _bool, _message=None):
        self.check(client_id, "Test02", "Test03", _message, {"bool": True})
        return {"int": 1}

    def Test03(self, client_id, _int, _message=None):
        self.check(client_id, "Test03", "Test04", _message, {"int": 1})
        return {"float": 1.0}

    def Test04(self, client_id, _float, _message=None):
        self.check(client_id, "Test04", "Test05", _message, {"float": 1.0})
        return {"string": "ping"}

    def Test05(self, client_id, _string, _message=None):
        self.check(client_id, "Test05", "Test06", _message, {"string": "ping"})
        return SCALARS

    def Test06(self, client_id, _bool, _int, _float, _string, _message=None):
        self.check(client_id, "Test06", "Test07", _message, SCALARS)
        return {"struct": SCALARS}

    def Test07(self, client_id, _struct, _message=None):
        self.check(client_id, "Test07", "Test08", _message, {"struct": SCALARS})
        return {"map": MAP}

    def Test08(self, client_id, _map, _message=None):
        self.check(client_id, "Test08", "Test09", _message, {"map": MAP})
        return {"set": SET}

    def Test09(self, client_id, _set, _message=None):
        self.check(client_id, "Test09", "Test10", _message, {"set": {"one": {}, "two": {}, "three": {}}})
        return {"mytype": {**MYTYPE, "nullable": None, "nullable_array_struct": None}}

    def Test10(self, client_id, mytype, _message=None):
        # python3-varlink has made a set of the string set in the message by now.
        given = {name: value for name, value in mytype.items() if value is not None}
        parameters = {"client_id": client_id, "mytype": MYTYPE}
        self.check(client_id, "Test10", "Test11", {**_message, "parameters": {**parameters, "mytype": given}}, parameters, more=True)
        for string in NUMBERED:
            yield {"string": string, "_continues": string != NUMBERED[-1]}

    def Test11(self, client_id, last_more_replies, _message=None, _oneway=False):
        self.check(client_id, "Test11", "End", _message, {"last_more_replies": NUMBERED}, oneway=True)

    def End(self, client_id, _message=None):
        self.check(client_id, "End", None, _message, {})
        return {"all_ok": True}


if sys.argv[1] == "--client":
    run_client(sys.argv[2])
else:
    with varlink.ThreadingServer(sys.argv[1], RequestHandler) as server:
        print("listening", flush=True)
        server.serve_forever()
