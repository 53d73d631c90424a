#!/bin/sh
# Installs the PostgreSQL server's programs (initdb, postgres), which the tests start and stop themselves.
# Does nothing where they are present. No cluster is made and no service is started.
#
#   sh scripts/install-postgres.sh
set -eu

present() {
	if [ -n "${TDLAKE_PG_BIN:-}" ]; then
		[ -x "$TDLAKE_PG_BIN/initdb" ] && [ -x "$TDLAKE_PG_BIN/postgres" ]
		return
	fi
	if command -v initdb >/dev/null 2>&1; then
		return 0
	fi
	for dir in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin /usr/local/pgsql/bin; do
		if [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then
			return 0
		fi
	done
	return 1
}

fail() {
	echo "install-postgres: $1" >&2
	echo "hint: $2" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo "$@"
	else
		fail "installing needs root" "run this as root, or install PostgreSQL's server yourself and set TDLAKE_PG_BIN to the folder of initdb"
	fi
}

if present; then
	exit 0
fi
if [ -n "${TDLAKE_PG_BIN:-}" ]; then
	fail "TDLAKE_PG_BIN: no initdb and postgres in $TDLAKE_PG_BIN" "set it to the folder that holds them, or unset it"
fi
case "$(uname -s)" in
Darwin)
	fail "PostgreSQL's server is not installed" "brew install postgresql"
	;;
esac
command -v apt-get >/dev/null 2>&1 ||
	fail "PostgreSQL's server is not installed, and there is no apt-get" "install your system's package of it (postgresql-server), or set TDLAKE_PG_BIN to the folder of initdb"

echo "install-postgres: installing PostgreSQL's server with apt-get" >&2

# postgresql-common first, so that its setting is there when the server's package would make a cluster and start it.
quiet() {
	as_root env DEBIAN_FRONTEND=noninteractive "$@" >/dev/null
}
quiet apt-get -q update
quiet apt-get -q install -y --no-install-recommends postgresql-common
as_root mkdir -p /etc/postgresql-common/createcluster.d
echo "create_main_cluster = false" | as_root tee /etc/postgresql-common/createcluster.d/tdlake.conf >/dev/null
quiet apt-get -q install -y --no-install-recommends postgresql

present || fail "PostgreSQL was installed, but initdb is not found" "set TDLAKE_PG_BIN to the folder that holds it"
