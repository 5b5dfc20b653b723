#!/usr/bin/env bash
# AWS SAM CLI against the running local stack: the functions run in containers, as `sam local` runs them.
#
#   sam-local.sh setup                          install and prepare (once; apt packages need root)
#   sam-local.sh build [SAM BUILD ARGS]         sam validate --lint, cfn-lint, sam build
#   sam-local.sh invoke FUNCTION EVENT [ARGS]   sam local invoke, with the event's placeholders filled in
#   sam-local.sh start-api [ARGS]               sam local start-api on 127.0.0.1:3999 (SAM_PORT)
#   sam-local.sh stop                           stop podman's service, take the NAT rules back
#
# Needs root on Debian 12 and cargo; no Docker and no image registry. The stack is the one of the data folder
# .saizheng (SAIZHENG_DATA names another): start it first with `saizheng up`. See docs/SAM.md.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
DATA=$(realpath -m "${SAIZHENG_DATA:-$ROOT/.saizheng}")
STATE=$ROOT/target/tools/sam-local # all that this script makes
TOOLS=$ROOT/target/tools/sam       # SAM and what it calls; `.ci/run` makes the same
BUILT=$ROOT/.aws-sam/build/template.yaml
PINS=$ROOT/infra/local/sam.txt     # SAM, cfn-lint, cargo-lambda and zig, by version and hash
# What SAM asks for; setup makes it from this machine's own files.
IMAGE=public.ecr.aws/lambda/provided:al2023-x86_64
RAPID_IMAGE=public.ecr.aws/lambda/provided:al2023-rapid-x86_64   # sam builds this one from it
BRIDGE=cni-podman0 GATEWAY=10.88.0.1 CHAIN=SAIZHENG-SAM

export PATH="$TOOLS/bin:$PATH" SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=us-east-1
# Else sam asks the network who it is: 10 s an invoke.
export AWS_EC2_METADATA_DISABLED=true
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE
export CONTAINERS_CONF=$STATE/containers.conf CONTAINERS_STORAGE_CONF=$STATE/storage.conf
export DOCKER_HOST=unix://$STATE/podman.sock

say() { echo "[sam-local] $*" >&2; }
die() { say "$*"; exit 1; }

# ── setup ───────────────────────────────────────────────────────────────────────────────────────────────────────
setup() {
  local missing=() package
  for package in podman runc containernetworking-plugins iptables curl make python3-venv; do
    dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    say "installing by apt: ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  fi
  mkdir -p "$STATE"
  if ! cmp -s "$PINS" "$TOOLS/pins"; then
    say "installing from PyPI: $(tr '\n' ' ' < "$ROOT/infra/local/sam.in")"
    python3 -m venv --clear "$TOOLS"
    "$TOOLS/bin/pip" install -q --disable-pip-version-check --no-deps --require-hashes -r "$PINS"
    cp "$PINS" "$TOOLS/pins"
  fi
  podman_settings
  podman image exists "$IMAGE" || base_image
  say "ready"
}

podman_settings() {
  # podman 4.3's Docker API swaps soft and hard limits, so both are the same number.
  cat > "$CONTAINERS_CONF" <<'C'
[containers]
default_ulimits = ["nofile=8192:8192", "nproc=8192:8192"]
pids_limit = 0
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
C
  cat > "$CONTAINERS_STORAGE_CONF" <<C
[storage]
driver = "overlay"
graphroot = "$STATE/podman/root"
runroot = "$STATE/podman/run"
C
}

# The shell and the tools that sam's generated Dockerfile runs, the C library that the functions were linked
# against, and the CA certificates.
base_image() {
  say "making the base image from this machine's files"
  local folder tool file
  folder=$(mktemp -d "$STATE/image.XXXX")
  mkdir -p "$folder"/{bin,usr/bin,lib,lib64,tmp,etc/ssl/certs,var/task,var/runtime,opt,root,proc,sys,dev,run}
  chmod 1777 "$folder/tmp"
  for tool in sh mv chmod cp rm mkdir cat ls; do cp -L "/bin/$tool" "$folder/bin/$tool"; done
  { for tool in sh mv chmod cp rm mkdir cat ls; do ldd "/bin/$tool"; done
    ldconfig -p | grep -E '(libgcc_s\.so\.1|libm\.so\.6|libnss_(dns|files)\.so\.2|libresolv\.so\.2|libdl\.so\.2|libpthread\.so\.0|librt\.so\.1) .*x86-64'
  } | grep -oE '/[^ ]+' | sort -u | while read -r file; do
    if [ -f "$file" ] && [ ! -e "$folder$file" ]; then install -D "$(readlink -f "$file")" "$folder$file"; fi
  done
  echo 'root:x:0:0:root:/root:/bin/sh' > "$folder/etc/passwd"
  echo 'root:x:0:' > "$folder/etc/group"
  echo 'hosts: files dns' > "$folder/etc/nsswitch.conf"
  cp -L /etc/ssl/certs/ca-certificates.crt "$folder/etc/ssl/certs/"
  podman rmi -f "$RAPID_IMAGE" >/dev/null 2>&1 || true
  tar -C "$folder" -c --numeric-owner . | podman import -q --change 'WORKDIR /var/task' \
    --change ENV=LAMBDA_TASK_ROOT=/var/task --change ENV=LD_LIBRARY_PATH=/var/task/lib:/opt/lib - "$IMAGE" >/dev/null
  rm -rf "$folder"
}

# ── build ───────────────────────────────────────────────────────────────────────────────────────────────────────
build() {
  cd "$ROOT"
  sam validate --lint -t template.yaml
  cfn-lint template.yaml
  sam build "$@"
}

# ── run ─────────────────────────────────────────────────────────────────────────────────────────────────────────
answers() { curl -sf --max-time 3 --unix-socket "$STATE/podman.sock" http://d/_ping >/dev/null 2>&1; }

podman_service() {
  if answers; then return; fi
  rm -f "$STATE/podman.sock"
  setsid podman system service --time=0 "$DOCKER_HOST" >"$STATE/podman.log" 2>&1 </dev/null &
  echo $! > "$STATE/podman.pid"
  for _ in $(seq 50); do if answers; then return; fi; sleep 0.1; done
  die "podman's service did not come up, see $STATE/podman.log"
}

# In a container host.containers.internal is the bridge's gateway. The stack listens on 127.0.0.1 only: its two
# ports, and no others, are handed on.
reach_the_stack() {
  no_rules
  iptables -t nat -N "$CHAIN"
  local port
  for port in $(stack ports); do
    iptables -t nat -A "$CHAIN" -p tcp --dport "$port" -j DNAT --to-destination "127.0.0.1:$port"
  done
  iptables -t nat -A PREROUTING -i "$BRIDGE" -d "$GATEWAY" -j "$CHAIN"
  # A container with a published port sets this too, which every one of sam's is.
  if [ -e "/proc/sys/net/ipv4/conf/$BRIDGE" ]; then echo 1 > "/proc/sys/net/ipv4/conf/$BRIDGE/route_localnet"; fi
}

no_rules() {
  iptables -t nat -D PREROUTING -i "$BRIDGE" -d "$GATEWAY" -j "$CHAIN" 2>/dev/null || true
  iptables -t nat -F "$CHAIN" 2>/dev/null && iptables -t nat -X "$CHAIN" || true
}

ready() {
  [ -e "$TOOLS/pins" ] || die "run '$0 setup' first"
  [ -e "$BUILT" ] || die "run '$0 build' first"
  [ -e "$DATA/servers.json" ] || die "no stack runs in $DATA: run 'saizheng up' first"
  podman_service
  reach_the_stack
  # The addresses in it have the stack's secret.
  rm -f "$STATE/env.json"
  (umask 077; stack variables > "$STATE/env.json")
}

# What is asked of the running stack: its ports, the functions' variables, or an event with its placeholders filled:
#   @KEY:checked/*@      the newest object's key, encoded as S3 encodes it (after the first *, any glob)
#   @VERSION:checked/*@  its version    @SIZE:checked/*@  its size
#   @APPLICATION@        the newest application    @NOW@  the time
stack() {
  python3 - "$DATA/servers.json" "$@" <<'P'
import datetime, fnmatch, functools, json, re, sys, urllib.parse, urllib.request
import xml.etree.ElementTree as tree

servers = json.load(open(sys.argv[1]))
BUCKET, TABLE = "saizheng-work-000000000000", "saizheng-records"
DUMMY = "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
inside = lambda url: url.replace("127.0.0.1", "host.containers.internal")

@functools.cache
def newest(pattern):
    prefix = urllib.parse.quote(pattern.split("*")[0])
    request = urllib.request.Request(f"{servers['endpoint']}/{BUCKET}?versions&prefix={prefix}", headers={"authorization": DUMMY})
    found = []
    for version in tree.parse(urllib.request.urlopen(request)).findall("{*}Version"):
        of = lambda name: version.findtext("{*}" + name)
        if of("IsLatest") == "true" and fnmatch.fnmatchcase(of("Key"), pattern):
            found.append((of("LastModified"), of("Key"), of("VersionId"), of("Size")))
    if not found:
        sys.exit(f"[sam-local] no object {pattern} in {BUCKET}")
    return max(found)

def fill(match):
    name, pattern = match.group(1), match.group(2)
    if name == "NOW":
        return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if name == "APPLICATION":
        return newest("inbox/*")[1].split("/")[2]
    if name == "KEY":
        return urllib.parse.quote_plus(newest(pattern)[1], safe="/")
    return newest(pattern)[{"VERSION": 2, "SIZE": 3}[name]]

match sys.argv[2]:
    case "ports":
        print(*(urllib.parse.urlsplit(servers[name]).port for name in ("endpoint", "dynamodb")))
    case "variables":
        print(json.dumps({"Parameters": {
            "TABLE": TABLE, "BUCKET": BUCKET,
            "AWS_ENDPOINT_URL": inside(servers["endpoint"]), "AWS_ENDPOINT_URL_DYNAMODB": inside(servers["dynamodb"]),
        }}, indent=2))
    case "event":
        text = sys.stdin.read() if sys.argv[3] == "-" else open(sys.argv[3]).read()
        print(re.sub(r"@(NOW|APPLICATION|KEY|VERSION|SIZE)(?::([^@]+))?@", fill, text))
P
}

# The function's answer alone goes to standard output; logs go to standard error.
invoke() {
  [ $# -ge 2 ] || die "usage: invoke FUNCTION EVENT [ARGS]"
  local function=$1 event=$2
  shift 2
  event=$(realpath "$event")
  ready
  local filled
  filled=$(stack event "$event")
  sam local invoke "$function" -t "$BUILT" -e - --env-vars "$STATE/env.json" --skip-pull-image "$@" <<<"$filled"
}

# SIGTERM ends it and its containers.
start_api() {
  ready
  exec sam local start-api -t "$BUILT" --env-vars "$STATE/env.json" --skip-pull-image --host 127.0.0.1 \
    --port "${SAM_PORT:-3999}" --warm-containers LAZY "$@"
}

stop() {
  # Every invoke of a function with a layer leaves one untagged image behind.
  if answers; then podman image prune -f >/dev/null 2>&1 || true; fi
  if [ -e "$STATE/podman.pid" ]; then kill "$(cat "$STATE/podman.pid")" 2>/dev/null || true; fi
  rm -f "$STATE/podman.pid" "$STATE/podman.sock"
  no_rules
}

case ${1:-} in
  setup | build | invoke | stop) "$@" ;;
  start-api) shift; start_api "$@" ;;
  *) sed -n '2,11p' "$0" | cut -c3-; exit 2 ;;
esac
