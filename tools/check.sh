# Read by the checks. check NAME FUNCTION: each line that FUNCTION prints is a violation.
failed=0
check() {
	found=$("$2")
	if [ -z "$found" ]; then
		echo "ok $1"
	else
		echo "$found"
		echo "not ok $1: $(echo "$found" | wc -l) found"
		failed=1
	fi
}
