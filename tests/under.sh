#!/bin/sh
# under.sh FILE COMMAND...: makes FILE a stand-in for the binary, which COMMAND runs: an emulator or
# valgrind, and the binary last. Called by the name of an applet, FILE passes that on as the first
# argument.
set -eu
file=$1
shift
{
	echo '#!/bin/sh'
	echo 'case ${0##*/} in pssession*) ;; *) set -- "${0##*/}" "$@" ;; esac'
	echo "exec $* \"\$@\""
} >"$file"
chmod +x "$file"
