//! The script: shows every step, and takes it only with `-Apply`.
//!
//! It reads the requests from the files beside it, so that what was reviewed and filled in is what is
//! sent. No text of the tenant is code in it.

use super::{Step, graph};
use crate::model::Cloud;
use crate::report::Report;
use crate::report::escape;
use std::collections::BTreeSet;
use std::fmt::Write;

/// A text between single quotes as PowerShell reads it: curly quotes end it too.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for character in escape::terminal(text).chars() {
        if matches!(character, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(character);
        }
        quoted.push(character);
    }
    quoted.push('\'');
    quoted
}

/// The whole script.
pub(super) fn text(report: &Report, names: &[String], steps: &[Step<'_>]) -> String {
    let permissions: BTreeSet<&str> =
        steps.iter().filter_map(|step| graph::permission(&step.path)).collect();
    let permissions: Vec<String> = permissions.into_iter().map(quoted).collect();
    let mut list = String::new();
    for (place, (name, step)) in names.iter().zip(steps).enumerate() {
        let what = step.findings.first().map_or_else(String::new, |finding| {
            let more = step.findings.len() - 1;
            let more = if more == 0 { String::new() } else { format!(", and {more} more") };
            format!("{}: {}{more}", finding.subject.name, finding.title)
        });
        let (number, file, what) = (place + 1, quoted(name), quoted(&what));
        // A String takes whatever is written.
        let _ = writeln!(list, "    @{{ Number = {number}; File = {file}; What = {what} }}");
    }
    // Our own words first: a name that looks like one of these marks is never replaced.
    SCRIPT
        .replace("@ENVIRONMENT@", environment(report.cloud))
        .replace("@PERMISSIONS@", &permissions.join(", "))
        .replace("@TENANT@", &quoted(&report.tenant))
        .replace("@STEPS@\n", &list)
}

/// The cloud as `Connect-MgGraph` calls it.
const fn environment(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Global => "Global",
        Cloud::UsGov => "USGov",
        Cloud::UsGovDod => "USGovDoD",
        Cloud::China => "China",
    }
}

const SCRIPT: &str = r#"#Requires -Version 7.0
#Requires -Modules Microsoft.Graph.Authentication
<#
.SYNOPSIS
    Shows the steps beside it; takes them with -Apply. Review each file first.
.DESCRIPTION
    Reads the requests from the .json files beside it. A rule is changed only while it still is as it
    was read; what a person must fill in is filled in there.
#>
[CmdletBinding()]
param(
    # Send what is shown. Without it nothing is changed.
    [switch] $Apply,
    # Numbers of the steps; all of them without it.
    [int[]] $Step = @()
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$tenant = @TENANT@
$permissions = @(@PERMISSIONS@)
$steps = @(
@STEPS@
)

# True when everything that the first says is in the second.
function Test-Within($One, $Two) {
    if ($null -eq $One -or $null -eq $Two) { return ($null -eq $One) -and ($null -eq $Two) }
    if ($One -is [System.Collections.IDictionary]) {
        if ($Two -isnot [System.Collections.IDictionary]) { return $false }
        foreach ($key in $One.Keys) {
            if (-not (Test-Within -One $One[$key] -Two $Two[$key])) { return $false }
        }
        return $true
    }
    if ($One -is [System.Collections.IList]) {
        if ($Two -isnot [System.Collections.IList] -or $One.Count -ne $Two.Count) { return $false }
        $first, $second = @($One), @($Two)
        # Graph gives words back in its own order.
        if (@($first + $second | Where-Object { $_ -isnot [string] }).Count -eq 0) {
            $first, $second = @($first | Sort-Object), @($second | Sort-Object)
        }
        for ($place = 0; $place -lt $first.Count; $place++) {
            if (-not (Test-Within -One $first[$place] -Two $second[$place])) { return $false }
        }
        return $true
    }
    return $One -ceq $Two
}

$chosen = @($steps | Where-Object { $Step.Count -eq 0 -or $_.Number -in $Step })
$requests = @{}
$open = @()
foreach ($entry in $chosen) {
    $file = Join-Path $PSScriptRoot $entry.File
    $request = Get-Content -LiteralPath $file -Raw -Encoding utf8 | ConvertFrom-Json -AsHashtable
    $requests[$entry.Number] = $request
    $sent = $request['url'] + ' ' + ($request['body'] | ConvertTo-Json -Depth 64 -Compress)
    foreach ($blank in $request['fill_in']) {
        if ($sent.Contains($blank)) { $open += "step $($entry.Number): $blank" }
    }
    $is_rule = $request['url'].Contains('/roleManagementPolicies/') -and $request['method'] -eq 'PATCH'
    if ($is_rule -and $null -eq $request['live']) {
        $open += "step $($entry.Number): the rule was not read, merge it by hand and send it yourself"
    }
}
if ($open.Count -gt 0) {
    $open | ForEach-Object { Write-Warning "to be filled in: $_" }
    if ($Apply) { throw 'nothing was sent: fill in the files first, or choose other steps with -Step' }
}

$context = Get-MgContext
if ($null -eq $context) {
    $scopes = $permissions -join ', '
    throw "sign in first: Connect-MgGraph -Environment @ENVIRONMENT@ -TenantId $tenant -Scopes $scopes"
}
if ($context.TenantId -ne $tenant) { throw "signed in to tenant $($context.TenantId), not $tenant" }

$failed = 0
foreach ($entry in $chosen) {
    $request = $requests[$entry.Number]
    $method, $url = $request['method'], $request['url']
    Write-Host "Step $($entry.Number): $($entry.What)"
    Write-Host "  $method $url"
    if ($method -eq 'GET') {
        Invoke-MgGraphRequest -Method GET -Uri $url -OutputType Json
        continue
    }
    $body = $null
    if ($null -ne $request['body']) { $body = $request['body'] | ConvertTo-Json -Depth 64 -Compress }
    if ($null -ne $request['live']) {
        $now = Invoke-MgGraphRequest -Method GET -Uri $url -OutputType Hashtable
        if (Test-Within -One $request['body'] -Two $now) { Write-Host '  already so'; continue }
        if (-not (Test-Within -One $request['live'] -Two $now)) {
            Write-Warning '  the rule was changed since it was read: not touched, audit again'
            $failed++
            continue
        }
        foreach ($change in $request['changes']) {
            $from = ConvertTo-Json -InputObject $change['from'] -Depth 64 -Compress
            $to = ConvertTo-Json -InputObject $change['to'] -Depth 64 -Compress
            Write-Host "  $($change['property']): $from -> $to"
        }
    } elseif ($null -ne $body) { Write-Host "  $body" }
    if (-not $Apply) { Write-Host '  not sent (no -Apply)'; continue }
    if ($null -ne $body) {
        Invoke-MgGraphRequest -Method $method -Uri $url -Body $body -ContentType 'application/json' | Out-Null
    } else {
        Invoke-MgGraphRequest -Method $method -Uri $url | Out-Null
    }
    if ($null -ne $request['live']) {
        $after = Invoke-MgGraphRequest -Method GET -Uri $url -OutputType Hashtable
        if (-not (Test-Within -One $request['body'] -Two $after)) {
            Write-Warning '  sent, but the rule is not as asked for'
            $failed++
            continue
        }
    }
    Write-Host '  done'
}
if ($failed -gt 0) { throw "$failed steps were not done" }
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_quotes() {
        for (text, expected) in [
            ("", "''"),
            ("Ana", "'Ana'"),
            ("O'Hara", "'O''Hara'"),
            ("a\u{2019}; rm", "'a\u{2019}\u{2019}; rm'"),
            ("\u{201b}\u{2018}\u{201a}", "'\u{201b}\u{201b}\u{2018}\u{2018}\u{201a}\u{201a}'"),
            ("$(whoami) `n", "'$(whoami) `n'"),
            ("two\nlines", "'two lines'"),
            ("\u{202e}evil", "'evil'"),
        ] {
            assert_eq!(quoted(text), expected, "{text:?}");
        }
    }
}
