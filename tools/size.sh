#!/bin/sh
# size.sh BUILD [BUDGET]: the size of the stripped binary against tools/size.budget, and what each
# layer has in it. Raising the budget needs a reason in the commit.
set -eu
tools=$(dirname "$0")
budget=$(cat "${2:-$tools/size.budget}")
size=$(wc -c <"$1/pssession")
nm -S -t d -l "$1/pssession.debug" | awk '
	NF > 4 { sub(/^\.\//, "", $5); sub(/\/.*/, "", $5); n[$5] += $2 }
	END { for (d in n) printf "# %-8s %7d bytes\n", d == "build" ? "BearSSL" : d, n[d] }' | sort
if [ "$size" -le "$budget" ]; then
	echo "ok pssession: $size bytes of $budget"
else
	echo "not ok pssession: $size bytes, over the budget of $budget by $((size - budget))"
	exit 1
fi
