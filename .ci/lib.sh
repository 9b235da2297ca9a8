# What the gates share. A gate sources this from the repository's root, under `set -euo pipefail`, and calls `header`.
# shellcheck shell=bash

# Where cargo-installed tools are kept, across checkouts.
CROCHET_TOOLS=${CROCHET_TOOLS:-$HOME/.cache/crochet-tools}

# One folder for every workspace, so that they share what they have in common.
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
export CARGO_INCREMENTAL=${CARGO_INCREMENTAL:-0}

# Prints the gate's header, and its outcome and time when it ends.
header() {
  gate_name=$(basename "$0")
  gate_started=$SECONDS
  printf '== %s: %s\n' "$gate_name" "$1"
  trap gate_ended EXIT
  # Without these a gate that a signal ends would report the status of its last command.
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

gate_ended() {
  local status=$? outcome=passed
  [[ $status -eq 0 ]] || outcome="FAILED (exit status $status)"
  [[ -z ${gate_scratch:-} ]] || rm -rf "$gate_scratch"
  printf '== %s: %s, %d s\n' "$gate_name" "$outcome" $((SECONDS - gate_started))
}

# Sets `gate_scratch` to an empty folder that goes when the gate ends.
need_scratch() {
  gate_scratch=$(mktemp -d)
}

# Prints the message and ends the gate.
fail() {
  printf '%s: %s\n' "$gate_name" "$*" >&2
  exit 1
}

# Prints a command on stderr, then runs it.
run() {
  printf '+ %s\n' "$*" >&2
  "$@"
}

# Gives the gate a target folder of its own: cargo rebuilds everything when the compiler or its flags change.
own_target() {
  CARGO_TARGET_DIR=$CARGO_TARGET_DIR/gates/$gate_name
}

# Prints the manifest of every workspace in the repository, the main one first.
workspaces() {
  find . -name target -prune -o -name Cargo.toml -print | LC_ALL=C sort | xargs grep -lx '\[workspace\]'
}

# The packages that are published, as cargo's arguments.
# shellcheck disable=SC2034
libraries=(--package crochet-core --package crochet-macros --package crochet-reactor --package crochet-rt)

# Prints cargo's arguments, one on a line, for every integration test of the core and of the tests package but those that
# match one of the patterns.
suites_except() {
  local file name pattern
  for file in {core,tests}/tests/*.rs {core,tests}/tests/*/main.rs; do
    [[ -f $file ]] || continue
    name=${file%/main.rs}
    name=$(basename "$name" .rs)
    for pattern in "$@"; do
      # shellcheck disable=SC2053
      [[ $name != $pattern ]] || continue 2
    done
    printf -- '--test\n%s\n' "$name"
  done
}

as_root() {
  if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

# Brings apt's lists up to date, waiting for another apt to finish.
apt_update() {
  as_root apt-get -qq -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 update
}

# Installs the Debian packages that are not installed yet.
apt_need() {
  local package missing=()
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>&1) == installed ]] || missing+=("$package")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  printf 'installing %s\n' "${missing[*]}"
  apt_update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 \
    -o Dpkg::Use-Pty=0 install -y --no-install-recommends "${missing[@]}" >/dev/null
}

# Installs version $2 of the cargo tool $1, unless that version is there, and puts it on PATH.
# Built without optimisation: these run for seconds and take minutes to optimise.
cargo_need() {
  export PATH=$CROCHET_TOOLS/bin:$PATH
  if grep -qs "^\"$1 $2 " "$CROCHET_TOOLS/.crates.toml" && [[ -x $CROCHET_TOOLS/bin/$1 ]]; then
    return
  fi
  printf 'installing %s %s\n' "$1" "$2"
  CARGO_TARGET_DIR=$CARGO_TARGET_DIR/tools CARGO_PROFILE_DEV_DEBUG=0 \
    cargo install --quiet --locked --debug --force --root "$CROCHET_TOOLS" "$1@$2"
}

# Debian's second Rust compiler, installed with the standard library's source, for targets that rustup has not installed.
# RUSTC_BOOTSTRAP is what lets it build the standard library (-Zbuild-std).
need_source_rustc() {
  apt_need rustc-web rust-web-src
  export RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc RUSTC_BOOTSTRAP=1
}
