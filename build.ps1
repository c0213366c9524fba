#!/usr/bin/env pwsh
# Runs a target of build.cake: ./build.ps1 TARGET [-- ARGUMENTS]. Needs the .NET 10 SDK and nothing else.
$ErrorActionPreference = 'Stop'

$env:DOTNET_NOLOGO = '1'
$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
$env:DOTNET_GENERATE_ASPNET_CERTIFICATE = 'false'

if (-not (Get-Command dotnet -ErrorAction SilentlyContinue)) {
    [Console]::Error.WriteLine("build.ps1: 'dotnet' was not found; install the .NET 10 SDK first")
    exit 2
}

$target = if ($args.Count -gt 0) { $args[0] } else { 'help' }
if ($target -in '-h', '--help') { $target = 'help' }
$rest = @($args | Select-Object -Skip 1)
# PowerShell itself may already have taken the separator.
if ($rest.Count -gt 0 -and $rest[0] -eq '--') { $rest = @($rest | Select-Object -Skip 1) }
$passedOn = @($rest | ForEach-Object { "--argument=$_" })

Push-Location $PSScriptRoot
try {
    dotnet tool restore | Out-Null
    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
    dotnet dotnet-cake build.cake "--target=$target" @passedOn
    exit $LASTEXITCODE
}
finally {
    Pop-Location
}
