#!/bin/sh
# Installs what the tests and the demo need on a Debian machine and starts none of it: every test
# brings up a private dockerd of its own. Does nothing, and needs no network, when all is there.
#
#   scripts/ensure-engine.sh [PACKAGE...]     (Debian package names; as root)
set -eu

[ $# -gt 0 ] || set -- docker.io busybox-static docker-registry attr acl e2fsprogs libcap2-bin tmux strace \
  gcc libc6-dev musl-tools rpm db5.3-util debootstrap debian-archive-keyring

have() { command -v "$1" >/dev/null 2>&1; }

installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Programs count, not packages: a Docker from elsewhere must never be replaced by Debian's.
present() {
  case $1 in
  docker.io) have dockerd && have docker ;;
  docker-registry) have docker-registry ;;
  tmux | strace) have "$1" ;;
  attr) have getfattr && have setfattr ;;
  acl) have setfacl ;;
  libcap2-bin) have setcap ;;
  e2fsprogs) have chattr ;;
  procps) have ps ;;
  *) installed "$1" ;;
  esac
}

# Debian's dockerd and setcap are in sbin, which the PATH of a plain "su" lacks.
PATH=$PATH:/usr/sbin:/sbin

missing=
for package in "$@"; do
  present "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

[ "$(id -u)" -eq 0 ] || {
  echo "ensure-engine: not installed:$missing (run this as root)" >&2
  exit 1
}
have apt-get || {
  echo "ensure-engine: not installed:$missing (no apt-get here: install them by hand)" >&2
  exit 1
}

# The packages would start their services; this is Debian's way to say no. An administrator's own
# policy stays as it is.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# A mirror may fail for a moment, and a machine that has just started runs an apt of its own.
quietly() {
  for wait in 10 30 60 0; do
    "$@" >"$log" 2>&1 </dev/null && return
    sleep "$wait"
  done
  cat "$log" >&2
  rm -f "$log"
  echo "ensure-engine: failed: $*" >&2
  exit 1
}

echo "ensure-engine: installing$missing"
quietly apt-get -q update
# From Debian 13 on, the client and BuildKit are packages of their own, only recommended by it.
case " $missing " in *" docker.io "*)
  for package in docker-cli docker-buildx; do
    if [ -n "$(apt-cache -q show "$package" 2>/dev/null)" ]; then missing="$missing $package"; fi
  done
  ;;
esac
# A host's dynamically linked busybox makes place for the static one, which does the same; nothing
# else may be removed for us.
case " $missing " in *" busybox-static "*)
  quietly apt-get -q -y --no-install-recommends install busybox-static
  ;;
esac
# shellcheck disable=SC2086 # a list of words
quietly apt-get -q -y --no-install-recommends --no-remove install $missing
rm -f "$log"
echo "ensure-engine: installed$missing; no service was started"
