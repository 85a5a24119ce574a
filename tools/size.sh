#!/bin/sh
# size.sh BUILD [BUDGET]: the size of the stripped binary against tools/size.budget, and what each
# layer compiles to. Raising the budget needs a reason in the commit.
set -eu
tools=$(dirname "$0")
budget=$(cat "${2:-$tools/size.budget}")
size=$(wc -c <"$1/pssession")
for d in applets core net lib; do
	find "$1/o/$d" -name '*.o' 2>/dev/null | xargs -r size | awk -v d="$d" '
		$1 ~ /^[0-9]+$/ { n += $1 + $2 }
		END { printf "# %-8s %7d bytes, unused code included\n", d, n }'
done
if [ "$size" -le "$budget" ]; then
	echo "ok pssession: $size bytes of $budget"
else
	echo "not ok pssession: $size bytes, over the budget of $budget by $((size - budget))"
	exit 1
fi
