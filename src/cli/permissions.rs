//! `permissions`: the least Graph permissions, and what each buys.

use super::arguments::{PermissionsFormat, PermissionsOptions};
use super::connect::all_datasets;
use super::exit::{Exit, Failure};
use super::load;
use super::output::{to_stdout, width};
use crate::auth;
use crate::baseline::{self, Baseline, bind};
use crate::model::{Dataset, Endpoints};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// Microsoft Graph as a resource application.
const GRAPH_APPLICATION: &str = "00000003-0000-0000-c000-000000000000";

/// One permission with its ids in Graph (the same in every tenant).
struct Permission {
    name: &'static str,
    app_role: &'static str,
    delegated_scope: &'static str,
}

/// Every permission a collection asks for.
const PERMISSIONS: [Permission; 13] = [
    Permission {
        name: "Directory.Read.All",
        app_role: "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
        delegated_scope: "06da0dbc-49e2-44d2-8312-53f166ab848a",
    },
    Permission {
        name: "RoleManagement.Read.Directory",
        app_role: "483bed4a-2ad3-4361-a73b-c83ccdbdc53c",
        delegated_scope: "741c54c3-0c1e-44a1-818b-3f97ab4e8c83",
    },
    Permission {
        name: "RoleManagementPolicy.Read.Directory",
        app_role: "fdc4c997-9942-4479-bfcb-75a36d1138df",
        delegated_scope: "3de2cdbe-0ff5-47d5-bdee-7f45b4749ead",
    },
    Permission {
        name: "PrivilegedAccess.Read.AzureADGroup",
        app_role: "01e37dc9-c035-40bd-b438-b2879c4870a6",
        delegated_scope: "d329c81c-20ad-4772-abf9-3f6fdb7e5988",
    },
    Permission {
        name: "PrivilegedAssignmentSchedule.Read.AzureADGroup",
        app_role: "cd4161cb-f098-48f8-a884-1eda9a42434c",
        delegated_scope: "02a32cc4-7ab5-4b58-879a-0586e0f7c495",
    },
    Permission {
        name: "PrivilegedEligibilitySchedule.Read.AzureADGroup",
        app_role: "edb419d6-7edc-42a3-9345-509bfdf5d87c",
        delegated_scope: "8f44f93d-ecef-46ae-a9bf-338508d44d6b",
    },
    Permission {
        name: "RoleManagementPolicy.Read.AzureADGroup",
        app_role: "69e67828-780e-47fd-b28c-7b27d14864e6",
        delegated_scope: "7e26fdff-9cb1-4e56-bede-211fe0e420e8",
    },
    Permission {
        name: "AuditLog.Read.All",
        app_role: "b0afded3-3588-46d8-8b3d-9842eff778da",
        delegated_scope: "e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20",
    },
    Permission {
        name: "Policy.Read.All",
        app_role: "246dd0d5-5bd0-4def-940b-0421030a5b68",
        delegated_scope: "572fea84-0151-49b2-9301-11cb16974376",
    },
    Permission {
        name: "AuthenticationContext.Read.All",
        app_role: "381f742f-e1f8-4309-b4ab-e3d91ae4c5c1",
        delegated_scope: "57b030f1-8c35-469c-b0d9-e4a077debe70",
    },
    Permission {
        name: "RoleManagementAlert.Read.Directory",
        app_role: "ef31918f-2d50-4755-8943-b8638c0a077e",
        delegated_scope: "cce71173-f76d-446e-97ff-efb2d82e11b1",
    },
    Permission {
        name: "AccessReview.Read.All",
        app_role: "d07a8cc0-3d51-4b77-b3b0-32704d1f69fa",
        delegated_scope: "ebfcd32b-babb-40f4-a14b-42706e83bd28",
    },
    Permission {
        name: "EntitlementManagement.Read.All",
        app_role: "c74fd47d-ed3c-45c3-9a9e-b8676de685d2",
        delegated_scope: "5449aa12-1393-4ea2-a7c7-d0e06c1a56b2",
    },
];

/// One permission with what it buys.
struct Need {
    permission: &'static Permission,
    datasets: Vec<Dataset>,
    checks: BTreeSet<&'static str>,
}

pub(super) fn run(options: &PermissionsOptions) -> Result<Exit, Failure> {
    if options.format == PermissionsFormat::ConsentUrl
        && let Some(tenant) = options.tenant.as_deref().filter(|tenant| !can_be_tenant(tenant))
    {
        return Err(Failure::usage(format!("\"{tenant}\" is neither a tenant id nor a domain"))
            .hint("give --tenant an id, or a domain such as contoso.example"));
    }
    let baselines = load::baselines(&options.baseline, None)?;
    let needs = needs(&baselines);
    to_stdout(|out| match options.format {
        PermissionsFormat::Text => write_text(&needs, width(), out),
        PermissionsFormat::Json => write_json(&needs, out),
        PermissionsFormat::ConsentUrl => write_consent_url(options, &needs, out),
        PermissionsFormat::Az => write_az(&needs, out),
    })?;
    Ok(Exit::Done)
}

/// An id, a domain, or a word such as `organizations`: nothing that an address would have to escape.
fn can_be_tenant(text: &str) -> bool {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '.' | '_');
    text.contains(|it: char| it.is_ascii_alphanumeric()) && text.chars().all(is_plain)
}

fn needs(baselines: &[Baseline]) -> Vec<Need> {
    let datasets = all_datasets(&baseline::datasets(baselines));
    let mut checks: BTreeMap<Dataset, BTreeSet<&'static str>> = BTreeMap::new();
    for baseline in baselines {
        for bound in bind(baseline).checks {
            for dataset in bound.check.reads() {
                checks.entry(dataset).or_default().insert(bound.check.id);
            }
        }
    }
    PERMISSIONS
        .iter()
        .filter_map(|permission| {
            let datasets: Vec<Dataset> = datasets
                .iter()
                .copied()
                .filter(|dataset| dataset.facts().permission == permission.name)
                .collect();
            let checks =
                datasets.iter().filter_map(|it| checks.get(it)).flatten().copied().collect();
            (!datasets.is_empty()).then_some(Need { permission, datasets, checks })
        })
        .collect()
}

fn write_text(needs: &[Need], width: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Least permissions, the same by name for delegated and application sign-in.")?;
    writeln!(
        out,
        "A delegated sign-in also needs a directory role that may read PIM: Global Reader,"
    )?;
    writeln!(out, "Security Reader or better.")?;
    for need in needs {
        writeln!(out, "\n{}", need.permission.name)?;
        writeln!(out, "  application  {}", need.permission.app_role)?;
        writeln!(out, "  delegated    {}", need.permission.delegated_scope)?;
        let reads: Vec<&str> = need.datasets.iter().map(|it| it.facts().title).collect();
        wrapped("reads", &reads, width, out)?;
        let checks: Vec<&str> = need.checks.iter().copied().collect();
        wrapped("buys", &checks, width, out)?;
    }
    Ok(())
}

fn wrapped(title: &str, words: &[&str], width: usize, out: &mut dyn Write) -> io::Result<()> {
    let mut line = format!("  {title:11}");
    let indent = " ".repeat(line.len() + 1);
    let mut empty = true;
    for (place, word) in words.iter().enumerate() {
        let comma = if place + 1 < words.len() { "," } else { "" };
        if !empty && line.len() + word.len() + 2 > width {
            writeln!(out, "{line}")?;
            line.clone_from(&indent);
            line.push_str(word);
        } else {
            line.push_str(if empty { "  " } else { " " });
            line.push_str(word);
        }
        line.push_str(comma);
        empty = false;
    }
    writeln!(out, "{line}")
}

fn write_json(needs: &[Need], out: &mut dyn Write) -> io::Result<()> {
    let permissions: Vec<serde_json::Value> = needs
        .iter()
        .map(|need| {
            serde_json::json!({
                "permission": need.permission.name,
                "application_role_id": need.permission.app_role,
                "delegated_scope_id": need.permission.delegated_scope,
                "datasets": need.datasets,
                "checks": need.checks,
            })
        })
        .collect();
    let text =
        serde_json::json!({ "schema": "pimaudit.permissions/1", "permissions": permissions });
    writeln!(out, "{text:#}")
}

fn write_consent_url(
    options: &PermissionsOptions,
    needs: &[Need],
    out: &mut dyn Write,
) -> io::Result<()> {
    let endpoints = Endpoints::of(options.cloud);
    let tenant = options.tenant.as_deref().unwrap_or("organizations");
    let client = options.client_id.as_deref().unwrap_or(auth::DEFAULT_CLIENT_ID);
    let graph = endpoints.graph.as_str().trim_end_matches('/');
    let scopes: Vec<String> =
        needs.iter().map(|need| format!("{graph}/{}", need.permission.name)).collect();
    let mut url = endpoints.login.clone();
    url.set_path(&format!("/{tenant}/v2.0/adminconsent"));
    url.query_pairs_mut()
        .append_pair("client_id", client)
        .append_pair("scope", &scopes.join(" "))
        .append_pair("redirect_uri", "http://localhost");
    writeln!(out, "{url}")
}

fn write_az(needs: &[Need], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "#!/usr/bin/env bash")?;
    writeln!(out, "# Creates an app registration that can only read what pimaudit needs.")?;
    writeln!(out, "# Run it in a shell where `az login` was done by somebody who may consent.")?;
    writeln!(out, "set -euo pipefail")?;
    writeln!(out, "name=\"${{1:-pimaudit (read only)}}\"")?;
    writeln!(out, "graph={GRAPH_APPLICATION}")?;
    writeln!(
        out,
        "app=$(az ad app create --display-name \"$name\" --sign-in-audience AzureADMyOrg --query appId -o tsv)"
    )?;
    writeln!(out, "az ad sp create --id \"$app\" >/dev/null")?;
    for need in needs {
        writeln!(
            out,
            "az ad app permission add --id \"$app\" --api \"$graph\" --api-permissions {}=Role   # {}",
            need.permission.app_role, need.permission.name
        )?;
    }
    writeln!(out, "az ad app permission admin-consent --id \"$app\"")?;
    writeln!(out, "echo \"client id: $app\"")?;
    writeln!(out, "echo \"tenant id: $(az account show --query tenantId -o tsv)\"")?;
    writeln!(
        out,
        "# Now add a federated credential (GitHub Actions, Azure Pipelines) or a certificate:"
    )?;
    writeln!(
        out,
        "#   az ad app federated-credential create --id \"$app\" --parameters credential.json"
    )?;
    writeln!(out, "#   az ad app credential reset --id \"$app\" --append --cert @certificate.pem")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::builtin;

    fn all() -> Vec<Need> {
        let loaded: Vec<Baseline> =
            builtin::names().map(|name| builtin::load(name).unwrap()).collect();
        needs(&loaded)
    }

    #[test]
    fn a_tenant_is_an_id_or_a_domain() {
        for (text, expected) in [
            ("contoso.example", true),
            ("7f3a0000-0000-4000-8000-000000000001", true),
            ("organizations", true),
            ("bad tenant", false),
            ("a/../b", false),
            ("..", false),
            ("contoso.example?x=1", false),
            ("", false),
        ] {
            assert_eq!(can_be_tenant(text), expected, "{text}");
        }
    }

    #[test]
    fn no_write_permission_is_ever_listed() {
        for need in all() {
            assert!(need.permission.name.contains(".Read."), "{}", need.permission.name);
            assert!(!need.permission.name.contains("Write"), "{}", need.permission.name);
        }
        let mut text = Vec::new();
        write_az(&all(), &mut text).unwrap();
        assert!(!String::from_utf8(text).unwrap().contains("Write"));
    }

    #[test]
    fn every_collection_is_bought_by_a_listed_permission() {
        let listed: BTreeSet<Dataset> = all().into_iter().flat_map(|need| need.datasets).collect();
        for dataset in Dataset::ALL {
            // No baseline asks for the log; an option does.
            let by_option = dataset == Dataset::DirectoryAudits
                && PERMISSIONS.iter().any(|it| it.name == dataset.facts().permission);
            let is_bought = by_option || listed.contains(&dataset);
            assert!(is_bought, "{dataset} is bought by no permission");
        }
    }
}
