#!/bin/sh
# A session against the test endpoint on this machine: HTTP, NTLM, sealed messages.
# Lines on stdin go to the session; without any a short scripted session is played.
# PSSESSION names another client than build/pssession.
set -u
here=$(dirname "$0")
client=${PSSESSION:-$here/../build/pssession}
python=/usr/bin/python3
packages="python3-gssapi gss-ntlmssp"

say() { printf 'demo: %s\n' "$*" >&2; }

have_gss() {
	"$python" -c 'import gssapi' 2>/dev/null || return 1
	for f in /etc/gss/mech.d/*ntlmssp*; do
		[ -e "$f" ] && return 0
	done
	return 1
}

have_packages() {
	have_gss && return 0
	if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
		say "installing $packages through apt"
		apt-get install -y -q $packages >&2 ||
			{ apt-get update -q >&2 && apt-get install -y -q $packages >&2; }
		have_gss && return 0
	fi
	say "the endpoint needs python3 and these packages: apt-get install $packages"
	return 1
}

cleanup() {
	trap - EXIT HUP INT TERM
	if [ -n "$pid" ]; then
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		left=$(sed -n 's/^shells open: //p' "$dir/out")
		[ "$left" = 0 ] || say "shells left open: $left"
	fi
	rm -rf "$dir"
}

script() {
	if [ "$engine" = pwsh ]; then
		cat <<-'END'
			"hello from PowerShell $($PSVersionTable.PSVersion)"
			Get-Item /no/such/file
			1..5 | % { Write-Progress Copying -Status "$_ of 5" -Perc ($_*20); Start-Sleep -m 100 }
			exit
		END
	else
		cat <<-'END'
			echo "hello from $(uname -sr)"
			ls /no/such/file
			Write-Progress Copying
			exit
		END
	fi
}

typed() {
	while IFS= read -r line; do
		sleep 0.5
		printf '> %s\n' "$line" >&2
		printf '%s\n' "$line"
	done
}

session() {
	"$client" enter-pssession -ComputerName 127.0.0.1 -Port "$port" -Credential demo \
		-PasswordFile "$dir/password"
}

[ -x "$client" ] || { say "$client is not there: run make"; exit 1; }
have_packages || exit 1
umask 077
pid=
dir=$(mktemp -d) || exit 1
trap cleanup EXIT
trap 'exit 130' HUP INT TERM
od -An -N12 -tx1 /dev/urandom | tr -d ' \n' >"$dir/password"
{ printf 'WORKGROUP:demo:' && cat "$dir/password" && echo; } >"$dir/accounts"
echo >>"$dir/password"

engine=sh
command -v "${PWSH:-pwsh}" >/dev/null && engine=pwsh
"$python" "$here/endpoint/serve" --engine "$engine" --account-file "$dir/accounts" \
	>"$dir/out" </dev/null &
pid=$!
port=
tries=0
while [ -z "$port" ] && [ $tries -lt 100 ] && kill -0 "$pid" 2>/dev/null; do
	sleep 0.1
	tries=$((tries + 1))
	port=$(sed -n 's/^port //p' "$dir/out")
done
[ -n "$port" ] || { say "the endpoint did not start"; exit 1; }

if [ -t 0 ]; then
	say "a session on this machine, its lines run by $engine; port $port, NTLM, sealed."
	say "Type commands (echo hello, cd /tmp, Write-Progress x), Ctrl+C stops one, exit ends."
	session
elif IFS= read -r first || [ -n "$first" ]; then
	{ printf '%s\n' "$first" && cat; } | session
else
	say "nothing to read on stdin: a scripted session, its lines run by $engine"
	script | typed | session
	status=$?
	[ $status -le 1 ]    # 1: the error in the script
fi
