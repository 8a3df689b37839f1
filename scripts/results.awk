# results.awk - what bench.awk and sizes.awk both do with the results of
# scripts/bench. Neither works without it: awk -f scripts/results.awk -f ...

# What the benchmark has told as KEY=..., of the line that was read.
function value(key,    i, a) {
  for (i = 4; i <= NF; i++) { split($i, a, "="); if (a[1] == key) return a[2] }
  return ""
}
function keep(row, what, x) { figure[row, what, ++runs[row, what]] = x + 0 }
# A figure WHAT of ROW (its runs are figure[ROW, WHAT, 1...]): the median.
function sorted(row, what,    n, i, j, t) {
  n = runs[row, what]
  for (i = 1; i <= n; i++) s[i] = figure[row, what, i]
  for (i = 2; i <= n; i++)
    for (j = i; j > 1 && s[j] < s[j - 1]; j--) { t = s[j]; s[j] = s[j - 1]; s[j - 1] = t }
  return n
}
function median(row, what,    n) {
  n = sorted(row, what)
  return n ? (s[int((n + 1) / 2)] + s[int(n / 2) + 1]) / 2 : 0
}
function spread(row, what,    n) {
  n = sorted(row, what)
  return n && s[n] ? (s[n] - s[1]) / median(row, what) : 0
}

function three(x) { # digits
  return sprintf(x < 1 ? "%.3f" : x < 10 ? "%.2f" : x < 100 ? "%.1f" : "%.0f", x)
}
# Words, as many as fit, and no line of more than 80 columns.
function flow(text, indent,    n, w, i, at) {
  n = split(text, w, " ")
  if (match(text, /^ +/)) w[1] = substr(text, 1, RLENGTH) w[1]
  printf "%s", w[1]
  at = length(w[1])
  for (i = 2; i <= n; i++) {
    if (at + 1 + length(w[i]) > 80) { printf indent ? "\n%" indent "s" : "\n", ""; at = indent }
    else { printf " "; at++ }
    printf "%s", w[i]
    at += length(w[i])
  }
  print ""
}
