#!/bin/sh
# The project's solc for forge, which asks for its version at every run: here that starts no node.
case "$*" in
  *--version*) printf 'solc, the solidity compiler commandline interface\nVersion: %s\n' 'VERSION' ;;
  *) exec 'NODE' "${0%/*}/scripts/solc.cjs" "$@" ;;
esac
