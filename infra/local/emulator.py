"""Runs the emulator behind a guard: whoever lacks the stack's secret is refused, by whichever of its ports they come.

Its functions reach S3 by requests that they sign with the secret (AWS_SECRET_ACCESS_KEY), and hand links and forms on that
are signed so too; everything else goes by a path that begins with the secret. The names that are replaced here are those of
the version that emulator.txt pins; one that is gone ends the start.
"""

import functools
import hashlib
import hmac
import http.server
import os
import sys
import threading
from urllib.parse import parse_qs

# It ends with the process that started it, in whatever way that ends: its standard input is a pipe from there.
threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()

import hypercorn.config
import ministack.app as emulator
from ministack.core import sigv4
from ministack.services import lambda_svc, s3
from ministack.services.cloudformation import provisioners

SECRET = os.environ["AWS_SECRET_ACCESS_KEY"]
# The variable of a function's environment that holds its name in the template.
NAME = "SAIZHENG_FUNCTION"
# Where forms are posted to.
FORMS = "/" + os.environ.pop("SAIZHENG_FORM_BUCKET")
# Where it listens: bound by who started it, so that nobody takes the port in between.
SOCKET = "fd://" + os.environ.pop("SAIZHENG_SOCKET")
# What a link or a form says besides what is signed: nothing that would send it to another service.
HARMLESS = {b"host", b"accept", b"range", b"if-match", b"if-none-match", b"if-modified-since", b"content-type", b"content-length",
            b"transfer-encoding", b"expect"}


def same(text, secret):
    return hmac.compare_digest(text.encode(), secret.encode())


def without_secret(scope, raw):
    """The request without the secret that its path begins with, or None."""
    first, _, _ = raw[1:].partition("/")
    if not same(first, SECRET):
        return None
    rest = len(SECRET) + 1
    return {**scope, "path": scope["path"][rest:] or "/", "raw_path": (raw[rest:] or "/").encode()}


def with_headers(scope, wanted):
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if name.lower() in wanted]}


def is_signed(signature, method, raw, query, headers, presigned):
    if isinstance(signature, tuple) or signature.service != "s3" or signature.region_set is not None:
        return False
    if "host" not in signature.signed_headers.split(";"):
        return False
    if not presigned and ("x-amz-content-sha256" not in headers or sigv4.request_time_failure(signature)):
        return False
    failure = sigv4.header_signature_failure(signature, SECRET, method, raw, query, headers, b"", presigned=presigned)
    return failure is None


def admitted(scope):
    """The request as the emulator may have it, or None."""
    raw = (scope.get("raw_path") or b"/").decode("latin-1")
    inner = without_secret(scope, raw)
    if inner is not None or scope["type"] != "http":
        return inner
    method = scope["method"]
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    headers = {name.decode("latin-1").lower(): sigv4.decode_header_value(value) for name, value in scope["headers"]}
    if headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
        return scope if is_signed(sigv4.parse_header_signature(headers), method, raw, query, headers, False) else None
    if query.get("X-Amz-Algorithm") == ["AWS4-HMAC-SHA256"] and method in ("GET", "HEAD"):
        # How long it counts is checked behind this, as ever.
        good = is_signed(sigv4.parse_query_signature(query), method, raw, query, headers, True)
        return with_headers(scope, HARMLESS) if good else None
    if method == "POST" and raw.rstrip("/") == FORMS and not query:
        # Its fields are read behind this: `signed_form`.
        return with_headers(scope, HARMLESS)
    return None


async def refuse(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    body = b"<Error><Code>AccessDenied</Code><Message>saizheng: this is not the entry address</Message></Error>"
    headers = [(b"content-type", b"application/xml"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def guard(app):
    async def guarded(scope, receive, send):
        inner = scope if scope["type"] == "lifespan" else admitted(scope)
        await (refuse(scope, receive, send) if inner is None else app(inner, receive, send))

    return guarded


def signed_forms(check_policy):
    """Forms that the secret has signed; the emulator itself looks at their policy only."""
    def signed_form(fields, bucket, region, size, version_4):
        scope = fields.get("x-amz-credential", "").split("/")
        if not version_4 or len(scope) != 5:
            return s3._error("AccessDenied", "Access Denied", 403)
        computed = sigv4.calculate_signature(SECRET, scope[1], scope[2], "s3", fields.get("policy", ""))
        if not same(fields.get("x-amz-signature", ""), computed):
            return s3._error("SignatureDoesNotMatch", "The form was not signed by this system.", 403)
        return check_policy(fields, bucket, region, size, version_4)

    return signed_form


def unsigned_form(*_):
    return s3._error("AccessDenied", "Access Denied", 403)


def guard_runtime(parse_request):
    """What functions are invoked by has ports of its own: their paths begin with the secret as well."""
    def guarded(self):
        if not parse_request(self):
            return False
        if same(self.path[1:].partition("/")[0], SECRET):
            return True
        self.send_error(403)
        return False

    return guarded


def secret_runtime(environment):
    """What a function starts with: where its runtime is, and the name that it signs its requests with."""
    def with_secret(config, code_dir, port):
        own = environment(config, code_dir, port)
        name = own.get(NAME, own["AWS_ACCESS_KEY_ID"])
        return {**own, "AWS_LAMBDA_RUNTIME_API": f"http://127.0.0.1:{port}/{SECRET}", "AWS_ACCESS_KEY_ID": name}

    return with_secret


def names_of_the_account(resolve):
    """Functions sign by their names, and all of them with the secret, as the account itself does."""
    def resolved(_name, account, token):
        return resolve(account, account, token)

    return resolved


def object_of_address(read_object):
    """Objects that are named by an address with the secret in front, as `sam deploy` names its template."""
    def read(bucket, key, **version):
        if same(bucket, SECRET):
            bucket, _, key = key.partition("/")
        return read_object(bucket, key, **version)

    return read


def one_package(fetch):
    """All functions are one package, whose name has its digest: it is in memory once."""
    kept = {}

    def fetched(bucket, key, version_id=None):
        name = bucket, key, version_id
        if name not in kept:
            package = fetch(bucket, key, version_id=version_id)
            if package is None:
                return None
            kept.clear()
            kept[name] = package
        return kept[name]

    return fetched


class PackageHashes:
    """`hashlib`, where what is as large as a package is digested once and not for each function."""

    LARGE = 1 << 20

    def __getattr__(self, name):
        return getattr(hashlib, name)

    def sha256(self, data=b"", **how):
        if type(data) is bytes and len(data) >= self.LARGE:
            return self.digested(data).copy()
        return hashlib.sha256(data, **how)

    @staticmethod
    @functools.lru_cache(maxsize=2)
    def digested(data):
        return hashlib.sha256(data)


def on_the_given_socket(create_sockets):
    def create(config):
        config.bind = [SOCKET]
        return create_sockets(config)

    return create


def main():
    hypercorn.config.Config.create_sockets = on_the_given_socket(hypercorn.config.Config.create_sockets)
    s3.resolve_credential = names_of_the_account(s3.resolve_credential)
    s3._get_object_data = object_of_address(s3._get_object_data)
    emulator.app = guard(emulator.app)
    s3._enforce_signed_post_policy = signed_forms(s3._enforce_signed_post_policy)
    # Named first: setting what is not there would guard nothing.
    assert callable(s3._enforce_post_policy_size)
    s3._enforce_post_policy_size = unsigned_form
    lambda_svc._provided_worker_env = secret_runtime(lambda_svc._provided_worker_env)
    lambda_svc._fetch_code_from_s3 = one_package(lambda_svc._fetch_code_from_s3)
    assert provisioners.hashlib is lambda_svc.hashlib is hashlib
    provisioners.hashlib = lambda_svc.hashlib = PackageHashes()
    handler = http.server.BaseHTTPRequestHandler
    handler.parse_request = guard_runtime(handler.parse_request)
    sys.argv = ["ministack"]
    emulator.main()


main()
