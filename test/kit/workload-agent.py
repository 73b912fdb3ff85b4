"""An agent of the SPIFFE Workload API on gRPC's own library: gives out what lies in a folder.

workload-agent.py SOCKET FOLDER: for each NAME.json of the folder, in order of name, the identity in
it: {"id", "chain", "key", "bundle"} in base64 for certificates, {"id", "token"} for tokens. It looks
again five times a second, and tells who listens of what has changed. An empty folder: nobody may.
"""
import base64, json, os, sys, time
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

SOCKET, FOLDER = sys.argv[1:]
STRING, MESSAGE, BYTES = 9, 11, 12
FIELDS = {
    "X509SVIDRequest": [],
    "X509SVID": [("spiffe_id", STRING), ("x509_svid", BYTES), ("x509_svid_key", BYTES), ("bundle", BYTES), ("hint", STRING)],
    "X509SVIDResponse": [("svids", "X509SVID"), ("crl", [BYTES])],
    "JWTSVIDRequest": [("audience", [STRING]), ("spiffe_id", STRING)],
    "JWTSVID": [("spiffe_id", STRING), ("svid", STRING), ("hint", STRING)],
    "JWTSVIDResponse": [("svids", "JWTSVID")],
}


def described():
    file = descriptor_pb2.FileDescriptorProto(name="workload.proto", syntax="proto3")
    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields, 1):
            added = message.field.add(name=field, number=number, label=1)
            if isinstance(kind, str):
                added.type, added.type_name, added.label = MESSAGE, "." + kind, 3
            elif isinstance(kind, list):
                added.type, added.label = kind[0], 3
            else:
                added.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return {name: factory.GetPrototype(pool.FindMessageTypeByName(name)) for name in FIELDS}


M = described()


def identities(field):
    found = []
    for name in sorted(os.listdir(FOLDER)):
        if name.endswith(".json"):
            with open(os.path.join(FOLDER, name)) as file:
                each = json.load(file)
            if field in each:
                found.append(each)
    return found


def bytes_of(text):
    return base64.b64decode(text)


def answer_of(all):
    return M["X509SVIDResponse"](svids=[
        M["X509SVID"](
            spiffe_id=each["id"],
            x509_svid=bytes_of(each["chain"]),
            x509_svid_key=bytes_of(each["key"]),
            bundle=bytes_of(each["bundle"]),
            hint="internal",
        )
        for each in all
    ])


def allowed(context):
    if ("workload.spiffe.io", "true") not in [(key, value) for key, value in context.invocation_metadata()]:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT, "security header missing from request")


def fetch_x509(request, context):
    allowed(context)
    before = None
    while context.is_active():
        now = identities("chain")
        if not now:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "no identity issued: 100 % sure")
        if now != before:
            yield answer_of(now)
        before = now
        time.sleep(0.2)


def fetch_jwt(request, context):
    allowed(context)
    found = [each for each in identities("token") if request.spiffe_id in ("", each["id"])]
    fitting = [each for each in found if each["audience"] in request.audience]
    if not fitting:
        context.abort(grpc.StatusCode.PERMISSION_DENIED, "no identity issued")
    return M["JWTSVIDResponse"](svids=[M["JWTSVID"](spiffe_id=e["id"], svid=e["token"]) for e in fitting])


def handler(make, function, asked, answered):
    return make(function, request_deserializer=M[asked].FromString, response_serializer=M[answered].SerializeToString)


server = grpc.server(futures.ThreadPoolExecutor(8))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("SpiffeWorkloadAPI", {
    "FetchX509SVID": handler(grpc.unary_stream_rpc_method_handler, fetch_x509, "X509SVIDRequest", "X509SVIDResponse"),
    "FetchJWTSVID": handler(grpc.unary_unary_rpc_method_handler, fetch_jwt, "JWTSVIDRequest", "JWTSVIDResponse"),
}),))
server.add_insecure_port("unix:" + SOCKET)
server.start()
print("ready", flush=True)
server.wait_for_termination()
