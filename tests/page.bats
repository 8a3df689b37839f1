# make page-X: a recorded run as one page, as a list and, in a real browser,
# with its slider.
# shellcheck disable=SC2016 # code for the browser is quoted on purpose

setup_file() {
  cd "$BATS_FILE_TMPDIR" || return 1
  a_trace | awk '{ gsub(/ *[|] */, "\t"); print }' >told
  printf 'int main(void)\n{\n/* </script><b>bold</b> */ puts("/* & no comment");\n' >talk.c
  printf '\tpause(); // "quoted"\n}\n' >>talk.c
  printf 'int main(void)\r\n{\001\n    read_it();\n}\n' >hear.c
  list told >plays
  page plays >page.html
}
setup() {
  load helpers
  common_setup
  ROOT=${BATS_TEST_DIRNAME%/*}
  page=$BATS_FILE_TMPDIR/page.html
}
teardown() { common_teardown; }

# What page.awk is given, for one play of the two programs here.
list() { # TOLD [REMARK]
  printf '%s\t' room play 'article A, 1' 'Two & more <meet>.' "${2:--}" "$1" "$PWD/talk.c" "$PWD/hear.c" | sed 's/\t$/\n/'
}
page() { # LIST
  LC_ALL=C awk -f "${BATS_TEST_DIRNAME%/*}/scripts/page.awk" -v title='a <title>' \
    -v skeleton="${BATS_TEST_DIRNAME%/*}/scripts/page.html" "$1"
}
# A told trace; here its fields are divided by bars. Ten calls; the first and
# the last are never over.
a_trace() {
  cat <<'EOT'
1 | - | <hear> | new | hear | 0 | -
1 | - | <hear> | lane | 1 | hear | hear
2 | - | <hear> | call | hear.c:3 | read | fd 3 100 | fd=3 obj=fifo:1
2 | - | <hear> | thing | fifo:1 | way
3 | - | <hear> | wait | hear.c:3 | read | fd 3 100 | fd=3 obj=fifo:1
4 | - | <talk> | new | talk | 0 | "a<b>"
4 | - | <talk> | lane | 2 | talk | talk
5 | - | <talk> | call | talk.c:3 | write | fd 4 "</script><b>'\"&amp;" 17 | fd=4 obj=fifo:1 data="</script><b>'\"&amp;"
6 | - | <talk> | done | talk.c:3 | write | fd 4 "</script><b>'\"&amp;" 17 | fd=4 obj=fifo:1 n=17 data="</script><b>'\"&amp;" | 17 | 5
7 | - | 0 | state | fifo:1 | way: 17 bytes
8 | - | <hear> | done | hear.c:3 | read | fd 3 100 | fd=3 obj=fifo:1 n=17 data="</script><b>'\"&amp;" | 17 | 2
8 | - | <hear> | arrow | 6 | 8 | data | 17 bytes | fifo:1 | <talk> | <hear>
9 | - | 0 | state | fifo:1 | way: 0 bytes
10 | - | <hear> | call | hear.c:3 | read | fd 5 1 | fd=5
11 | - | <hear> | done | hear.c:3 | read | fd 5 1 | fd=5 n=1 data="o" | 1 | 10
12 | - | <hear> | call | hear.c:3 | read | fd 5 1 | fd=5
13 | - | <hear> | done | hear.c:3 | read | fd 5 1 | fd=5 n=1 data="n" | 1 | 12
14 | - | <hear> | call | hear.c:3 | read | fd 5 1 | fd=5
15 | - | <hear> | done | hear.c:3 | read | fd 5 1 | fd=5 n=1 data="c" | 1 | 14
16 | - | <hear> | call | hear.c:3 | read | fd 5 1 | fd=5
17 | - | <hear> | done | hear.c:3 | read | fd 5 1 | fd=5 n=1 data="e" | 1 | 16
18 | - | <talk> | call | talk.c:4 | pause | - | -
19 | - | <talk> | wait | talk.c:4 | pause | - | -
20 | - | <hear> | call | hear.c:3 | kill | <talk> SIGUSR1 | to=<talk> sig=SIGUSR1
21 | - | <hear> | done | hear.c:3 | kill | <talk> SIGUSR1 | to=<talk> sig=SIGUSR1 | 0 | 20
22 | - | <talk> | enter | talk.c:4 | SIGUSR1
22 | - | <talk> | arrow | 21 | 22 | signal | SIGUSR1 | - | <hear> | <talk>
23 | - | <talk> | leave | talk.c:4 | SIGUSR1
24 | - | <talk> | done | talk.c:4 | pause | - | - | -1 EINTR | 18
25 | - | <talk> | call | talk.c:4 | exit | 0 | -
26 | - | <talk> | end | exit 0
27 | - | <hear> | call | hear.c:3 | pause | - | -
28 | - | <hear> | wait | hear.c:3 | pause | - | -
29 | - | 0 | note | killed: the 10 seconds are over
30 | - | <hear> | end | killed SIGKILL
EOT
}

# browse PAGE [CODE]: open a copy of it in a real browser; CODE then runs in it
# and calls saw(TEXT). What it saw is output; what the browser's console says
# makes this fail.
browse() {
  local browser size=${SIZE:-1024,768}
  for browser in chromium chromium-browser google-chrome ''; do
    command -v "$browser" >/dev/null && break
  done
  [[ -n $browser ]] || skip 'chromium is not installed (try ./scripts/setup --ci)'
  {
    cat "$1"
    echo '<script>function saw(t) { all.push(t); } var all = [];
      function $(q) { return document.querySelector(q); }
      function key(k, at) { (at || document.body).dispatchEvent(
        new KeyboardEvent("keydown", {key: k, bubbles: true, cancelable: true})); }
      function step() { return $("#step").value + "/" + $("#step").max; }'
    echo "${2-}"
    echo 'document.title = ["saw"].concat(all, "end").join(String.fromCharCode(10));</script>'
  } >copy.html
  HOME=$PWD timeout 50 "$browser" --headless=new --no-sandbox --disable-gpu \
    --disable-dev-shm-usage --disable-breakpad --user-data-dir="$PWD/browser" \
    --window-size="$size" --virtual-time-budget=2000 --enable-logging=stderr --v=0 \
    --dump-dom "file://$PWD/copy.html" >dom 2>log 3>&- </dev/null || { cat log; return 1; }
  if grep CONSOLE log; then return 1; fi
  sed -n '/<title>saw$/,/^end<\/title>/p' dom | sed '1d;$d'
}

@test "page: one numbered item for each traced call, in the order in which they ended" {
  run grep -o '<li class="c[^>]* value="[0-9]*"' "$page"
  assert_equal "${#lines[@]}" 11 # the fold has its first item's number, too
  run grep -c $'\tcall\t' "$BATS_FILE_TMPDIR/told"
  assert_output 10
  run grep -o 'value="[0-9]*"' "$page"
  assert_output "$(printf 'value="%s"\n' 1 2 3 3 4 5 6 7 8 9 10 1)" # and the slider's
}

@test "page: it is one file: no link to elsewhere, no handler in a tag, and it forbids itself the network" {
  refute grep -E 'https?:|src=|url\(|@import|<(base|object|embed|iframe|form)' "$page"
  refute grep -oE '<[a-z][^>]* on[a-z]+=' "$page"
  run grep -oE 'href="[^"]*"' "$page"
  refute_line --regexp '^href="[^#d]'
  assert_line 'href="data:,"'
  run grep -c "default-src 'none'" "$page"
  assert_output 1
}

@test "page: every tag is closed, and what a program prints or a source holds opens none" {
  run awk '
    /^<style>/, /^<\/style>/ { next }
    /^<script>/, /^<\/script>/ { next }
    { text = text $0 " " }
    END {
      gsub(/<!DOCTYPE html>|<(meta|link|input)[^>]*>/, "", text)
      while (match(text, /<\/?[a-z0-9]+[^>]*>/)) {
        tag = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        name = tag
        gsub(/[<>\/]| .*/, "", name)
        if (tag ~ /^<\//) {
          if (open[n--] != name) { print "closes another:", tag; exit }
        } else open[++n] = name
        if (tag ~ /^<[a-z]/) seen[name]++
      }
      print n, seen["script"] + 0, seen["body"]
    }' "$page"
  assert_output '0 0 1'
  refute grep -q $'[\001-\010\013-\037]' "$page"
  assert grep -qF '<title>a &lt;title&gt;</title>' "$page"
  assert grep -qF '&quot;&lt;/script&gt;&lt;b&gt;&#39;\&quot;&amp;amp;&quot;' "$page"
}

@test "page: without a script it is a list: who, what, where, which state, what arrives, how it ends" {
  run awk '/^<ol class="run">/, /^<\/div>/' "$page"
  run sed -e 's/<u>/ /g' -e 's/<p[^>]*>/ [/g' -e 's/<\/p>/]/g' -e 's/<[^>]*>//g' <<<"$output"
  assert_line --index 0 'hear starts: hear'
  assert_line --index 1 'hear waits in read fd 3 100, on way hear.c:3'
  assert_line --regexp '^talk write fd 4 .* 17 talk.c:3 \[way: 17 bytes\]$'
  assert_line --regexp '^ \[ talk to hear: .*17 bytes way\]hear read fd 3 100 = 17 .* after waiting hear.c:3 \[way: 0 bytes\]$'
  assert_line 'hear 4 times read fd 5 1 = 1 once'
  assert_line ' [ hear to talk: SIGUSR1]talk SIGUSR1: its handler begins, at talk.c:4'
  assert_line 'talk pause = -1 EINTR after waiting talk.c:4'
  assert_line 'talk exit 0 talk.c:4'
  assert_line 'hear pause died in it after waiting hear.c:3'
  assert_line 'hear was killed by SIGKILL'
  # what went wrong stands on top, too
  assert grep -qF '<p class="said">killed: the 10 seconds are over</p>' "$page"
  assert grep -qF '10 calls of 2 processes, 2 arrows. Ended: talk: exit 0; hear: killed by SIGKILL.' "$page"
}

@test "page: a lane is a line: thin while the process runs, a bar while it waits, none before and after" {
  run grep -oE '<li class="[^"]*"' "$page"
  assert_line --index 0 '<li class="n l1 a1"'
  assert_line --index 1 '<li class="w l1 w1"'
  assert_line --index 3 '<li class="c l2 w1 a2"'
  assert_line --index 4 '<li class="c l1 a1 a2"'
  assert_line --partial '<li class="e bad l1 w1"'
}

# One browser for three looks at the page, as its start takes a second of a
# processor. A line -- NAME begins each.
@test "page: in a browser: keys move the slider; each step at its line, in words; what comes later" {
  run -0 browse "$page" '
    saw("-- slider");
    saw(step()); key("ArrowRight"); saw(step()); key("ArrowDown"); saw(step());
    key("ArrowLeft"); saw(step()); key("End"); saw(step()); key("ArrowRight"); saw(step());
    key("Home"); saw(step()); key("ArrowLeft"); saw(step()); key("ArrowUp", $("#step")); saw(step());
    key("a"); saw(step()); $("#on").click(); saw(step()); $("#back").click(); saw(step());
    $("#step").value = 7; $("#step").dispatchEvent(new Event("input")); saw(step());
    location.hash = "#p1-9"; window.dispatchEvent(new Event("hashchange")); saw(step());
    saw("-- steps"); key("Home");
    function tell() {
      document.querySelectorAll(".pane").forEach(function (p) {
        var at = p.querySelectorAll(".at");
        saw(p.querySelector("h3").textContent + " | " + at.length + " " + at[0].textContent.trim());
      });
      saw($(".pane.act h3 b").textContent + " | " + $("#objects").textContent + " | " + document.querySelectorAll(".run > .cur").length);
      saw($("#step").getAttribute("aria-valuetext"));
    }
    tell(); key("ArrowRight"); tell(); key("End"); tell();
    saw("-- later"); key("Home");
    var later = function () { return document.querySelectorAll(".run > .later").length; };
    saw(later()); key("End"); saw(later()); key("Home"); saw(later());
    $("#hide").click(); saw(getComputedStyle($(".later")).visibility);
    for (var i = 0; i < 3; i++) key("ArrowRight");
    saw(step() + " " + $(".F").className.split(" ").indexOf("cur") + " " + $(".F ol .cur").textContent);
    saw($("#say").textContent);
    saw(document.querySelectorAll("b b, main script, pre b").length);
    saw($(".later").closest("ol").className);'
  local all=$output
  look() { run sed -n "/^-- $1\$/,/^-- /{/^-- /!p}" <<<"$all"; }
  look slider
  assert_output "$(printf '%s/10\n' 1 2 3 2 10 10 1 1 2 2 3 2 7 9)"
  look steps
  assert_line --index 0 'hear waits in read fd 3 100, on way hear.c:3 | 1 read_it();'
  assert_line --index 1 --regexp '^talk write .* \| 1 /\* &lt;/script&gt;&lt;b&gt;bold&lt;/b&gt; \*/ puts\("/\* &amp; no comment"\);$'
  assert_line --index 2 'talk | way: 17 bytes | 1'
  assert_line --index 3 --regexp '^Step 1 of 10: talk write fd 4 "&lt;/script&gt;&lt;b&gt;'
  assert_line --index 6 'hear | way: 0 bytes | 1'
  assert_line --index 7 --regexp '^Step 2 of 10: hear read .* ← talk to hear: .*17 bytes way$'
  assert_line --index 8 'hear was killed by SIGKILL | 1 read_it();'
  assert_line --index 9 'talk ends: exit 0 | 1 pause(); // "quoted"'
  look later
  assert_line --index 0 13
  assert_line --index 1 0
  assert_line --index 2 13
  assert_line --index 3 hidden
  assert_line --index 4 --regexp '^4/10 [1-9][0-9]* n$'
  assert_line --index 5 'hear read fd 5 1 = 1 n (2 of 4)'
  assert_line --index 6 0
}

@test "page: on a telephone nothing is wider than the window, and the slider is in sight" {
  SIZE=400,800 run -0 browse "$page" '
    function fits() {
      saw((document.documentElement.scrollWidth <= innerWidth) + " " +
        ($("#bar").getBoundingClientRect().bottom <= innerHeight) + " " +
        ($(".run > .cur").getBoundingClientRect().bottom < $(".code").getBoundingClientRect().top) + " " +
        ($(".pane.act .at").getBoundingClientRect().bottom < $("#bar").getBoundingClientRect().top));
    }
    saw(innerWidth < 600); fits(); key("End"); fits(); key("ArrowLeft"); fits();'
  assert_output "$(printf '%s\n' true 'true true true true'{,,})"
}

@test "page: several plays share a page: a list of links, in a browser a selector" {
  cd "$BATS_FILE_TMPDIR" || return 1
  head -n 30 told >short
  { cat plays; list short; list - 'cannot be done here: no such call'; } >three
  page three >three.html
  cd "$BATS_TEST_TMPDIR" || return 1
  page=$BATS_FILE_TMPDIR/three.html
  run grep -o '<li><a href="#p[0-9]">play</a></li>' "$page"
  assert_equal ${#lines[@]} 3
  run grep -c '<section class="play"' "$page"
  assert_output 3
  run grep -o 'id="[^"]*"' "$page"
  assert_equal "$(sort <<<"$output" | uniq -d)" ''
  run -0 browse "$page" '
    function choose(i) { $("#which").value = i; $("#which").dispatchEvent(new Event("change")); }
    key("End"); saw(step()); choose(1); saw(step()); key("End"); saw(step());
    saw($("#p2 .pane .at").textContent.trim());
    choose(2); key("End"); saw($("#bar").hidden); saw($("#p3").innerText.trim());
    choose(0); saw(step() + " " + $("#bar").hidden);'
  assert_line --index 0 10/10
  assert_line --index 1 1/9
  assert_line --index 2 9/9
  assert_line --index 3 'read_it();'
  assert_line --index 4 true
  assert_line --index 5 --partial 'cannot be done here: no such call'
  assert_line --index 6 '10/10 false'
}

# ---- real runs -------------------------------------------------------------

@test "page: for every example the slider has as many steps as calls were traced" {
  needs_probe
  local room play n=0 expected=()
  for room in pipe fifo msgqueue semaphore shm mmap signal unixsock chat; do
    for play in $("$ROOT/scripts/plays" "$room"); do
      "$ROOT/scripts/record" -b "$BUILD" "$play" "$n.trace" || return 1
      LC_ALL=C awk -f "$ROOT/scripts/told.awk" -v times=0 -v each=1 -v cast="$ROOT/$room/cast" \
        -v play="${play#*:}" "$n.trace" >"$n.told"
      {
        printf '%s\t' "$room" "${play#*:}" - - - "$PWD/$n.told" "$ROOT/$room"/*.c
        echo
      } >>plays
      expected[n]=$(grep -c $'\tcall\t' "$n.trace")
      ((n += 1))
    done
  done
  page plays >all.html
  run -0 browse all.html '
    for (var i = 0; i < $("#which").options.length; i++) {
      $("#which").value = i;
      $("#which").dispatchEvent(new Event("change"));
      key("End");
      var lost = 0;
      for (var s = +$("#step").max; s > 0; s--) {
        if (document.querySelectorAll("#p" + (i + 1) + " .run > .cur").length != 1) lost++;
        if (!$("#p" + (i + 1) + " .pane.act .at")) lost++;
        key("ArrowLeft");
      }
      saw($("#step").max + (lost ? " lost " + lost : ""));
    }'
  assert_output "$(printf '%s\n' "${expected[@]}")"
  ((n >= 11))
}

@test "page: make page-pipe: the fork, 12 bytes in the pipe, then 0; and the child's line" {
  needs_probe
  run -0 "$ROOT/scripts/page" -b "$BUILD" -o page.html pipe-pipe_hello
  assert_output 'page.html is written: open it in a browser; the arrow keys step'
  assert [ "$(stat -c %s page.html)" -lt 100000 ]
  run -0 browse page.html '
    var was = "";
    for (var i = 1; i <= +$("#step").max; i++, key("ArrowRight")) {
      if ($("#objects").textContent != was) saw(was = $("#objects").textContent);
      if (/read fd/.test($("#say").textContent)) {
        saw($("#say").textContent);
        document.querySelectorAll(".pane .at").forEach(function (e) { saw(e.textContent.trim()); });
      }
    }'
  assert_output "pipe 1: -
pipe 1: 0 bytes
pipe 1: 12 bytes
pipe 1: 0 bytes
child read fd 3, 20 = 12 hello world\\n pipe_hello.c:52 ← parent to child: \"hello world\\n\" 12 bytes pipe 1
if (waitpid(pid, &amp;status, 0) == -1) /* [4] */
ssize_t n = read(fd[0], buff, sizeof buff); /* [3] */"
}

@test "page: what is printed byte by byte has a step for each byte, folded in the list" {
  needs_probe
  run -0 "$ROOT/scripts/page" -b "$BUILD" -o page.html fifo
  run sed -n 's/^<div class="top"><p class="sum">\([0-9]*\) calls of 2 processes.*/\1/p' page.html
  assert [ "$output" -gt 500 ]
  run grep -c '^<li class="c F' page.html
  assert [ "$output" -ge 10 ]
}

@test "page: of your own programs: one that crashes, one that hangs, one that does not compile" {
  needs_probe
  cat >mine.c <<'EOT'
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
    int fd[2];
    char c;
    if (pipe(fd) == -1) return 1;
    if (fork() == 0)
        abort();
    wait(NULL);
    printf("</script><b>'\"\n");
    return read(fd[0], &c, 1) == 1; /* its own write end is open */
}
EOT
  mkdir -p 'my own'
  mv mine.c 'my own/my prog.c'
  run -124 timeout 60 "$ROOT/scripts/page" -b "$BUILD" -t 1 -o mine.html -s 'my own/my prog.c'
  assert grep -qF 'starts: <code>my prog</code>' mine.html # not where it has been put
  assert grep -qF 'child: killed by SIGABRT' mine.html
  assert grep -qF '<p class="said">ended: the 1 second' mine.html
  assert grep -qF '&quot;&lt;/script&gt;&lt;b&gt;&#39;' mine.html
  refute grep -qF '</script><b>' mine.html
  echo 'int main(' >bad.c
  run -1 timeout 60 "$ROOT/scripts/page" -b "$BUILD" -o bad.html -s 'bad.c,my own/my prog.c'
  assert_output --partial 'page: nothing was recorded, so there is no page'
  assert [ ! -e bad.html ]
}

@test "page: two programs of the same name each have their own source; both directions of a connection" {
  needs_probe
  mkdir one two
  cat >one/talk.c <<'EOT'
#include <sys/socket.h>
#include <unistd.h>
int main(void)
{
    int fd[2];
    char c[8];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == -1) return 1;
    if (write(fd[0], "one", 3) != 3 || write(fd[1], "two", 3) != 3) return 1;
    return read(fd[0], c, 3) != 3 || read(fd[1], c, 3) != 3;
}
EOT
  sed 's/"one"/"ONE"/' one/talk.c >two/talk.c
  run -0 timeout 60 "$ROOT/scripts/page" -b "$BUILD" -o both.html -s one/talk.c,two/talk.c
  run grep -o 'data-f="[0-9]*"\|<summary>[a-z/.]*' both.html
  assert_output 'data-f="1"
data-f="2"
<summary>one/talk.c
<summary>two/talk.c'
  run sed -n 's/<ul class="things" hidden>//p' both.html
  run tr '<' '\n' <<<"${output//<\/li>/}"
  assert_equal "$(sort <<<"$output" | uniq -d | grep .)" ''
}

@test "page: an unknown X is told which there are; wrong usage is 2" {
  run -2 "$ROOT/scripts/page" -b "$BUILD" nosuch
  assert_output --partial 'there is no nosuch'
  assert_output --partial 'fifo-fifo_server'
  local arguments
  for arguments in '' 'pipe fifo' '-z pipe' '-s x.c pipe' '-t soon pipe' '-s here.txt' '-s none.c'; do
    # shellcheck disable=SC2086 # words
    run -2 "$ROOT/scripts/page" $arguments
  done
  run -1 "$ROOT/scripts/page" -o nowhere/page.html pipe
  assert_output --partial 'there is no folder'
}

# our_recorder STATUS: a project in which recording ends with STATUS.
our_recorder() {
  mkdir -p mine/scripts mine/x
  cp "$ROOT"/scripts/page* mine/scripts
  printf '{ print }\n' >mine/scripts/told.awk
  printf 'example one  A 1  What it is.\n' >mine/x/cast
  printf '#!/bin/sh\necho x:one\n' >mine/scripts/plays
  cat >mine/scripts/record <<EOT
#!/bin/sh
echo 'x: <reason>' >&2
for trace; do :; done
cp "$BATS_FILE_TMPDIR/told" "\$trace"
[ $1 != 77 ] || rm "\$trace"
exit $1
EOT
  chmod +x mine/scripts/*
}

@test "page: a play that fails is still shown, with a remark; what cannot be played here is 77" {
  our_recorder 1
  run -1 mine/scripts/page -b . x
  assert_line './page-x.html is written: open it in a browser; the arrow keys step'
  assert grep -qF '<p class="said">the recording failed (status 1): x: &lt;reason&gt;</p>' page-x.html
  assert grep -qF '<p class="about">What it is. <span>article A, 1</span></p>' page-x.html
  rm page-x.html
  our_recorder 77
  run -77 mine/scripts/page -b . x
  assert [ ! -e page-x.html ]
  our_recorder 124
  run -124 mine/scripts/page -b . x
  refute grep -qF 'the recording failed' page-x.html
}

@test "page: a page that cannot be written is not there by half, and an old one stays" {
  our_recorder 0
  run -0 mine/scripts/page -o whole.html x
  cp whole.html before.html
  rm mine/scripts/page.html
  run -1 mine/scripts/page -o whole.html x
  assert_output --partial 'cannot write'
  cmp whole.html before.html
  assert_equal "$(find . -name 'whole.html*')" ./whole.html
  our_recorder 0
  mine/scripts/page -o /dev/stdout x | cmp - before.html
}
