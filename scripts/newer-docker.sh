#!/bin/sh
# Brings a newer dockerd from Debian's packages into a private folder and prints the path of a
# dockerd that starts it. The machine's packages, sources and lists stay as they are.
#
#   scripts/newer-docker.sh 26.1 | 28.5       (as root; Debian 13 has 26.1, unstable has 28.5)
#
# The mirror is the one that this machine is configured for. What is fetched is kept in
# $REBASE_IMAGE_CACHE (default /var/cache/rebase-image), so that a second call needs no network.
# Its runc stays Debian's own of this machine: a newer one wants a newer libc.
set -eu

fail() {
  echo "newer-docker: $*" >&2
  exit 1
}

wanted=${1:-}
case $wanted in
26.1) suite=trixie ;;
28.5) suite=sid ;;
*) fail "which dockerd? 26.1 (Debian 13) or 28.5 (Debian unstable)" ;;
esac

# Some of what is called is in sbin, which the PATH of a plain "su" lacks.
PATH=$PATH:/usr/sbin:/sbin

for tool in apt-get apt-cache dpkg-deb flock runc; do
  command -v "$tool" >/dev/null 2>&1 ||
    fail "there is no $tool: this needs a Debian machine with docker.io"
done
[ "$(id -u)" -eq 0 ] || fail "run this as root"

folder=${REBASE_IMAGE_CACHE:-/var/cache/rebase-image}/docker-$wanted
dockerd=$folder/dockerd
mkdir -p "$folder"
# Two runs at a time would pull the folder away from each other.
exec 9>"$folder/lock"
flock 9
if [ -x "$dockerd" ]; then
  echo "$dockerd"
  exit 0
fi

work=$(mktemp -d "$folder/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

log=$work/log
# A mirror may fail for a moment, and be slow.
retried() {
  for wait in 10 30 60 0; do
    "$@" >"$log" 2>&1 </dev/null 9>&- && return
    echo "newer-docker: failed, $([ "$wait" = 0 ] && echo 'giving up' || echo "again in $wait s"): $*" >&2
    sleep "$wait"
  done
  cat "$log" >&2
  return 1
}

# The archives that this machine knows as Debian's own, updates and security left out: they hold
# not the whole distribution. Without lists apt does not know whose an archive is.
mirrors() {
  apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
    sed -n 's/^Debian main [^- ]* //p' | sort -u
}
mirrors=$(mirrors)
[ -n "$mirrors" ] || {
  retried apt-get -q update || fail "the lists of this machine's own sources are not to be had"
  mirrors=$(mirrors)
}
[ -n "$mirrors" ] || fail "this machine's apt is set up for no mirror of Debian"

root=$work/apt
mkdir -p "$root/lists/partial" "$root/cache/archives/partial" "$root/parts" "$root/debs"
: >"$root/status"
for mirror in $mirrors; do
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
done >"$root/sources.list"
cat >"$root/apt.conf" <<CONF
Dir::State "$root";
Dir::State::lists "$root/lists";
Dir::State::status "$root/status";
Dir::Cache "$root/cache";
Dir::Etc::sourcelist "$root/sources.list";
Dir::Etc::sourceparts "$root/parts";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "$root/parts";
APT::Default-Release "";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Sandbox::User "root";
CONF

own_apt() {
  program=$1
  shift
  APT_CONFIG=$root/apt.conf "$program" -q "$@"
}

# Without --error-on, apt-get is content with the lists that it could get.
retried own_apt apt-get update --error-on=any || fail "the lists of Debian $suite are not to be had"
version=$(own_apt apt-cache policy docker.io | sed -n 's/^ *Candidate: //p')
case $version in
"$wanted".*) ;;
'' | '(none)') fail "Debian $suite has no docker.io for this machine" ;;
*) fail "Debian $suite has docker.io $version by now, not $wanted" ;;
esac

# Up to Debian 12, the client and BuildKit are part of docker.io.
packages='docker.io containerd'
for package in docker-cli docker-buildx; do
  own_apt apt-cache show "$package" >/dev/null 2>&1 && packages="$packages $package"
done
# shellcheck disable=SC2086 # a list of words
download() (cd "$root/debs" && own_apt apt-get download $packages)
retried download || fail "docker.io $version could not be fetched"

mkdir "$work/root"
for package in "$root"/debs/*.deb; do dpkg-deb -x "$package" "$work/root"; done
[ -x "$work/root/usr/sbin/dockerd" ] || [ -x "$work/root/usr/bin/dockerd" ] ||
  fail "docker.io $version has no dockerd"

rm -rf "$folder/root"
mv "$work/root" "$folder/root"
# The folders of the new programs lead the PATH; runc and what is not in them is the machine's.
cat >"$work/dockerd" <<START
#!/bin/sh
PATH=$folder/root/usr/sbin:$folder/root/usr/bin:\$PATH:/usr/sbin:/sbin
export PATH
exec dockerd "\$@"
START
chmod 755 "$work/dockerd"
"$work/dockerd" --version >&2 || fail "dockerd $version does not run on this machine"
# Last, since it says that all the rest is there.
mv "$work/dockerd" "$dockerd"
echo "$dockerd"
