# own.sh - the user's own programs: for scripts/record and scripts/step, which
# read it in. It uses $build (a path from /) and leaves the current folder alone.
# shellcheck shell=sh
# shellcheck shell=sh disable=SC2154 # $build is of who reads this
# own_compile SOURCE: as the makefile does it; the program's path is in $program.
# It lies below $build, so that `make why` knows it. Status 2: there is no such file.
own_compile() {
  if ! [ -f "$1" ]; then
    echo "${0##*/}: there is no file $1" >&2
    return 2
  fi
  program=${1##*/}
  program=$build/own/${program%.c}
  mkdir -p "$build/own" || return 1
  # Two may do so at once: each writes a file of its own.
  # shellcheck disable=SC2086 # flags are words
  if ! ${CC:-cc} ${CPPFLAGS-} ${CFLAGS:--O0} -g -fno-optimize-sibling-calls \
    -o "$program.$$" "$1" ${LDFLAGS-} ${LDLIBS-}; then
    rm -f "$program.$$"
    echo "${0##*/}: $1 does not compile" >&2
    return 1
  fi
  mv -f "$program.$$" "$program"
}

# own_remove FOLDER: the folder in which they have played goes, and what they have
# left under keys made of it: ftok(3) puts its device and inode into each key.
own_remove() {
  # shellcheck disable=SC2046 # two numbers
  set -- "$1" $(stat -c '%d %i' "$1")
  cat /proc/sysvipc/msg /proc/sysvipc/sem /proc/sysvipc/shm 2>/dev/null |
    LC_ALL=C awk -v ours=$((($2 & 255) << 16 | ($3 & 65535))) '
      $1 == "key" { kind = $2; next }
      ($1 < 0 ? $1 + 4294967296 : $1) % 16777216 == ours { print kind, $2 }' |
    while read -r kind id; do
      case $kind in
        msqid) ipcrm -q "$id" ;;
        semid) ipcrm -s "$id" ;;
        shmid) ipcrm -m "$id" ;;
      esac
    done 2>/dev/null
  rm -rf -- "$1"
}
