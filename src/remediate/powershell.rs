//! The script: shows every step. With `-Apply` it takes those that change a rule, which are merged with
//! what was read; every other one only where its number is named.
//!
//! It reads the requests from the files beside it, so that what was reviewed and filled in is what is
//! sent. No text of the tenant is code in it.

use super::Step;
use crate::model::Cloud;
use crate::report::Report;
use crate::report::escape;
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
    Reads the requests from the .json files beside it. -Apply alone sends changes of policy rules: they
    are merged with the rule as it was read, and sent only while it still is so. Every other request is
    sent only when its number is named too. What a person must fill in is filled in there. A step that
    touches what may be a break-glass account is held back: declare the account and remediate again, or
    take the reason out of "held_back" in its file.
.EXAMPLE
    ./remediate.ps1
    Shows every step and sends nothing.
.EXAMPLE
    ./remediate.ps1 -Apply
    Sends the changes of policy rules.
.EXAMPLE
    ./remediate.ps1 -Apply -Step 391,402
    Sends these two, whatever they are.
#>
[CmdletBinding()]
param(
    # Send changes of rules, or what -Step names. Without it nothing is changed.
    [switch] $Apply,
    # Numbers of the steps; all of them without it. What changes no rule is sent only when it is named.
    [int[]] $Step = @(),
    # Begin with the step of this number.
    [int] $From = 1,
    # Do not ask before something is deleted, a role is taken away or an account is switched off.
    [switch] $Force
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$tenant = @TENANT@
$steps = @(
@STEPS@
)

# True for the change of one rule of a policy.
function Test-Rule($Request) {
    return $Request['method'] -ceq 'PATCH' -and
        $Request['url'] -cmatch '^/v1\.0/policies/roleManagementPolicies/[^/?]+/rules/[^/?]+$'
}

# True for what deletes something, takes a role away or switches an account off.
function Test-Taking($Request) {
    if ($Request['method'] -eq 'DELETE') { return $true }
    $body = $Request['body']
    if ($body -isnot [System.Collections.IDictionary]) { return $false }
    return $body['action'] -eq 'adminRemove' -or $body['accountEnabled'] -eq $false
}

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

$chosen = @($steps | Where-Object {
    $_.Number -ge $From -and ($Step.Count -eq 0 -or $_.Number -in $Step)
})
$requests = @{}
# What -Apply sends of these.
$sending = @()
$blanks = 0
foreach ($entry in $chosen) {
    $number = $entry.Number
    $file = Join-Path $PSScriptRoot $entry.File
    $request = Get-Content -LiteralPath $file -Raw -Encoding utf8 | ConvertFrom-Json -AsHashtable
    $requests[$number] = $request
    $is_rule = Test-Rule -Request $request
    $is_sent = $is_rule -or $number -in $Step
    if ($is_sent) { $sending += $number }
    $sent = $request['url'] + ' ' + ($request['body'] | ConvertTo-Json -Depth 64 -Compress)
    $open = @($request['fill_in'] | Where-Object { $_ -and $sent.Contains($_) })
    $open += @($request['held_back'] | Where-Object { $_ })
    if ($is_rule -and $null -eq $request['live']) {
        $open += 'the rule was not read, merge it by hand and send it yourself'
    }
    foreach ($blank in $open) { Write-Warning "step ${number} is not ready: $blank" }
    if ($is_sent) { $blanks += $open.Count }
}
if ($Apply -and $blanks -gt 0) {
    throw 'nothing was sent: make the files of these steps ready first, or choose other steps with -Step'
}

if ($sending.Count -gt 0) {
    $context = Get-MgContext
    if ($null -eq $context) {
        $permissions = @($sending | ForEach-Object { $requests[$_]['permission'] } | Where-Object { $_ })
        $scopes = @($permissions | Sort-Object -Unique) -join ','
        throw "sign in first: Connect-MgGraph -Environment @ENVIRONMENT@ -TenantId $tenant -Scopes $scopes"
    }
    if ($context.TenantId -ne $tenant) {
        throw "signed in to tenant $($context.TenantId), not $tenant"
    }
}

$failed = 0
foreach ($entry in $chosen) {
    $number = $entry.Number
    $request = $requests[$number]
    $method, $url = $request['method'], $request['url']
    $is_rule = Test-Rule -Request $request
    $body = $null
    if ($null -ne $request['body']) { $body = $request['body'] | ConvertTo-Json -Depth 64 -Compress }
    Write-Host "Step ${number}: $($entry.What)"
    foreach ($said in $request['preconditions']) { Write-Host "  before: $said" }
    Write-Host "  $method $url"
    if (-not $is_rule -and $null -ne $body) { Write-Host "  $body" }
    if ($number -notin $sending) { Write-Host '  not sent: name it with -Step'; continue }
    try {
        if ($is_rule -and $null -ne $request['live']) {
            $now = Invoke-MgGraphRequest -Method GET -Uri $url -OutputType Hashtable
            if (Test-Within -One $request['body'] -Two $now) { Write-Host '  already so'; continue }
            if (-not (Test-Within -One $request['live'] -Two $now)) {
                Write-Warning '  the rule was changed since it was read: not touched, audit again'
                $failed++
                continue
            }
            foreach ($change in $request['changes']) {
                $before = ConvertTo-Json -InputObject $change['from'] -Depth 64 -Compress
                $after = ConvertTo-Json -InputObject $change['to'] -Depth 64 -Compress
                Write-Host "  $($change['property']): $before -> $after"
            }
        }
        if (-not $Apply) { Write-Host '  not sent (no -Apply)'; continue }
        if ((Test-Taking -Request $request) -and -not $Force) {
            if (-not $PSCmdlet.ShouldContinue("$method $url $body", "Send step ${number}?")) {
                Write-Host '  not sent: declined'
                continue
            }
        }
        $send = @{ Method = $method; Uri = $url; OutputType = 'Json' }
        if ($null -ne $body) { $send['Body'] = $body; $send['ContentType'] = 'application/json' }
        $answer = Invoke-MgGraphRequest @send
        # Some things, such as a Temporary Access Pass, are said in the answer and never again.
        if (-not $is_rule -and $answer) { Write-Host "  answer: $answer" }
        if ($is_rule) {
            $found = Invoke-MgGraphRequest -Method GET -Uri $url -OutputType Hashtable
            if (-not (Test-Within -One $request['body'] -Two $found)) {
                Write-Warning '  sent, but the rule is not as asked for'
                $failed++
                continue
            }
        }
        Write-Host '  done'
    } catch {
        $reason = $_.Exception.Message
        throw ("step ${number} failed: $reason`n" +
            "Nothing after it was sent. Mend the cause and go on with the same command and " +
            "-From ${number}, or with -From $($number + 1) to leave it out.")
    }
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
