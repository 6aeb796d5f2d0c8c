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

for tool in apt-get apt-cache dpkg dpkg-deb; do
  command -v "$tool" >/dev/null 2>&1 || fail "there is no $tool: this needs a Debian machine"
done

folder=${REBASE_IMAGE_CACHE:-/var/cache/rebase-image}/docker-$wanted
dockerd=$folder/dockerd
if [ -x "$dockerd" ]; then
  echo "$dockerd"
  exit 0
fi

[ "$(id -u)" -eq 0 ] || fail "run this as root"
mkdir -p "$folder"
work=$(mktemp -d "$folder/fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Mirrors that this machine knows under Debian's own label, its security archive left out.
mirrors=$(apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' |
  sed -n 's/ Debian$//p' | sort -u)
[ -n "$mirrors" ] || fail "no Debian mirror is configured here (apt-get update?)"

root=$work/apt
mkdir -p "$root/lists/partial" "$root/cache/archives/partial" "$root/parts"
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
Dir::Etc::preferencesparts "$root/parts";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Sandbox::User "root";
CONF

own_apt() {
  program=$1
  shift
  APT_CONFIG=$root/apt.conf "$program" -q "$@"
}

log=$work/log
own_apt apt-get update >"$log" 2>&1 || {
  cat "$log" >&2
  fail "the lists of Debian $suite are not to be had"
}
version=$(own_apt apt-cache policy docker.io | sed -n 's/^ *Candidate: //p')
case $version in
"$wanted".*) ;;
'' | '(none)') fail "Debian $suite has no docker.io for this machine" ;;
*) fail "Debian $suite has docker.io $version by now, not $wanted" ;;
esac

packages='docker.io containerd'
for package in docker-cli docker-buildx; do
  own_apt apt-cache show "$package" >/dev/null 2>&1 && packages="$packages $package"
done
(
  cd "$work"
  # shellcheck disable=SC2086 # a list of words
  own_apt apt-get download $packages >"$log" 2>&1
) || {
  cat "$log" >&2
  fail "docker.io $version could not be fetched"
}

mkdir "$work/root"
for package in "$work"/*.deb; do dpkg-deb -x "$package" "$work/root"; done
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
mv "$work/dockerd" "$dockerd"
"$dockerd" --version >&2 || {
  rm -f "$dockerd"
  fail "dockerd $version does not run on this machine"
}
echo "$dockerd"
