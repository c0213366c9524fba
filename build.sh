#!/usr/bin/env bash
# Runs a target of build.cake: ./build.sh TARGET [-- ARGUMENTS]. Needs the .NET 10 SDK and nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false

if ! command -v dotnet >/dev/null; then
    echo "build.sh: 'dotnet' was not found; install the .NET 10 SDK first" >&2
    exit 2
fi

target=${1:-help}
shift || true
case $target in -h | --help) target=help ;; esac
if [ "${1:-}" = -- ]; then shift; fi

dotnet tool restore >/dev/null
exec dotnet dotnet-cake build.cake --target="$target" "${@/#/--argument=}"
