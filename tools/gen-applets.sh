#!/bin/sh
# gen-applets.sh: the sorted list of applets as lines of X(id), to be included with X defined.
# APPLET(id, "name", ...) in column 0 of applets/*.c is the only registration.
set -eu
cd "$(dirname "$0")/.."
echo '/* made by tools/gen-applets.sh */'
grep -h '^APPLET(' applets/*.c 2>/dev/null | sed 's/^APPLET(\([a-z0-9_]*\).*/X(\1)/' | LC_ALL=C sort
