# sizes.awk - bytes per second, by the size of the message: a table, a chart, and
# where shared memory overtakes a pipe.
#
# awk -f scripts/results.awk -f scripts/sizes.awk -v cores=same -v times=3 \
#   -v lines=FILE -v chart='NAME...' RESULTS, of scripts/bench -z
# FILE gets the chart's numbers: a line a size, a column a mechanism of the chart.
# Status 1: a benchmark failed.

# MB/s of NAME at SIZE: the median; its spread is then in `apart`.
function speed(name, size) {
  apart = spread(name, size)
  return median(name, size)
}
function digits(x) {
  if (x >= 9999.5) return sprintf("%.0fk", x / 1000)
  return three(x)
}
function bytes(n) {
  if (n >= 1048576) return (n % 1048576 ? digits(n / 1048576) : n / 1048576) " MiB"
  if (n >= 1024) return (n % 1024 ? digits(n / 1024) : n / 1024) " KiB"
  return int(n + 0.5) (int(n + 0.5) == 1 ? " byte" : " bytes")
}
function short(n) {
  return n >= 1048576 ? n / 1048576 "M" : n >= 1024 ? n / 1024 "K" : n ""
}

# Where A overtakes B, and where it falls behind: on straight lines between two
# sizes, both axes in logarithms, as the chart has them. A size counts only if the
# two are further apart than the runs of either: else it is not clear who is first.
function crossings(a, b,    i, x, y, wide, now, before, part, at, said, n, last) {
  for (i = 1; i <= sizes; i++) {
    x = speed(a, order[i]); wide = apart
    y = speed(b, order[i])
    if (!x || !y) continue
    now = log(x / y)
    if ((now < 0 ? -now : now) <= log(1 + (apart > wide ? apart : wide))) continue
    if (n++ == 0)
      said = now > 0 ? "faster at " bytes(order[i]) " (" digits(exp(now)) " times)" : \
        "slower at " bytes(order[i]) " (" digits(exp(-now)) " times)"
    else if ((now > 0) != (before > 0)) {
      part = before / (before - now)
      at = exp(log(order[last]) + (log(order[i]) - log(order[last])) * part)
      if (a in drawn) {
        cross_at[++crosses] = last + (i - last) * part # a place on the axis
        cross_size[crosses] = at
        cross_speed[crosses] = exp(log(speed(b, order[last])) + \
          (log(speed(b, order[i])) - log(speed(b, order[last]))) * part)
      }
      said = said (now > 0 ? "; overtakes it at " : "; falls behind at ") bytes(at)
    }
    before = now
    last = i
  }
  if (n > 1)
    said = said sprintf("; %s times as fast at %s", digits(exp(before)), bytes(order[last]))
  return n ? said : had_figure[a] ? "as fast, or too noisy to tell" : "not measured"
}

$1 == "own" { own[$2] = $3; next }
$1 == "row" { name_of[++names] = $2; next }
$3 == "round" { next }
{
  size = value("size")
  if (!had_size[size]++) order[++sizes] = size + 0
  had[$2] = 1
  if (/ (refused|failed): /) {
    why = $0
    sub(/.* (refused|failed): /, "&\001", why)
    if (/ failed: /) bad = 1
    sub(/.*\001/, / failed: / ? "failed: " : "", why)
    if (!told[$2, why]++) refused = refused "; " $2 ", " bytes(size) ": " why
    next
  }
  keep($2, size, size / value("ns") * 1e3)
  had_figure[$2] = 1
}

END {
  for (i = 2; i <= sizes; i++)
    for (j = i; j > 1 && order[j] < order[j - 1]; j--) {
      t = order[j]; order[j] = order[j - 1]; order[j - 1] = t
    }
  print "MB/s one way, message by message, by the message's size in bytes; on " \
    (cores == "any" ? "any" : cores == "same" ? "one" : "two")
  print "processor" (cores == "same" ? "" : "s") "; medians of " times \
    " runs, ~ if these differ by more than a fifth (noisy)"
  print ""
  printf "%-14s", ""
  for (i = 1; i <= sizes; i++) printf "%6s", short(order[i])
  print ""
  for (k = 1; k <= names; k++) {
    if (!had[name_of[k]]) continue # it has one size only
    printf "%-14s", name_of[k]
    for (i = 1; i <= sizes; i++) {
      x = speed(name_of[k], order[i])
      t = x ? digits(x) : "-"
      printf "%6s", (apart > 0.2 ? "~" : "") t
    }
    print ""
  }
  if (refused) flow("Cannot be: " substr(refused, 3), 2)

  # The chart: a column is a quarter of a step of four, a line a third of a decade.
  n = split(chart, w, " ")
  charted = 0
  for (k = 1; k <= n; k++) if (had_figure[w[k]]) { draw[++charted] = w[k]; drawn[w[k]] = 1 }
  if (had["pipe"])
    for (k = 1; k <= names; k++)
      if (name_of[k] ~ /^(shm|mmap)_/) said_of[k] = crossings(name_of[k], "pipe")
  low = high = ""
  for (k = 1; k <= charted; k++)
    for (i = 1; i <= sizes; i++) {
      x = speed(draw[k], order[i])
      if (!x) continue
      if (low == "" || x < low) low = x
      if (high == "" || x > high) high = x
    }
  if (charted && high > 0) {
    bottom = int(log(low) / log(10) * 4 + 1000) - 1000
    top = int(log(high) / log(10) * 4 + 1000) - 999
    for (k = 1; k <= charted; k++) {
      letter = substr("abcdefghijklmnop", k, 1)
      legend = legend " " letter "=" draw[k]
      for (i = 1; i < sizes; i++) {
        x = speed(draw[k], order[i]); y = speed(draw[k], order[i + 1])
        if (!x || !y) continue
        for (c = 0; c <= 6; c++) {
          t = (log(x) + (log(y) - log(x)) * c / 6) / log(10) * 4
          plot[int(t - bottom + 0.5), (i - 1) * 6 + c] = letter
        }
      }
    }
    for (k = 1; k <= crosses; k++)
      plot[int(log(cross_speed[k]) / log(10) * 4 - bottom + 0.5), int((cross_at[k] - 1) * 6 + 0.5)] = "*"
    print ""
    for (t = top - bottom; t >= 0; t--) {
      line = ""
      for (c = 0; c <= (sizes - 1) * 6; c++)
        line = line ((t, c) in plot ? plot[t, c] : c % 6 == 0 ? "." : " ")
      sub(/[ .]*$/, "", line)
      label = (t + bottom) % 4 == 0 ? sprintf("%.5g", 10 ^ ((t + bottom) / 4)) : ""
      printf "%8s |%s\n", label, line
    }
    printf "%8s  ", "MB/s"
    for (i = 1; i <= sizes; i++) printf "%-6s", short(order[i])
    print "\n"
    flow(substr(legend, 2) " (the later covers the earlier)" \
      (crosses ? " *=shared memory and pipe cross" : ""), 0)
  }
  if (lines) {
    printf "size" >lines
    for (k = 1; k <= charted; k++) printf " %s", draw[k] >lines
    print "" >lines
    for (i = 1; i <= sizes; i++) {
      printf "%d", order[i] >lines
      for (k = 1; k <= charted; k++)
        printf " %s", speed(draw[k], order[i]) ? speed(draw[k], order[i]) : "-" >lines
      print "" >lines
    }
    close(lines)
    printf "" >(lines ".crossings")
    for (k = 1; k <= crosses; k++)
      print cross_size[k], cross_speed[k], bytes(cross_size[k]) >(lines ".crossings")
  }

  if (had["pipe"]) {
    print ""
    print "Is shared memory the fastest? Here, message by message, against a pipe:"
    if (!had_figure["pipe"]) print "  not measured"
    for (k = 1; k <= names; k++)
      if (k in said_of) flow(sprintf("  %-11s%s", name_of[k], said_of[k]), 4)
    for (k = 1; k <= names; k++)
      if (name_of[k] !~ /^(shm_|mmap_|memcpy)/ && speed(name_of[k], order[sizes]) > best) {
        best = speed(name_of[k], order[sizes])
        whose = name_of[k]
      }
    if (best && whose != "pipe")
      flow("But at " bytes(order[sizes]) " the fastest that copies is " whose ", " \
        digits(best / speed("pipe", order[sizes])) " times as fast as a pipe.", 2)
  }
  exit bad
}
