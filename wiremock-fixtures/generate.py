#!/usr/bin/env python3
"""Writes the Graph replies of the sample tenants as WireMock stub mappings, the same bytes each time.

usage: generate.py            write <scenario>/mappings/*.json and the tables of README.md
       generate.py --check    write nothing; exit 1 when a file is not as this script would write it

To add a persona to Contoso, add a line to PEOPLE (next free number) with the grants it holds and what an
audit should say of it. To change what a role asks at activation, edit CONTOSO_POLICIES. Then run the script.
Shapes and property names are Microsoft Graph's documented ones; nothing here is taken from what pimaudit expects.
"""

import base64
import copy
import json
import pathlib
import re
import sys
import uuid

HERE = pathlib.Path(__file__).parent
ROLES = json.loads((HERE.parent / "src/model/roles.json").read_text(encoding="utf-8"))["roles"]
COLLECTED_AT = "2026-11-02T09:00:00Z"  # every window below is placed around this moment

# ---------------------------------------------------------------------------------------------------
# Names

GA = "Global Administrator"
PRA = "Privileged Role Administrator"
SECURITY = "Security Administrator"
EXCHANGE = "Exchange Administrator"
SHAREPOINT = "SharePoint Administrator"
TEAMS = "Teams Administrator"
INTUNE = "Intune Administrator"
USER = "User Administrator"
APPLICATION = "Application Administrator"
AUTHENTICATION = "Authentication Administrator"
COMPLIANCE = "Compliance Administrator"
READER = "Global Reader"
BILLING = "Billing Administrator"
HELPDESK = "Helpdesk Administrator"
SECURITY_READER = "Security Reader"
CONDITIONAL_ACCESS = "Conditional Access Administrator"
SYNCHRONIZATION = "Directory Synchronization Accounts"
CUSTOM = "Application Credential Rotator"  # Contoso's own role

CUSTOM_ID = "f0e1d2c3-0000-4000-8000-00000000c057"
PARTNER = "5eed0000-0000-4000-8000-0000000000aa"  # the tenant of a foreign principal
MICROSOFT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"  # owner of first-party applications and managed identities
CONTOSO = "7f3a0000-0000-4000-8000-000000000001"
EXEMPLARY = "7f3a0000-0000-4000-8000-000000000002"
EMPTY = "7f3a0000-0000-4000-8000-000000000003"

BERLIN = "/administrativeUnits/dddddddd-0001-4000-8000-0000000000b1"
PAYROLL = "/eeeeeeee-0001-4000-8000-0000000000a1"  # one application
SOC = "soc@contoso.example"

# ---------------------------------------------------------------------------------------------------
# Grants. Dates are "2026-03-02" (08:00 UTC) or a full time; `shout` writes the row's GUIDs in capitals.


def eligible(role, until=None, since="2026-03-02", **more):
    return {"role": role, "class": "eligible", "since": since, "until": until, **more}


def active(role, since="2025-03-03", until=None, **more):
    """Assigned. `since=None` is how PIM shows what was given outside it; `listed="assignments"` leaves the
    row out of the schedule instances."""
    return {"role": role, "class": "active", "since": since, "until": until, **more}


def activated(role, since, until, **more):
    """In use right now; the eligibility it comes from is a grant of its own."""
    return {"role": role, "class": "activated", "since": since, "until": until, **more}


def holder(number, name, principal_name, grants=(), expect="", **properties):
    """A person. `properties` are user properties that differ from an enabled, cloud-only member."""
    return {"kind": "user", "number": number, "name": name, "upn": principal_name,
            "grants": list(grants), "expect": expect, "properties": properties}


def other(kind, number, name, grants=(), expect="", **properties):
    return {"kind": kind, "number": number, "name": name, "upn": None,
            "grants": list(grants), "expect": expect, "properties": properties}


SYNCED = {"onPremisesSyncEnabled": True, "onPremisesImmutableId": "c3luY2VkLXRvdmU9PQ=="}
ONCE_SYNCED = {"onPremisesSyncEnabled": None, "onPremisesImmutableId": "b25jZS1zeW5jZWQ="}
DISABLED = {"accountEnabled": False}
GUEST = {"userType": "Guest", "creationType": "Invitation"}
NOT_RETURNED = {"absent": True}  # getByIds leaves it out: deleted, or of another tenant

# ---------------------------------------------------------------------------------------------------
# Contoso: who holds what, and what an audit with the recommended baseline and no configuration should say.

PEOPLE = [
    holder(1, "Break Glass One", "bg1@contoso.onmicrosoft.com", [active(GA, "2024-03-04")],
           "break-glass candidate; permanent-active-assignment fails until it is declared"),
    holder(2, "Break Glass Two", "bg2@contoso.onmicrosoft.com", [active(GA, "2024-03-04")],
           "break-glass candidate; permanent-active-assignment fails until it is declared"),
    holder(3, "Ada Alder (admin)", "adm-ada@contoso.example", [eligible(GA)]),
    holder(4, "Ben Birch (admin)", "adm-ben@contoso.example", [eligible(GA, "2027-02-26")]),
    holder(5, "Cleo Cedar (admin)", "adm-cleo@contoso.example",
           [eligible(GA, "2027-02-26"), activated(GA, "2026-11-02T07:41:12.223Z", "2026-11-02T11:41:12.17Z")],
           "one holder, not standing; activation-beyond-policy passes (PT4H of PT4H)"),
    holder(6, "Dirk Dogwood", "dirk@contoso.example", [active(GA, "2024-06-10")],
           "permanent-active-assignment fails, critical"),
    holder(7, "Edda Elm (admin)", "adm-edda@contoso.example", [eligible(PRA)]),
    holder(8, "Finn Fir (admin)", "adm-finn@contoso.example", [eligible(PRA, "2027-02-26")]),
    holder(9, "Gina Ginkgo", "gina@contoso.example", [active(PRA, "2025-01-13")],
           "permanent-active-assignment fails, critical"),
    holder(10, "Hugo Hazel (admin)", "adm-hugo@contoso.example",
           [eligible(SECURITY), eligible(CONDITIONAL_ACCESS)]),
    holder(11, "Iris Ironwood (admin)", "adm-iris@contoso.example", [eligible(SECURITY, "2027-03-01")]),
    holder(12, "Jens Juniper (admin)", "adm-jens@contoso.example", [eligible(SECURITY, shout=True)]),
    holder(13, "Kaja Katsura (admin)", "adm-kaja@contoso.example",
           [eligible(SECURITY), activated(SECURITY, "2026-11-01T22:30:00Z", "2026-11-02T10:30:00Z")],
           "activation-beyond-policy of Security Administrator fails (12 h of PT8H)"),
    holder(14, "Lars Larch", "lars@contoso.example", [active(SECURITY, "2025-05-05")],
           "permanent-active-assignment fails"),
    holder(15, "Pia Pine (admin)", "adm-pia@contoso.example", [eligible(EXCHANGE)]),
    holder(16, "Quin Quince (admin)", "adm-quin@contoso.example", [eligible(EXCHANGE, "2027-01-31")]),
    holder(17, "Tove Teak", "tove@contoso.example", [eligible(EXCHANGE)],
           "synced-privileged-account fails", **SYNCED),
    holder(18, "Sven Spruce", "sven@contoso.example", [active(EXCHANGE, "2025-02-17")],
           "permanent-active-assignment fails"),
    holder(19, "Ulla Umbra (admin)", "adm-ulla@contoso.example", [eligible(SHAREPOINT)],
           "synced-privileged-account partial 0.75 (once synced)", **ONCE_SYNCED),
    holder(20, "Vera Viburnum (admin)", "adm-vera@contoso.example",
           [eligible(SHAREPOINT), activated(SHAREPOINT, "2026-11-02T06:30:00Z", "2026-11-02T14:30:00Z")],
           "not standing; activation-beyond-policy passes (8 h of PT8H)"),
    holder(21, "Xena Xylo", "xena@contoso.example", [active(TEAMS, "2026-05-01", "2027-02-25")],
           "active-assignment-too-long partial (300 d)"),
    holder(22, "Wilma Willow (admin)", "adm-wilma@contoso.example", [eligible(TEAMS)]),
    holder(23, "Yann Yew (admin)", "adm-yann@contoso.example", [eligible(TEAMS, "2027-04-30")]),
    holder(24, "Walt Walnut", "walt@contoso.example", [active(INTUNE, "2026-10-15", "2026-11-14")],
           "active-assignment-too-long passes (30 d)"),
    holder(25, "Zoe Zelkova (admin)", "adm-zoe@contoso.example", [eligible(INTUNE)]),
    holder(26, "Arne Ash (admin)", "adm-arne@contoso.example",
           [eligible(INTUNE), eligible(EXCHANGE), eligible(SHAREPOINT), eligible(USER), eligible(AUTHENTICATION)],
           "redundant-grant partial (five high-tier roles)"),
    holder(27, "Bodo Beech (admin)", "adm-bodo@contoso.example", [eligible(USER, shout=True)]),
    holder(28, "Cora Cypress", "cora@contoso.example", [active(USER, "2025-09-01", scope=BERLIN)],
           "permanent-active-assignment fails, exposure 0.5 (administrative unit)"),
    holder(29, "Dora Damson (admin)", "adm-dora@contoso.example", [eligible(USER, scope=BERLIN)]),
    holder(30, "Emil Elder (admin)", "adm-emil@contoso.example", (), "eligible User Administrator by group 'Identity Operations'"),
    holder(31, "Fabia Fig (admin)", "adm-fabia@contoso.example", (), "eligible User Administrator by group 'Identity Operations'"),
    holder(32, "Gero Gorse (admin)", "adm-gero@contoso.example", (), "eligible User Administrator by group 'Identity Operations'"),
    holder(33, "Hanna Holly (admin)", "adm-hanna@contoso.example", [eligible(APPLICATION)]),
    holder(34, "Ivo Ivy", "ivo@contoso.example", [active(APPLICATION, "2025-04-07"), eligible(APPLICATION)],
           "redundant-grant fails (permanent and eligible); permanent-active-assignment fails"),
    holder(35, "Jana Jasmine (admin)", "adm-jana@contoso.example", [eligible(APPLICATION, scope=PAYROLL)]),
    holder(36, "Karl Kapok (admin)", "adm-karl@contoso.example", [eligible(AUTHENTICATION)]),
    holder(37, "Lena Linden (admin)", "adm-lena@contoso.example", [eligible(AUTHENTICATION, "2027-01-15")]),
    holder(38, "Mona Maple (admin)", "adm-mona@contoso.example", [eligible(AUTHENTICATION)],
           "defunct-principal fails (disabled); not in counts", **DISABLED),
    holder(39, "Noah Nutmeg (admin)", "adm-noah@contoso.example", [eligible(COMPLIANCE)]),
    holder(40, "Olga Olive", "olga@contoso.example", [active(COMPLIANCE, "2025-06-01", "2027-06-01")],
           "active-assignment-too-long fails (730 d)"),
    holder(41, "Paul Poplar", "paul@contoso.example", [active(READER)], "permanent-active-assignment partial (Global Reader)"),
    holder(42, "Quirin Quercus", "quirin@contoso.example", [active(READER)], "permanent-active-assignment partial (Global Reader)"),
    holder(43, "Ruth Rowan", "ruth@contoso.example", [active(READER, shout=True)], "permanent-active-assignment partial (Global Reader)"),
    holder(44, "Sina Sumac", "sina@contoso.example", [active(READER)], "permanent-active-assignment partial (Global Reader)"),
    holder(45, "Tom Tamarind", "tom@contoso.example", [active(BILLING)], "static as the roles table has it"),
    holder(46, "Uta Upas", "uta@contoso.example", [active(BILLING)], "static as the roles table has it"),
    *(holder(47 + n, name, f"{name.split()[0].lower()}@contoso.example", (), "standing Helpdesk Administrator by group" + by)
      for n, (name, by) in enumerate([
          ("Alma Acacia", ""), ("Bruno Balsa", ""), ("Clara Cherry", ""), ("David Date", ""), ("Elsa Ebony", ""),
          ("Felix Fern", ""), ("Greta Guava", ""), ("Henry Hickory", ""),
          ("Ilse Ivory", ", twice: direct and nested"),
          ("Jonas Jarrah", ", nested"), ("Klara Kauri", ", nested"), ("Lukas Laurel", ", nested")])),
    holder(59, "Vik Vine (Partner)", "vik_partner.example#EXT#@contoso.onmicrosoft.com", [eligible(SECURITY_READER, "2027-01-31")],
           "guest-privileged-account partial (elevated tier)", **GUEST),
    holder(60, "Willa Wattle (Partner)", "willa_partner.example#EXT#@contoso.onmicrosoft.com", [active(USER, "2026-04-20")],
           "guest-privileged-account fails; permanent-active-assignment fails", **GUEST),
    holder(61, "Xaver Xanthium", "xaver@contoso.example", [active(CONDITIONAL_ACCESS, listed="assignments")],
           "assigned-outside-pim fails (no schedule instance); permanent-active-assignment fails"),
    holder(62, "Yara Yucca", "yara@contoso.example", [active(INTUNE, None)],
           "assigned-outside-pim fails (no start); permanent-active-assignment fails"),
    holder(63, "(deleted)", None, [active(USER, "2024-11-18")],
           "defunct-principal fails (deleted); not in counts", **NOT_RETURNED),
    holder(64, "Zita Zamia (admin)", "adm-zita@contoso.example", [eligible(CUSTOM)],
           "custom role, tier high by Microsoft's label"),
    holder(65, "On-Premises Directory Synchronization Service Account", "sync_dc01_5f1c0de5@contoso.onmicrosoft.com",
           [active(SYNCHRONIZATION, None)], "standing by nature: elevated tier, so only Info; given outside PIM"),
    holder(66, "(partner)", None, [active(HELPDESK, listed="assignments")],
           "foreign: defunct-principal says Info, never deleted", organization=PARTNER, **NOT_RETURNED),
    holder(67, "Oda Oak", "oda@contoso.example", (), "no role; approves Global Administrator alone, Authentication Administrator with Mira"),
    holder(68, "Mira Mango", "mira@contoso.example", (), "no role; in the group that approves Security Administrator"),
    holder(69, "Nils Nipa", "nils@contoso.example", (), "no role; in the group that approves Security Administrator"),
]

APPLICATION_ID = "abcd0000-0000-4000-8000-0000000000a2"
OTHERS = [
    other("group", 1, "Helpdesk Operators", [active(HELPDESK, "2025-06-16")],
          "standing Helpdesk Administrator for 12 people, 3 of them through the nested group alone"),
    other("group", 2, "Helpdesk Night Shift", (), "nested in Helpdesk Operators"),
    other("group", 3, "Identity Operations", [eligible(USER)], "eligible User Administrator for 3 people"),
    other("group", 4, "PIM Security Approvers", (), "approves Security Administrator; two members"),
    other("servicePrincipal", 1, "Deployment Pipeline", [active(APPLICATION, "2025-07-07")],
          "permanent, not a person: permanent-active-assignment not applicable, in no count of people",
          appId=APPLICATION_ID, servicePrincipalType="Application", appOwnerOrganizationId=CONTOSO),
    other("servicePrincipal", 2, "mi-joiner-leaver", [active(USER, "2025-08-11")],
          "managed identity, permanent: permanent-active-assignment not applicable, in no count of people",
          appId="abcd0000-0000-4000-8000-0000000000a3", servicePrincipalType="ManagedIdentity", appOwnerOrganizationId=None),
]

# Entra refuses plain nesting in a role-assignable group, but PIM for Groups lets a group become its active member.
MEMBERS = {
    "Helpdesk Operators": [*range(47, 56), "Helpdesk Night Shift"],
    "Helpdesk Night Shift": [55, 56, 57, 58],
    "Identity Operations": [30, 31, 32],
    "PIM Security Approvers": [68, 69],
}

# ---------------------------------------------------------------------------------------------------
# Policies. What is not said is Microsoft's default, see rules_of. The key `then` says what an audit should find.

MFA = "MultiFactorAuthentication"
WHY = "Justification"
TICKET = "Ticketing"
TO_SOC = {"notificationRecipients": [SOC]}
SILENT = {"isDefaultRecipientsEnabled": False}
ADMIN_RULES = ["Notification_Admin_Admin_Eligibility", "Notification_Admin_Admin_Assignment", "Notification_Admin_EndUser_Assignment"]
TOLD = {rule: TO_SOC for rule in ADMIN_RULES}

CONTOSO_POLICIES = {
    GA: dict(activation="PT4H", approval=dict(people=[67], reason=True), eligibility="P365D", on_assignment=[MFA, WHY], mail=TOLD,
             then="one approver: unusable-approvers partial; permanent active allowed"),
    PRA: dict(activation="PT8H", active="P180D", on_assignment=[MFA, WHY],
              then="no approval: activation-without-approval fails; permanent-active-allowed passes (P180D); mails to default recipients only"),
    SECURITY: dict(approval=dict(groups=["PIM Security Approvers"], reason=True),
                   mail={rule: TO_SOC for rule in ADMIN_RULES[:2]}, then="approval by a group of two: passes"),
    EXCHANGE: dict(activation="PT10H", shout=True, mail={ADMIN_RULES[2]: {**TO_SOC, "notificationLevel": "Critical"}},
                   then="activation-too-long fails (PT10H); activation mail only when critical"),
    SHAREPOINT: dict(active="P15D", eligibility="P180D", then="permanent-active-allowed passes (P15D)"),
    TEAMS: dict(activation="PT24H", then="activation-too-long fails (PT24H)"),
    INTUNE: dict(ask=[WHY], reverse=True, then="activation-without-mfa fails"),
    USER: dict(activation="PT480M", then="activation-too-long passes (PT480M is PT8H)"),
    APPLICATION: dict(ask=[WHY], context="c1", then="authentication context: activation-without-mfa not assessed"),
    AUTHENTICATION: dict(approval=dict(people=[67, 68], reason=False),
                         mail={"Notification_Approver_EndUser_Assignment": SILENT},
                         then="approver mails muted: muted-notification fails; approval-without-reason fails"),
    COMPLIANCE: dict(ask=[MFA], approval=dict(people=[67], reason=True, required=False),
                     then="activation-without-justification fails; approvers named but approval is off"),
    SECURITY_READER: dict(ask=[MFA], then="no justification: fails, passes where declared daily_read"),
    CONDITIONAL_ACCESS: dict(approval=dict(people=[], reason=True), then="approval by the default approvers"),
    HELPDESK: dict(activation="PT8H30M", reverse=True, then="activation-too-long fails (30 min over)"),
    READER: dict(ask=None, then="null list of enabled rules: no MFA, no justification"),
    CUSTOM: dict(then="custom role with the default policy"),
    "Cloud Application Administrator": dict(active="P365D", then="permanent-active-allowed partial (longer than P183D)"),
    "Hybrid Identity Administrator": dict(unknown_rule=True, then="an unknown rule is kept"),
    "Power Platform Administrator": dict(ask=[MFA, WHY, TICKET], then="asks a ticket as well"),
    "Authentication Policy Administrator": dict(mail={rule: SILENT for rule in ADMIN_RULES}, then="admin mails muted: partial"),
    "Groups Administrator": dict(mail={"Notification_Requestor_EndUser_Assignment": SILENT}, then="requestor mail muted: a note"),
    "Windows 365 Administrator": dict(approval=dict(people=[], reason=True, required=False, mode="NoApproval"), then="approval off"),
}

# ---------------------------------------------------------------------------------------------------
# Exemplary: follows the recommended baseline to the letter. Declare bg1 and bg2 as break-glass.

YEAR = dict(since="2026-09-01", until="2027-08-31")
EXEMPLARY_PEOPLE = [
    holder(1, "Break Glass One", "bg1@contoso.onmicrosoft.com", [active(GA, "2026-01-12")]),
    holder(2, "Break Glass Two", "bg2@contoso.onmicrosoft.com", [active(GA, "2026-01-12")]),
    *(holder(3 + n, f"{name} (admin)", f"adm-{name.split()[0].lower()}@contoso.example", [eligible(role, **YEAR)])
      for n, (name, role) in enumerate([
          ("Anton Aspen", GA), ("Berta Bay", GA), ("Carl Cacao", PRA), ("Diana Dwarfpine", PRA),
          ("Erik Eucalyptus", SECURITY), ("Frida Frangipani", SECURITY), ("Georg Gumtree", EXCHANGE),
          ("Heidi Hawthorn", EXCHANGE), ("Ingo Iroko", SHAREPOINT), ("Judith Jacaranda", INTUNE),
          ("Knut Kumquat", USER), ("Lotte Lemon", USER), ("Marek Mahogany", APPLICATION),
          ("Nora Neem", AUTHENTICATION), ("Otto Orange", TEAMS), ("Petra Pear", COMPLIANCE),
          ("Ralf Redwood", READER), ("Selma Sandalwood", READER)])),
    holder(21, "Theo Tulip", "theo@contoso.example", [active(BILLING, "2026-01-12")]),
    holder(22, "Uwe Ulmo", "uwe@contoso.example"),
    holder(23, "Vroni Verbena", "vroni@contoso.example"),
    holder(24, "Wanda Wisteria", "wanda@contoso.example"),
]
EXEMPLARY_PEOPLE[6]["grants"].append(activated(SECURITY, "2026-11-02T07:30:00Z", "2026-11-02T11:30:00Z"))

EXEMPLARY_POLICY = dict(eligibility="P365D", active="P15D", on_assignment=[MFA, WHY], mail=TOLD)
EXEMPLARY_POLICIES = {role["display_name"]: dict(EXEMPLARY_POLICY) for role in ROLES if role["assignable"]}
for guarded in (GA, PRA, SECURITY):
    EXEMPLARY_POLICIES[guarded].update(activation="PT4H", approval=dict(people=[22, 23, 24], reason=True))
EXEMPLARY_POLICIES[GA]["active"] = None  # the break-glass pair is permanent

EMPTY_PEOPLE = [holder(1, "Frank Founder", "frank@contoso.onmicrosoft.com", [active(GA, listed="assignments")])]

# ---------------------------------------------------------------------------------------------------
# Role definitions: one or two real actions each, enough to be believable.

DEFAULT_ACTIONS = ["microsoft.office365.webPortal/allEntities/standard/read"]
ACTIONS = {
    GA: ["microsoft.directory/roleAssignments/allProperties/allTasks", "microsoft.directory/users/allProperties/allTasks"],
    PRA: ["microsoft.directory/roleAssignments/allProperties/allTasks", "microsoft.directory/roleDefinitions/allProperties/allTasks"],
    SECURITY: ["microsoft.directory/conditionalAccessPolicies/basic/update", "microsoft.directory/identityProtection/allProperties/update"],
    SECURITY_READER: ["microsoft.directory/bitlockerKeys/key/read", "microsoft.directory/privilegedIdentityManagement/allProperties/read"],
    EXCHANGE: ["microsoft.office365.exchange/allEntities/basic/allTasks"],
    SHAREPOINT: ["microsoft.office365.sharePoint/allEntities/allTasks"],
    TEAMS: ["microsoft.teams/allEntities/allProperties/allTasks"],
    INTUNE: ["microsoft.intune/allEntities/allTasks", "microsoft.directory/bitlockerKeys/key/read"],
    USER: ["microsoft.directory/users/create", "microsoft.directory/users/password/update"],
    APPLICATION: ["microsoft.directory/applications/create", "microsoft.directory/applications/credentials/update"],
    AUTHENTICATION: ["microsoft.directory/users/authenticationMethods/create", "microsoft.directory/users/password/update"],
    COMPLIANCE: ["microsoft.office365.complianceManager/allEntities/allTasks"],
    READER: ["microsoft.directory/users/allProperties/read", "microsoft.directory/bitlockerKeys/key/read"],
    BILLING: ["microsoft.commerce.billing/allEntities/allProperties/allTasks"],
    HELPDESK: ["microsoft.directory/users/password/update", "microsoft.directory/bitlockerKeys/key/read"],
    CONDITIONAL_ACCESS: ["microsoft.directory/conditionalAccessPolicies/create", "microsoft.directory/conditionalAccessPolicies/basic/update"],
    SYNCHRONIZATION: ["microsoft.directory/onPremisesSynchronization/standard/read"],
    CUSTOM: ["microsoft.directory/applications/credentials/update"],
    "Privileged Authentication Administrator": ["microsoft.directory/users/authenticationMethods/create", "microsoft.directory/users/password/update"],
    "Cloud Application Administrator": ["microsoft.directory/applications/create", "microsoft.directory/applications/credentials/update"],
    "Application Developer": ["microsoft.directory/applications/createAsOwner"],
    "Hybrid Identity Administrator": ["microsoft.directory/hybridAuthenticationPolicy/allProperties/allTasks", "microsoft.directory/domains/federation/update"],
    "Partner Tier1 Support": ["microsoft.directory/users/password/update"],
    "Partner Tier2 Support": ["microsoft.directory/users/password/update", "microsoft.directory/domains/basic/allTasks"],
    "Password Administrator": ["microsoft.directory/users/password/update"],
    "Cloud Device Administrator": ["microsoft.directory/devices/disable", "microsoft.directory/bitlockerKeys/key/read"],
    "Directory Readers": ["microsoft.directory/users/standard/read", "microsoft.directory/groups/standard/read"],
    "Directory Writers": ["microsoft.directory/groups/create", "microsoft.directory/users/basic/update"],
    "Domain Name Administrator": ["microsoft.directory/domains/allProperties/allTasks"],
    "Groups Administrator": ["microsoft.directory/groups/create", "microsoft.directory/groups/members/update"],
    "License Administrator": ["microsoft.directory/users/assignLicense"],
    "Guest Inviter": ["microsoft.directory/users/inviteGuest"],
    "Identity Governance Administrator": ["microsoft.directory/entitlementManagement/allProperties/allTasks"],
    "Lifecycle Workflows Administrator": ["microsoft.directory/lifecycleWorkflows/workflows/allProperties/allTasks"],
    "Authentication Policy Administrator": ["microsoft.directory/userCredentialPolicies/basic/update"],
    "External Identity Provider Administrator": ["microsoft.directory/identityProviders/allProperties/allTasks"],
    "B2C IEF Keyset Administrator": ["microsoft.directory/b2cTrustFrameworkKeySet/allProperties/allTasks"],
    "B2C IEF Policy Administrator": ["microsoft.directory/b2cTrustFrameworkPolicy/allProperties/allTasks"],
    "Global Secure Access Administrator": ["microsoft.networkAccess/allEntities/allProperties/allTasks"],
    "Power Platform Administrator": ["microsoft.powerApps/allEntities/allTasks"],
    "Fabric Administrator": ["microsoft.powerApps.powerBI/allEntities/allTasks"],
    "Dynamics 365 Administrator": ["microsoft.dynamics365/allEntities/allTasks"],
    "Windows 365 Administrator": ["microsoft.cloudPC/allEntities/allProperties/allTasks"],
    "Azure DevOps Administrator": ["microsoft.azure.devOps/allEntities/allTasks"],
    "Azure Information Protection Administrator": ["microsoft.azure.informationProtection/allEntities/allTasks"],
    "Printer Administrator": ["microsoft.azure.print/allEntities/allProperties/allTasks"],
    "Reports Reader": ["microsoft.office365.usageReports/allEntities/allProperties/read"],
    "Message Center Reader": ["microsoft.office365.messageCenter/messages/read"],
    "Service Support Administrator": ["microsoft.office365.supportTickets/allEntities/allTasks"],
    "Tenant Creator": ["microsoft.directory/tenantManagement/tenants/create"],
}

# ---------------------------------------------------------------------------------------------------
# Rows of Graph

ROLE_IDS = {role["display_name"]: role["template_id"] for role in ROLES} | {CUSTOM: CUSTOM_ID}
KIND_PREFIX = {"user": "aaaaaaaa", "group": "bbbbbbbb", "servicePrincipal": "cccccccc"}


def object_id(tenant, kind, number):
    """Readable and never moving: the kind in the first block, the tenant in the second, the number at the end."""
    return f"{KIND_PREFIX[kind]}-{tenant[-4:]}-4000-8000-{number:012}"


def derived_id(tenant, *parts):
    """An id that depends on nothing but its parts."""
    return str(uuid.uuid5(uuid.UUID(tenant), "/".join(parts)))


def assignment_id(*guids):
    """Graph's own form: the GUIDs of role, principal and, below the tenant, scope, in base64 for URLs."""
    raw = b"".join(uuid.UUID(guid).bytes_le for guid in guids)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=") + "-1"


def time(text):
    return text if text is None or "T" in text else f"{text}T08:00:00Z"


def every_grant(tenant, holders):
    for who in holders:
        for grant in who["grants"]:
            yield who, object_id(tenant, who["kind"], who["number"]), grant


def grant_row(tenant, principal, grant):
    """The properties all three lists of grants share, and the id of the grant."""
    role, scope = ROLE_IDS[grant["role"]], grant.get("scope", "/")
    below = [] if scope == "/" else [scope.rsplit("/", 1)[1]]
    loud = str.upper if grant.get("shout") else str
    return assignment_id(role, principal, *below), {
        "principalId": loud(principal), "roleDefinitionId": loud(role), "directoryScopeId": scope, "appScopeId": None}


def role_assignments(tenant, holders):
    """What is active, whatever made it so. Graph names the principal's tenant on every row, its own included."""
    rows = []
    for who, principal, grant in every_grant(tenant, holders):
        if grant["class"] != "eligible":
            row_id, shared = grant_row(tenant, principal, grant)
            del shared["appScopeId"]
            organization = who["properties"].get("organization", tenant)
            rows.append({"id": row_id, **shared, "principalOrganizationId": organization})
    return rows


def assignment_instances(tenant, holders, members=()):
    rows = []
    for who, principal, grant in every_grant(tenant, holders):
        if grant["class"] == "eligible" or grant.get("listed") == "assignments":
            continue
        row_id, shared = grant_row(tenant, principal, grant)
        window = {"startDateTime": time(grant["since"]), "endDateTime": time(grant["until"]),
                  "assignmentType": "Activated" if grant["class"] == "activated" else "Assigned"}
        schedule = {"roleAssignmentOriginId": row_id, "roleAssignmentScheduleId": derived_id(tenant, "schedule", row_id)}
        rows.append({"id": row_id, **shared, **window, "memberType": "Direct", **schedule})
        for person in projected(tenant, who, members):
            own_id, _ = grant_row(tenant, person, grant)
            rows.append({"id": own_id, **shared, "principalId": person, **window, "memberType": "Group", **schedule})
    return rows


def eligibility_instances(tenant, holders, members=()):
    rows = []
    for who, principal, grant in every_grant(tenant, holders):
        if grant["class"] != "eligible":
            continue
        row_id, shared = grant_row(tenant, principal, grant)
        window = {"startDateTime": time(grant["since"]), "endDateTime": time(grant["until"])}
        schedule = {"roleEligibilityScheduleId": derived_id(tenant, "eligibility", row_id)}
        rows.append({"id": row_id + "-e", **shared, **window, "memberType": "Direct", **schedule})
        for person in projected(tenant, who, members):
            own_id, _ = grant_row(tenant, person, grant)
            rows.append({"id": own_id + "-e", **shared, "principalId": person, **window, "memberType": "Group", **schedule})
    return rows


def projected(tenant, who, members):
    """People for whom Graph repeats a group's grant with memberType Group."""
    direct = members.get(who["name"], []) if who["kind"] == "group" and members else []
    return [object_id(tenant, "user", member) for member in direct if isinstance(member, int)]


def directory_objects(tenant, holders):
    rows = []
    for who in holders:
        given = {key: value for key, value in who["properties"].items() if key not in ("absent", "organization")}
        if "absent" in who["properties"]:
            continue
        row = {"@odata.type": f"#microsoft.graph.{who['kind']}", "id": object_id(tenant, who["kind"], who["number"]),
               "displayName": who["name"]}
        made = f"20{22 + who['number'] % 2}-{1 + who['number'] % 12:02}-{1 + who['number'] % 28:02}T08:{who['number'] % 60:02}:00Z"
        if who["kind"] == "user":
            row |= {"userPrincipalName": who["upn"], "userType": "Member", "accountEnabled": True, "onPremisesSyncEnabled": None,
                    "onPremisesImmutableId": None, "creationType": None, "createdDateTime": made}
        elif who["kind"] == "group":
            row |= {"onPremisesSyncEnabled": None, "createdDateTime": made, "isAssignableToRole": True, "groupTypes": []}
        else:
            row |= {"accountEnabled": True}
        rows.append(row | given)
    return rows


def role_definitions(custom=(), renamed=()):
    rows = []
    for role in ROLES:
        name = role["display_name"]
        shown = dict(renamed).get(name, role.get("graph_display_name", name))
        rows.append(definition(role["template_id"], shown, True, ACTIONS.get(name, DEFAULT_ACTIONS)))
    rows += [definition(ROLE_IDS[name], name, False, ACTIONS[name]) for name in custom]
    return rows


def definition(role_id, name, built_in, actions):
    return {"id": role_id, "templateId": role_id, "displayName": name, "isBuiltIn": built_in, "isEnabled": True,
            "rolePermissions": [{"allowedResourceActions": actions, "condition": None}]}


def privileged_roles(custom=()):
    ids = [role["template_id"] for role in ROLES if role["is_privileged"]] + [ROLE_IDS[name] for name in custom]
    return [{"id": role_id, "templateId": role_id, "isPrivileged": True} for role_id in ids]


def policy_row(tenant, place, role, settings, names=()):
    """One policy assignment with its policy and all its rules. `place` varies what carries no meaning."""
    role_id = ROLE_IDS[role]
    policy_id = f"DirectoryRole_{tenant}_{derived_id(tenant, 'policy', role_id)}"
    rules = rules_of(tenant, settings or {}, dict(names))
    if (settings or {}).get("reverse"):
        rules.reverse()
    elif place % 5 == 3:  # Graph promises no order
        turn = place % len(rules)
        rules = rules[turn:] + rules[:turn]
    touched = settings is not None and settings.keys() - {"then", "reverse", "shout"}
    day = f"2026-{2 + place % 7:02}-{1 + place % 27:02}"
    modified = {"lastModifiedDateTime": f"{day}T10:11:12.13Z" if touched else None,
                "lastModifiedBy": {"displayName": "Edda Elm (admin)" if touched else None, "id": None}}
    loud = str.upper if (settings or {}).get("shout") or place % 40 == 37 else str
    return {"id": f"{policy_id}_{role_id}", "policyId": policy_id, "scopeId": "/", "scopeType": "DirectoryRole",
            "roleDefinitionId": loud(role_id),
            "policy": {"id": policy_id, "displayName": "DirectoryRole", "description": "DirectoryRole",
                       "isOrganizationDefault": False, "scopeId": "/", "scopeType": "DirectoryRole", **modified, "rules": rules}}


def rules_of(tenant, settings, names):
    """The 17 rules. Every default below is Microsoft's default policy."""
    approval = settings.get("approval") or {"people": [], "reason": True, "required": False}
    eligibility, active_for = settings.get("eligibility"), settings.get("active")
    rules = [
        rule("Expiration", "Expiration_EndUser_Assignment", isExpirationRequired=True, maximumDuration=settings.get("activation", "PT8H")),
        rule("Enablement", "Enablement_EndUser_Assignment", enabledRules=settings.get("ask", [MFA, WHY])),
        rule("AuthenticationContext", "AuthenticationContext_EndUser_Assignment",
             isEnabled="context" in settings, claimValue=settings.get("context")),
        rule("Approval", "Approval_EndUser_Assignment", setting=approval_setting(tenant, approval, names)),
        rule("Expiration", "Expiration_Admin_Eligibility", isExpirationRequired=eligibility is not None, maximumDuration=eligibility or "P365D"),
        rule("Expiration", "Expiration_Admin_Assignment", isExpirationRequired=active_for is not None, maximumDuration=active_for or "P180D"),
        # Tenants made more recently ask MFA here as well.
        rule("Enablement", "Enablement_Admin_Assignment", enabledRules=settings.get("on_assignment", [WHY])),
        rule("Enablement", "Enablement_Admin_Eligibility", enabledRules=[]),
    ]
    for moment in ("Admin_Eligibility", "Admin_Assignment", "EndUser_Assignment"):
        for recipient in ("Admin", "Requestor", "Approver"):
            rule_id = f"Notification_{recipient}_{moment}"
            mail = {"notificationType": "Email", "recipientType": recipient, "notificationLevel": "All",
                    "isDefaultRecipientsEnabled": True, "notificationRecipients": []}
            rules.append(rule("Notification", rule_id, **mail | settings.get("mail", {}).get(rule_id, {})))
    if settings.get("unknown_rule"):
        rules.append(rule("Risk", "Risk_EndUser_Assignment"))
    if settings.get("ask", ()) is None:  # null arrays elsewhere too
        rules[8]["notificationRecipients"] = rules[1]["target"]["inheritableSettings"] = rules[1]["target"]["enforcedSettings"] = None
    return rules


def rule(kind, rule_id, **properties):
    caller, level = rule_id.split("_")[-2:]
    return {"@odata.type": f"#microsoft.graph.unifiedRoleManagementPolicy{kind}Rule", "id": rule_id, **properties,
            "target": {"caller": caller, "operations": ["all"], "level": level, "inheritableSettings": [], "enforcedSettings": []}}


def approval_setting(tenant, approval, names):
    approvers = [{"@odata.type": "#microsoft.graph.groupMembers", "groupId": object_id(tenant, "group", names[group]), "description": group}
                 for group in approval.get("groups", [])]
    approvers += [{"@odata.type": "#microsoft.graph.singleUser", "userId": object_id(tenant, "user", number), "description": names.get(number)}
                  for number in approval.get("people", [])]
    stage = {"approvalStageTimeOutInDays": 1, "isApproverJustificationRequired": approval["reason"], "escalationTimeInMinutes": 0,
             "isEscalationEnabled": False, "primaryApprovers": approvers, "escalationApprovers": []}
    return {"isApprovalRequired": approval.get("required", True), "isApprovalRequiredForExtension": False,
            "isRequestorJustificationRequired": True, "approvalMode": approval.get("mode", "SingleStage"), "approvalStages": [stage]}


def policies(tenant, settings, names=(), first=()):
    """A policy for each role that can be assigned, the roles in `first` before the others."""
    roles = list(first) + [role["display_name"] for role in ROLES if role["assignable"] and role["display_name"] not in first]
    return [policy_row(tenant, place, role, settings.get(role), names) for place, role in enumerate(roles)]


def organization(tenant, name, synced=None):
    domain = {"capabilities": "Email, OfficeCommunicationsOnline", "type": "Managed"}
    return [{"id": tenant, "displayName": name, "onPremisesSyncEnabled": synced, "verifiedDomains": [
        {**domain, "isDefault": True, "isInitial": False, "name": "contoso.example"},
        {**domain, "isDefault": False, "isInitial": True, "name": "contoso.onmicrosoft.com"}]}]


PLANS = {"AAD_PREMIUM": "41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AAD_PREMIUM_P2": "eec0eb4f-6444-4f95-aba0-50c24d67f998",
         "MFA_PREMIUM": "8a256a2b-b617-496d-b51b-e76466e88db0", "EXCHANGE_S_ENTERPRISE": "efb87545-963c-4e0d-99df-69c6916d9eb0",
         "Entra_Identity_Governance": "e866a266-3cff-43a3-acca-0c90a7e00c8b"}


def sku(sku_id, name, plans, units, used, status="Enabled"):
    states = {"enabled": 0, "suspended": 0, "warning": 0, "lockedOut": 0} | {status.lower(): units}
    return {"skuId": sku_id, "skuPartNumber": name, "capabilityStatus": status, "consumedUnits": used, "prepaidUnits": states,
            "servicePlans": [{"servicePlanId": PLANS[plan], "servicePlanName": plan, "provisioningStatus": "Success", "appliesTo": "User"}
                             for plan in plans]}


def p2(units, used):
    return sku("84a661c4-e949-4bd2-a560-ed7766fcaf2b", "AAD_PREMIUM_P2", ["MFA_PREMIUM", "AAD_PREMIUM", "AAD_PREMIUM_P2"], units, used)


P1 = sku("078d2b04-f1bd-4111-bbd4-b4b1b354cef4", "AAD_PREMIUM", ["MFA_PREMIUM", "AAD_PREMIUM"], 250, 231)
OFFICE = sku("6fd2c87f-b296-42f0-b197-1e91e994b900", "ENTERPRISEPACK", ["EXCHANGE_S_ENTERPRISE"], 400, 388)
LAPSED = sku("c7d15985-e746-4f01-b113-20b575898250", "Microsoft_Entra_ID_Governance", ["Entra_Identity_Governance"], 25, 0, "Suspended")

# ---------------------------------------------------------------------------------------------------
# Mappings: one request and its answer. {{graph}} stands for the address of the mock.

DIRECTORY = "roleManagement/directory"
OBJECT_PROPERTIES = ("id,displayName,userPrincipalName,userType,accountEnabled,onPremisesSyncEnabled,onPremisesImmutableId,creationType,"
                     "createdDateTime,appId,servicePrincipalType,appOwnerOrganizationId,isAssignableToRole,groupTypes")
REQUESTS = {  # file: method, path, query, @odata.context
    "organization": ("GET", "/v1.0/organization", {"$select": "id,displayName,verifiedDomains,onPremisesSyncEnabled"},
                     "organization(id,displayName,verifiedDomains,onPremisesSyncEnabled)"),
    "role-definitions": ("GET", f"/v1.0/{DIRECTORY}/roleDefinitions", {"$select": "id,templateId,displayName,isBuiltIn,isEnabled,rolePermissions"},
                         f"{DIRECTORY}/roleDefinitions(id,templateId,displayName,isBuiltIn,isEnabled,rolePermissions)"),
    "privileged-roles": ("GET", f"/beta/{DIRECTORY}/roleDefinitions", {"$filter": "isPrivileged eq true", "$select": "id,templateId,isPrivileged"},
                         f"{DIRECTORY}/roleDefinitions(id,templateId,isPrivileged)"),
    "role-assignments": ("GET", f"/v1.0/{DIRECTORY}/roleAssignments", {}, f"{DIRECTORY}/roleAssignments"),
    "role-assignment-schedule-instances": ("GET", f"/v1.0/{DIRECTORY}/roleAssignmentScheduleInstances", {},
                                           f"{DIRECTORY}/roleAssignmentScheduleInstances"),
    "role-eligibility-schedule-instances": ("GET", f"/v1.0/{DIRECTORY}/roleEligibilityScheduleInstances", {},
                                            f"{DIRECTORY}/roleEligibilityScheduleInstances"),
    "role-policies": ("GET", "/v1.0/policies/roleManagementPolicyAssignments",
                      {"$filter": "scopeId eq '/' and scopeType eq 'DirectoryRole'", "$expand": "policy($expand=rules)"},
                      "policies/roleManagementPolicyAssignments(policy(rules()))"),
    "principals": ("POST", "/v1.0/directoryObjects/getByIds", {"$select": OBJECT_PROPERTIES}, "directoryObjects"),
    "subscribed-skus": ("GET", "/v1.0/subscribedSkus", {"$select": "skuId,skuPartNumber,capabilityStatus,prepaidUnits,consumedUnits,servicePlans"},
                        "subscribedSkus(skuId,skuPartNumber,capabilityStatus,prepaidUnits,consumedUnits,servicePlans)"),
}


def request(name, page=1):
    """Further pages have an opaque token for their only parameter."""
    method, path, query, context = REQUESTS[name]
    query = query if page == 1 else {"$skiptoken": f"opaque-{page}"}
    matched = {"method": method, "urlPath": path}
    if query:
        matched["queryParameters"] = {key: {"equalTo": value} for key, value in query.items()}
    version = path.split("/")[1]
    return matched, f"{{{{graph}}}}/{version}/$metadata#{context}", f"{{{{graph}}}}{path}?$skiptoken=opaque-{page + 1}"


def answer(name, rows, page=1, more=False, headers=(), **metadata):
    """The mapping that answers a request with rows. `more`: another page follows."""
    matched, context, next_link = request(name, page)
    body = {"@odata.context": context}
    if more:
        body["@odata.nextLink"] = next_link
    mapping = {"metadata": metadata} if metadata else {}
    return mapping | {"request": matched, "response": {
        "status": 200, "headers": {"Content-Type": "application/json", **dict(headers)}, "jsonBody": body | {"value": rows}}}


def paged(name, pages):
    """One file for each page, numbered when there are several."""
    return {name if len(pages) == 1 else f"{name}-{page}": answer(name, rows, page, page < len(pages)) for page, rows in enumerate(pages, 1)}


def refused(name, status, code, message, page=1, inner=None, headers=()):
    """An error in Graph's envelope; with `inner` the message is JSON in a string, as PIM sends it."""
    if inner:
        message = json.dumps({"errorCode": inner, "message": message, "instanceAnnotations": []}, separators=(",", ":"))
    trace = derived_id(CONTOSO, "request", name)
    error = {"code": code, "message": message,
             "innerError": {"date": COLLECTED_AT.rstrip("Z"), "request-id": trace, "client-request-id": trace}}
    return {"request": request(name, page)[0],
            "response": {"status": status, "headers": {"Content-Type": "application/json", **dict(headers)}, "jsonBody": {"error": error}}}


def state(mapping, scenario, required, then=None):
    """WireMock's scenario states: `mapping` answers only in state `required`, and then moves on."""
    moved = {"newScenarioState": then} if then else {}
    return {"scenarioName": scenario, "requiredScenarioState": required, **moved} | mapping


def members_of(group):
    """The name of a group's member list in REQUESTS."""
    return "members-of-" + group.lower().replace(" ", "-")


def member_rows(tenant, members, group_numbers):
    return [{"@odata.type": "#microsoft.graph.user", "id": object_id(tenant, "user", member)} if isinstance(member, int) else
            {"@odata.type": "#microsoft.graph.group", "id": object_id(tenant, "group", group_numbers[member])} for member in members]


# ---------------------------------------------------------------------------------------------------
# Scenarios: each gives {file name: mapping}

GROUP_NUMBERS = {who["name"]: who["number"] for who in OTHERS if who["kind"] == "group"}
EVERYBODY = PEOPLE + OTHERS
NAMES = GROUP_NUMBERS | {who["number"]: who["name"] for who in PEOPLE}
for group_name, group_number in GROUP_NUMBERS.items():
    group_path = f"/v1.0/groups/{object_id(CONTOSO, 'group', group_number)}/members"
    REQUESTS[members_of(group_name)] = ("GET", group_path, {"$select": "id", "$top": "999"}, "directoryObjects(id)")
HELPDESK_MEMBERS = members_of("Helpdesk Operators")


def contoso_rows():
    return {"assignments": role_assignments(CONTOSO, EVERYBODY),
            "instances": assignment_instances(CONTOSO, EVERYBODY, MEMBERS),
            "eligible": eligibility_instances(CONTOSO, EVERYBODY, MEMBERS),
            "policies": policies(CONTOSO, CONTOSO_POLICIES, NAMES, list(CONTOSO_POLICIES)),
            "definitions": role_definitions([CUSTOM], {BILLING: "Abrechnungsadministrator"}),
            "objects": directory_objects(CONTOSO, EVERYBODY)}


def contoso():
    rows = contoso_rows()
    assignments, instances, eligible_rows, settings = rows["assignments"], rows["instances"], rows["eligible"], rows["policies"]
    mappings = {
        "organization": answer("organization", organization(CONTOSO, "Contoso", synced=True)),
        "role-definitions": answer("role-definitions", rows["definitions"]),
        "privileged-roles": answer("privileged-roles", privileged_roles([CUSTOM])),
        "principals": answer("principals", rows["objects"], answers="by-ids"),
        "subscribed-skus": answer("subscribed-skus", [p2(80, 61), OFFICE, LAPSED]),
    }
    mappings |= paged("role-assignments", [assignments[:20], [], assignments[20:]])  # an empty page is legal
    mappings |= paged("role-assignment-schedule-instances", [instances[:25], instances[25:]])
    # The list changed between two pages: the last row of one comes again on the next.
    mappings |= paged("role-eligibility-schedule-instances", [eligible_rows[:18], eligible_rows[17:32], eligible_rows[32:]])
    mappings |= paged("role-policies", [settings[:len(CONTOSO_POLICIES)], settings[len(CONTOSO_POLICIES):]])
    for group, members in MEMBERS.items():
        found = member_rows(CONTOSO, members, GROUP_NUMBERS)
        mappings |= paged(members_of(group), [found[:6], found[6:]] if len(found) > 6 else [found])
    return mappings


def exemplary():
    names = {who["number"]: who["name"] for who in EXEMPLARY_PEOPLE}
    return {
        "organization": answer("organization", organization(EXEMPLARY, "Contoso Exemplary")),
        "role-definitions": answer("role-definitions", role_definitions()),
        "privileged-roles": answer("privileged-roles", privileged_roles()),
        "role-assignments": answer("role-assignments", role_assignments(EXEMPLARY, EXEMPLARY_PEOPLE)),
        "role-assignment-schedule-instances": answer("role-assignment-schedule-instances", assignment_instances(EXEMPLARY, EXEMPLARY_PEOPLE)),
        "role-eligibility-schedule-instances": answer("role-eligibility-schedule-instances", eligibility_instances(EXEMPLARY, EXEMPLARY_PEOPLE)),
        "role-policies": answer("role-policies", policies(EXEMPLARY, EXEMPLARY_POLICIES, names)),
        "principals": answer("principals", directory_objects(EXEMPLARY, EXEMPLARY_PEOPLE), answers="by-ids"),
        "subscribed-skus": answer("subscribed-skus", [p2(50, 24)]),
    }


def localised():
    """Exemplary in another language, every GUID in another casing."""
    french = {GA: "Administrateur g\u00e9n\u00e9ral", PRA: "Administrateur de r\u00f4le privil\u00e9gi\u00e9", READER: "Lecteur g\u00e9n\u00e9ral"}
    mappings = exemplary()
    mappings["role-definitions"] = answer("role-definitions", role_definitions(renamed=french))
    seen = 0

    def recase(match):
        nonlocal seen
        seen += 1
        mixed = "".join(c.upper() if place % 2 else c for place, c in enumerate(match[0]))
        return (match[0].upper(), match[0], mixed)[seen % 3]

    for mapping in mappings.values():
        body = json.dumps(mapping["response"]["jsonBody"]["value"])
        mapping["response"]["jsonBody"]["value"] = json.loads(re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", recase, body))
    return mappings


def empty():
    """A fresh tenant: one Global Administrator whom PIM does not list, and nobody ever touched a setting."""
    return {
        "organization": answer("organization", organization(EMPTY, "Contoso Fresh")),
        "role-definitions": answer("role-definitions", role_definitions()),
        "privileged-roles": answer("privileged-roles", privileged_roles()),
        "role-assignments": answer("role-assignments", role_assignments(EMPTY, EMPTY_PEOPLE)),
        "role-assignment-schedule-instances": answer("role-assignment-schedule-instances", []),
        "role-eligibility-schedule-instances": answer("role-eligibility-schedule-instances", []),
        "role-policies": answer("role-policies", policies(EMPTY, {})),
        "principals": answer("principals", directory_objects(EMPTY, EMPTY_PEOPLE), answers="by-ids"),
        "subscribed-skus": answer("subscribed-skus", [p2(25, 1)]),
    }


def no_p2():
    """Contoso before it bought P2: everybody who is eligible elsewhere is permanent here."""
    permanent = []
    for who in EVERYBODY:
        held = {(grant["role"], grant.get("scope", "/")): grant for grant in who["grants"]}
        permanent.append({**who, "grants": [active(grant["role"], scope=grant.get("scope", "/")) for grant in held.values()]})
    new = "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license."
    old = "The tenant needs an AAD Premium 2 license."
    code = "AadPremiumLicenseRequired"
    return {  # the three forms that were seen: plain, the older text, and wrapped
        "role-policies": refused("role-policies", 400, code, new),
        "role-assignment-schedule-instances": refused("role-assignment-schedule-instances", 400, code, old),
        "role-eligibility-schedule-instances": refused("role-eligibility-schedule-instances", 400, "UnknownError", new, inner=code),
        "role-assignments": answer("role-assignments", role_assignments(CONTOSO, permanent)),
        "subscribed-skus": answer("subscribed-skus", [P1, OFFICE]),
    }


DENIED = (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def denied_policies():
    scopes = "RoleManagementPolicy.Read.Directory,RoleManagementPolicy.ReadWrite.Directory,RoleManagement.Read.Directory,RoleManagement.Read.All"
    message = f"Authorization failed due to missing permission scope {scopes}."
    return {"role-policies": refused("role-policies", 403, "UnknownError", message, inner="PermissionScopeNotGranted")}


def denied_all():
    return {name: refused(name, *DENIED) for name in REQUESTS if name != "organization"}


def partial():
    name = "role-eligibility-schedule-instances"
    return {f"{name}-2": refused(name, 500, "UnknownError", "", page=2),
            HELPDESK_MEMBERS: refused(HELPDESK_MEMBERS, *DENIED)}


def throttled():
    """Each answers once with a fault and then as Contoso does."""
    whole, mappings = contoso(), {}
    wait = ("TooManyRequests", "Too many requests.")
    for name, status, (code, message), headers in [
            ("role-assignments", 429, wait, {"Retry-After": "1"}),
            (HELPDESK_MEMBERS, 429, wait, {"Retry-After": "1"}),  # one part of a $batch
            ("role-policies", 503, ("UnknownError", ""), {})]:
        mappings[f"{name}-1-first"] = state(refused(name, status, code, message, headers=headers), name, "Started", "answering")
        mappings[f"{name}-1"] = state(whole[f"{name}-1"], name, "answering")
    return mappings


HOSTILE = {6: "<script>alert(1)</script>", 9: "Gina \x1b[31mGinkgo\x1b[0m", 14: "Lars\nLarch", 18: "Sven \u202eecurpS", 21: "X" * 300,
           34: "=cmd|'/c calc'!A1"}


def odd():
    """What Graph's schema or an admin's spite allows: never a crash, never a pass by accident."""
    rows = contoso_rows()
    return {
        "organization": answer("organization", organization(CONTOSO, "Contoso <b>\u202e| `x`</b>", synced=True), odd="hostile tenant name"),
        "role-definitions": answer("role-definitions", odd_definitions(rows["definitions"]),
                                   odd="hostile and null names, null rolePermissions"),
        "role-assignment-schedule-instances-1": odd_instances(rows["instances"][:25]),
        "role-policies-1": answer("role-policies", odd_policies(rows["policies"][:len(CONTOSO_POLICIES)]), more=True,
                                  odd="unknown approver, two policies for one role, absent rule, malformed duration, null lists and settings"),
        "principals": answer("principals", odd_objects(rows["objects"]), answers="by-ids",
                             odd="hostile names, objects with only an id, null lists, null userType"),
        f"{HELPDESK_MEMBERS}-2": answer(HELPDESK_MEMBERS, member_rows(CONTOSO, MEMBERS["Helpdesk Operators"][6:], GROUP_NUMBERS) + [
            {"@odata.type": "#microsoft.graph.device", "id": "ffffffff-0001-4000-8000-0000000000d1"},
            {"@odata.type": "#microsoft.graph.orgContact", "id": "ffffffff-0001-4000-8000-0000000000d2"}], page=2,
            odd="members that are neither user, group nor service principal"),
        "subscribed-skus": answer("subscribed-skus", [p2(80, 61), {**OFFICE, "prepaidUnits": None, "servicePlans": None}], odd="null service plans"),
    }


def odd_definitions(rows):
    by_name = {row["displayName"]: row for row in rows}
    by_name[TEAMS]["displayName"] = "=cmd|'/c calc'!A1"
    by_name[SHAREPOINT]["displayName"] = "<script>alert('role')</script>"
    by_name[CUSTOM]["displayName"] = "\x1b[31mApplication\nCredential Rotator\x1b[0m"
    by_name["Search Editor"]["displayName"] = None
    by_name["Search Administrator"]["rolePermissions"] = None
    return rows


def odd_instances(rows):
    def row_of(number):
        return next(row for row in rows if row["principalId"].lower() == object_id(CONTOSO, "user", number))

    row_of(14)["memberType"] = "unknownFutureValue"
    row_of(18)["assignmentType"] = "unknownFutureValue"
    row_of(20)["endDateTime"] = None  # an activation without an end
    row_of(40)["endDateTime"] = "9999-12-31T23:59:59.9999999Z"  # means none
    row_of(41)["startDateTime"] = "0001-01-01T00:00:00Z"  # means never
    return answer("role-assignment-schedule-instances", rows, more=True,
                  headers={"Deprecation": "Wed, 01 Jan 2025 00:00:00 GMT", "Sunset": "Fri, 01 Jan 2027 00:00:00 GMT"},
                  odd="unknown enum values, an activation without end, years 1 and 9999, deprecation headers")


def odd_policies(rows):
    role_names = {role_id: name for name, role_id in ROLE_IDS.items()}
    policy = {role_names[row["roleDefinitionId"].lower()]: row["policy"] for row in rows}

    def find(role, rule_id):
        return next(found for found in policy[role]["rules"] if found["id"] == rule_id)

    approval = find(SECURITY, "Approval_EndUser_Assignment")["setting"]
    approval["approvalStages"][0]["primaryApprovers"] = [{"@odata.type": "#microsoft.graph.requestorManager", "managerLevel": 1}]
    find(PRA, "Approval_EndUser_Assignment")["setting"].update(approvalMode="NoApproval", isApprovalRequired=True, approvalStages=None)
    find(EXCHANGE, "Expiration_EndUser_Assignment")["maximumDuration"] = "8 hours"
    policy[TEAMS]["rules"].remove(find(TEAMS, "Expiration_EndUser_Assignment"))
    find(INTUNE, "Expiration_Admin_Assignment").update(isExpirationRequired=True, maximumDuration=None)
    find(APPLICATION, "AuthenticationContext_EndUser_Assignment")["claimValue"] = ""
    find(CONDITIONAL_ACCESS, "Approval_EndUser_Assignment")["setting"] = None
    find(COMPLIANCE, ADMIN_RULES[0])["notificationLevel"] = "unknownFutureValue"
    find(HELPDESK, "Enablement_EndUser_Assignment")["enabledRules"] = [MFA, WHY, "unknownFutureValue"]
    policy["Groups Administrator"]["rules"] = None
    risk = find("Hybrid Identity Administrator", "Risk_EndUser_Assignment")
    risk.update(minimumRiskLevel="high", blockedRiskLevels=None)
    second = copy.deepcopy(next(row for row in rows if row["policy"] is policy[USER]))
    second["policyId"] = second["policy"]["id"] = f"DirectoryRole_{CONTOSO}_{derived_id(CONTOSO, 'second policy')}"
    second["id"] = f"{second['policyId']}_{ROLE_IDS[USER]}"
    return rows + [second]


def odd_objects(rows):
    for row in rows:
        kind, number = row["@odata.type"].rsplit(".", 1)[1], int(row["id"][-12:])
        if kind == "user" and number in HOSTILE:
            row["displayName"] = HOSTILE[number]
        if (kind, number) in (("user", 33), ("servicePrincipal", 1)):  # the token may not read these
            for key in set(row) - {"@odata.type", "id"}:
                del row[key]
        if (kind, number) == ("group", 3):
            row["groupTypes"] = None
        if (kind, number) == ("user", 16):
            row["userType"] = None  # an old account
        if (kind, number) == ("user", 19):
            row["onPremisesSyncEnabled"] = False  # was synced once
    return rows


SCENARIOS = {"contoso": contoso, "exemplary": exemplary, "localised": localised, "empty": empty, "no-p2": no_p2,
             "denied-policies": denied_policies, "denied-all": denied_all, "partial": partial, "throttled": throttled, "odd": odd}

# ---------------------------------------------------------------------------------------------------
# The tables of README.md


def tenant_facts():
    """What can be counted in Contoso from the tables above."""
    tier = {role["display_name"]: role["tier"] for role in ROLES} | {CUSTOM: "high"}
    labelled = {role["display_name"] for role in ROLES if role["is_privileged"]} | {CUSTOM}
    held = {who["number"]: [grant["role"] for grant in who["grants"]] for who in PEOPLE}
    planned = {who["number"] for who in PEOPLE for grant in who["grants"] if grant["class"] == "eligible" or grant["until"]}
    for group in OTHERS:
        for number in reached(group["name"]) if group["kind"] == "group" else ():
            held[number] = held[number] + [grant["role"] for grant in group["grants"]]
            planned |= {number for grant in group["grants"] if grant["class"] == "eligible"}
    counted = {who["number"] for who in PEOPLE if not who["properties"].keys() & {"absent", "accountEnabled"}}
    administrators = {number for number in counted if GA in held[number]}
    others = {number for number in counted - administrators if any(tier[role] in ("critical", "high") for role in held[number])}
    by_class = {"permanent": [], "time-bound": [], "eligible": [], "eligible and activated": []}
    for who in PEOPLE:
        classes = [grant["class"] for grant in who["grants"] if grant["role"] == GA]
        ends = [grant["until"] for grant in who["grants"] if grant["role"] == GA]
        if who["number"] in administrators:
            kind = ("eligible and activated" if "activated" in classes else "eligible" if "eligible" in classes
                    else "time-bound" if all(ends) else "permanent")
            by_class[kind].append(who["upn"].split("@")[0])
    shown = "; ".join(f"{len(names)} {kind} ({', '.join(names)})" for kind, names in by_class.items() if names)
    granted = [grant for _, _, grant in every_grant(CONTOSO, EVERYBODY) if grant["class"] != "activated" and grant["role"] in labelled]
    people = [number for number in held if held[number]]
    share = len(administrators) / (len(administrators) + len(others))
    return [
        ("principals that hold a role, by group included", f"{len(people) + sum(1 for who in OTHERS if who['grants'])}: {len(people)} users (the deleted and the foreign one among them), 2 groups, 2 service principals"),
        ("people who can be Global Administrator", f"{len(administrators)}: {shown}"),
        ("other people with a critical or high role", f"{len(others)}, so the share of Global Administrators is {share:.1%}"),
        ("grants of roles labelled PRIVILEGED, activations left out", str(len(granted))),
        ("people who need P2 (eligible or time-bound, disabled left out, and approvers)", f"{len((planned & counted) | {67, 68, 69})} of 80"),
    ]


def reached(group):
    """Everyone in a group, through the groups in it."""
    people = set()
    for member in MEMBERS[group]:
        people |= {member} if isinstance(member, int) else reached(member)
    return people


def describe(grant):
    scope = {BERLIN: " in an administrative unit", PAYROLL: " on one application"}.get(grant.get("scope"), "")
    until = f" until {time(grant['until'])[:16]}" if grant["until"] else " permanent" if grant["class"] != "activated" else ""
    return f"{grant['role']}: {grant['class']}{until}{scope}"


def readme_tables():
    lines = ["| fact of Contoso | value |", "| --- | --- |", *(f"| {fact} | {value} |" for fact, value in tenant_facts()), "",
             "| persona | holds | what to expect (`recommended`, nothing declared) |", "| --- | --- | --- |"]
    for who in EVERYBODY:
        account = f" `{who['upn']}`" if who["upn"] else ""
        held = "; ".join(map(describe, who["grants"])) or "-"
        lines.append(f"| {who['kind']} {who['number']} {who['name']}{account} | {held} | {who['expect'] or 'as it should be'} |")
    lines += ["", "| role | its policy differs from Microsoft's default in |", "| --- | --- |"]
    lines += [f"| {role} | {settings['then']} |" for role, settings in CONTOSO_POLICIES.items()]
    return "\n".join(lines)


# ---------------------------------------------------------------------------------------------------
# Files


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def written(mapping):
    """A mapping as text: a line for each row, and in policies for each rule, so that changes read well."""
    rows = mapping["response"]["jsonBody"].get("value")
    if rows is None:
        return json.dumps(mapping, indent=1) + "\n"
    shell = copy.deepcopy(mapping)
    shell["response"]["jsonBody"]["value"] = "ROWS"
    text = ",\n".join(row_text(row) for row in rows)
    return json.dumps(shell, indent=1).replace('"ROWS"', f"[\n{text}\n]" if rows else "[]") + "\n"


def row_text(row):
    rules = (row.get("policy") or {}).get("rules")
    if not rules:
        return compact(row)
    shell = {**row, "policy": {**row["policy"], "rules": "RULES"}}
    return compact(shell).replace('"RULES"', "[\n " + ",\n ".join(map(compact, rules)) + "]")


def files():
    wanted = {HERE / scenario / "mappings" / f"{name}.json": written(mapping)
              for scenario, build in SCENARIOS.items() for name, mapping in build().items()}
    readme = HERE / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition("<!-- tables -->\n")
    _, _, after = rest.partition("<!-- end of tables -->\n")
    wanted[readme] = f"{before}<!-- tables -->\n{readme_tables()}\n<!-- end of tables -->\n{after}"
    return wanted


def main(arguments):
    wanted = files()
    present = {file for file in HERE.glob("*/mappings/*.json")}
    stale = [file for file, text in wanted.items() if not file.is_file() or file.read_text(encoding="utf-8") != text]
    stale += sorted(present - wanted.keys())
    if arguments == ["--check"]:
        for file in stale:
            print(f"not as generated: {file.relative_to(HERE)}")
        return 1 if stale else 0
    if arguments:
        sys.exit(__doc__)
    for file in present - wanted.keys():
        file.unlink()
    for file, text in wanted.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
