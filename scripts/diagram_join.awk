# diagram_join.awk - one print for what a program prints in pieces.
#
#   LC_ALL=C awk [-v times=0] -f scripts/diagram_join.awk TRACE
#
# A trace again, as the director writes it; but where one process prints one
# line by several calls, with nothing in between, they have become one. A pid
# that comes digit by digit could not be told from other numbers else. With
# times=0, where no run is to differ from another, a key of ftok(3) becomes
# `<key>`: it is made from the folder in which it was played.

BEGIN {
  if (times == "") times = 1
  FS = OFS = "\t"
  prints = "^(v?printf|puts|putchar|putc|fputc|fputs|fwrite|v?fprintf|v?dprintf)$"
}

function attribute(s, key) {
  s = " " s
  sub(/ data=.*/, "", s)
  if (!match(s, " " key "=[^ ]*")) return ""
  return substr(s, RSTART + length(key) + 2, RLENGTH - length(key) - 2)
}
function data_of(s) {
  return match(s, /(^| )data="/) ? substr(s, RSTART + RLENGTH - 1) : ""
}
# number_of: the number as %d prints it, of a key such as 0x6d00a78f.
function number_of(hex,    i, n) {
  n = 0
  for (i = 3; i <= length(hex); i++)
    n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
  return sprintf("%.0f", n < 2147483648 ? n : n - 4294967296)
}
# without_keys: TEXT with `<key>` in place of the number of a key.
function without_keys(text,    k, i) {
  for (k in keys)
    while ((i = index(text, k)) > 0 && substr(text, i + length(k)) !~ /^[0-9]/)
      text = substr(text, 1, i - 1) "<key>" substr(text, i + length(k))
  return text
}
function flush(    s) {
  if (held) {
    if (times == 0) text = without_keys(text)
    sub(/(^| )n=[0-9]+/, " n=" total, attributes)
    sub(/^ /, "", attributes)
    s = attributes " data=\"" text "\""
    print number, time, who, "call", place, name, "\"" text "\"", s
    print number + 1, done_time, who, "done", place, name, "\"" text "\"", s, total, number
  }
  held = 0
}

$6 == "ftok" && $9 ~ /^0x/ { keys[number_of($9)] = 1 }

# A print that has begun waits here for its end, and that for the next print.
$4 == "call" && $6 ~ prints && attribute($8, "n") != "" && data_of($8) ~ /"$/ {
  if (!(held && $3 == who && attribute($8, "fd") == fd && text !~ /\\n$/)) {
    flush()
    number = $1; time = $2; who = $3; place = $5; name = $6
    fd = attribute($8, "fd")
    attributes = $8
    sub(/ ?data=.*/, "", attributes)
    text = ""
    total = 0
    start = $0
    held = 1
    first = 1
  } else first = 0
  piece = $0
  calls = $1
  getline
  if ($4 != "done" || $10 != calls || $9 !~ /^[0-9]+$/) {
    # It waits, or fails, or is interrupted: as it is.
    s = $0
    if (first) held = 0
    flush()
    print piece
    print s
    next
  }
  s = data_of($8)
  text = text substr(s, 2, length(s) - 2)
  total += attribute($8, "n")
  done_time = $2
  next
}
{ flush(); print }
END { flush() }
