# bench.awk - the results of scripts/bench as a table of 80 columns.
#
# awk -f scripts/results.awk -f scripts/bench.awk -v size=64 -v bulk=65536 \
#   -v cores=same -v times=5 RESULTS
# A line is the number of the run and a benchmark's result line, or `calls NAME N`.
# Microseconds and, one way, millions of messages a second; three digits of each.
# Status 1: a benchmark failed.

# The ratio of two figures, run by run: both had the same machine.
function against(row, what, limit, its,    i) {
  if (!runs[row, what] || runs[row, what] != runs[limit, its]) return 0
  runs["ratio", ""] = 0
  for (i = 1; i <= runs[row, what]; i++)
    keep("ratio", "", figure[row, what, i] / figure[limit, its, i])
  return median("ratio", "")
}

function right(t, width) { return sprintf("%" width "s", t) }
# Three digits in WIDTH columns; `-` for what there is not.
function digits(x, width) {
  if (x == "" || x == 0) return right("-", width)
  return right(three(x), width)
}
# The same, marked if its runs differ by more than a fifth of it.
function cell(row, what, scale, width,    m, t) {
  m = median(row, what)
  t = digits(m * scale, width - 1)
  if (m && spread(row, what) > 0.2) {
    noisy[row] = noisy[row] sprintf(", %s %.0f %%", what, 100 * spread(row, what))
    sub(/^ */, "&~", t)
    return right(t, width)
  }
  return " " t
}
# The ratio that against() has just computed, `~` if it is noisy, too.
function ratio(x) {
  if (x == 0) return "    -"
  return right((spread("ratio", "") > 0.2 ? "~" : "") \
    sprintf(x < 10 ? "%.2f" : x < 100 ? "%.1f" : "%.0f", x), 5)
}
function small(x, width) { return right(sprintf("%.2f", x), width) }
function percent(x) { return right(x >= 10 ? "big" : sprintf("%.0f%%", 100 * x), 5) }

# System calls for a message. Somebody who sleeps on a futex has called once, and who
# wakes him once: strace(1) would change how often that is.
function calls_of(name) {
  if (!(name in calls)) return right("-", 5)
  return small((by_futex[name] ? 2 * median(name, "slept") : calls[name]) / 2, 5)
}
function row_of(name,    limit) {
  if (name in whole) {
    printf "%-14s %s\n", name, whole[name]
    return
  }
  limit = name ~ /_spin$/ || name == "line" ? "line" : "futex"
  printf "%-14s%s%s %s", name, cell(name, "round trip", 1e-3, 6),
    percent(spread(name, "round trip")), digits(median(name, "99 %") / 1e3, 5)
  printf "%s%s%s", cell(name, "one by one", 1e-6, 6), cell(name, "64 at once", 1e-6, 6),
    cell(name, "MB/s", 1, 7)
  printf "%s%s%s%3s", digits(median(name, "cpu") / 2000, 6), calls_of(name),
    small(median(name, "switches") / 2, 5), copies[name]
  printf "%s", ratio(against(name, "round trip", limit, "round trip"))
  print ratio(against(name, "MB/s", "memcpy", "MB/s"))
}

BEGIN { limits = "^(syscall|memcpy|futex|line)$" }
$1 == "row" { order[++names] = $2; next }
$1 == "own" { own[$2] = 1; next }
$1 == "calls" { calls[$2] = $3; by_futex[$2] = $4; next }
{
  name = $2
  what = $3 == "round" ? "round trip" : value("batch") > 1 ? "64 at once" : "one by one"
  if (value("size") == bulk && size != bulk) what = "MB/s"
  if (/ (refused|failed): /) {
    why = $0
    sub(/.* (refused|failed): /, "&\001", why)
    word = / failed: / ? "failed" : "refused"
    sub(/.*\001/, word ": ", why)
    if (word == "failed") bad = 1
    if (what == "round trip") whole[name] = why
    else if (name in whole) next
    else refused[name] = refused[name] ", " (what == "MB/s" ? bulk " bytes" : what) " " why
    next
  }
  if ($3 == "round") {
    keep(name, what, value("ns"))
    keep(name, "99 %", value("p99"))
    keep(name, "cpu", value("cpu"))
    keep(name, "switches", value("switches"))
    keep(name, "slept", value("slept"))
    copies[name] = value("copies")
  } else if (what == "MB/s" || name == "memcpy") {
    keep(name, "MB/s", value("size") / value("ns") * 1e3)
  } else {
    keep(name, what, 1e9 / value("ns"))
    if (size == bulk) keep(name, "MB/s", value("size") / value("ns") * 1e3)
  }
  keep(name, "bare " what, value("ratio"))
}

END {
  print "Messages of " size " bytes; the two processes on " (cores == "any" ? \
    "any processor" : "the " (cores == "same" ? "same" : "two") " processor" \
    (cores == "same" ? "" : "s")) "; medians of " times " runs"
  print ""
  printf "%-14s%16s %12s%7s%19s%10s\n", "", "round trip, us", "one way, M/s", "MB/s",
    "half a trip costs", "times of"
  printf "%-14s%6s%5s%6s%6s%6s%7s%6s%5s%5s%3s%5s%5s\n", "", "median", "+-", "99 %", "by 1",
    "by 64", bulk / 1024 "K", "CPUus", "call", "swit", "cp", "wait", "copy"
  for (i = 1; i <= names; i++) {
    name = order[i]
    if (name in own || name ~ limits) continue
    row_of(name)
  }
  print "they carry no bytes (sig_queue: 8):"
  for (i = 1; i <= names; i++) {
    name = order[i]
    if (!(name in own) || name ~ limits) continue
    row_of(name)
  }
  print "the limits:"
  row_of("futex")
  row_of("line")
  printf "%-14s%s%s  a system call that does nothing\n", "syscall",
    cell("syscall", "round trip", 1e-3, 6), percent(spread("syscall", "round trip"))
  printf "%-14s%s%s  copying within a cache\n", "memcpy",
    right("", 29) cell("memcpy", "MB/s", 1, 7), percent(spread("memcpy", "MB/s"))
  print ""
  flow("~: noisy, the runs differ by more than a fifth. +-: from the fastest to the slowest of the runs. by 1, by 64: messages handed over" \
    " singly, or 64 at once. " bulk / 1024 "K: messages of " bulk " bytes. call: system" \
    " calls" (strace ? ", counted by strace" : " (- as strace is missing)") "; with a futex two" \
    " for each time that one slept. swit: context switches. cp: copies of each byte. wait:" \
    " the round trip, in those of a futex, run by run; of who spins, of a cache line. copy:" \
    " MB/s, in those of memcpy", 2)
  for (i = 1; i <= names; i++) {
    name = order[i]
    if (name in noisy) all_noisy = all_noisy "; " name ": " substr(noisy[name], 3)
    if (name in refused) all_refused = all_refused "; " name ": " substr(refused[name], 3)
    if (name !~ limits && !(name in whole))
      bare = bare "; " name " " small(median(name, "bare round trip"), 1) " " \
        (runs[name, "bare one by one"] ? small(median(name, "bare one by one"), 1) : "-")
  }
  if (all_noisy) flow("Noisy: " substr(all_noisy, 3), 2)
  if (all_refused) flow("Cannot be: " substr(all_refused, 3), 2)
  if (bare) flow("Checked against bare, that is the same calls without number, sum and" \
    " clock, round trip and one way: " substr(bare, 3) ". At most " most("bare round trip") \
    " and " most("bare one by one") ". (In shared memory nobody has read a bare message.)", 2)
  if (cores != "same") across()
  exit bad
}

# The largest of all mechanisms' figures WHAT, and whose it is.
function most(what,    i, x, whose) {
  x = 0
  for (i = 1; i <= names; i++)
    if (order[i] !~ limits && median(order[i], what) > x) {
      whose = order[i]
      x = median(whose, what)
    }
  return whose ? small(x, 1) " (" whose ")" : "-"
}

# What is to be seen only where the two do not take turns on one processor.
function across(    i, x, low, high, whose_low, whose_high, text) {
  for (i = 1; i <= names; i++) {
    name = order[i]
    x = against(name, "round trip", name ~ /_spin$/ ? "line" : "futex", "round trip")
    if (!x || name ~ limits) continue
    if (name ~ /_spin$/) text = text ", " name " " small(x, 1)
    else {
      if (!low || x < low) { low = x; whose_low = name }
      if (x > high) { high = x; whose_high = name }
    }
  }
  if (high)
    flow("Who blocks takes " small(low, 1) " (" whose_low ") to " small(high, 1) " (" whose_high \
      ") times as long for a round trip as a futex, whose runs differ by " \
      sprintf("%.0f %%", 100 * spread("futex", "round trip")) (text ? "; who spins, times" \
      " as long as a cache line needs: " substr(text, 3) : "") ".", 2)
  x = against("shm_futex", "64 at once", "pipe", "one by one")
  if (x)
    flow("Messages a second, shm_futex in those of a pipe: 64 at once " \
      digits(against("shm_futex", "64 at once", "pipe", "64 at once"), 1) ", one by one " \
      digits(against("shm_futex", "one by one", "pipe", "one by one"), 1) \
      "; 64 at once in those of a pipe one by one (no comparison) " digits(x, 1) ".", 2)
}
