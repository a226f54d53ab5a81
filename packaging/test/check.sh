# One line for each check, and what went wrong below it; sourced by scripts/test-systemd and by boot.
failed=0

# check WHAT COMMAND …: runs the command, which says why on standard output or error when it fails.
check() {
  local what=$1 output began=$EPOCHREALTIME
  shift
  if output=$("$@" 2>&1); then
    printf 'ok    %-72s %5.1f s\n' "$what" "$(elapsed "$began")"
  else
    failed=$((failed + 1))
    printf 'FAIL  %s\n' "$what"
    printf '%s\n' "$output" | sed 's/^/      /'
    explain 2>&1 | sed 's/^/      | /'
  fi
}

# What else helps to understand a failure; boot says more.
explain() { :; }

elapsed() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }'; }

# until_true SECONDS COMMAND …: waits until the command succeeds, and shows its last words if it never does.
until_true() {
  local limit=$1 began=$SECONDS output
  shift
  until output=$("$@" 2>&1); do
    if ((SECONDS - began >= limit)); then
      echo "after $limit s still not: $*"
      printf '%s\n' "$output" | tail -5
      return 1
    fi
    sleep 0.2
  done
}

# same WHAT WANTED FOUND
same() {
  [ "$2" = "$3" ] || { printf '%s\n  wanted: %s\n  found:  %s\n' "$1" "$2" "$3"; return 1; }
}
