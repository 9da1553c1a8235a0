#!/usr/bin/env python3
"""Writes the Graph replies of the sample tenants as WireMock stub mappings, the same bytes each time.

usage: generate.py            write <scenario>/mappings/*.json and the tables of README.md
       generate.py --check    write nothing; exit 1 when a file is not as this script would write it

To add a persona to Contoso, add a line to PEOPLE (next free number) with the grants it holds and what an
audit should say of it. To change what a role asks at activation, edit CONTOSO_POLICIES; what a group asks,
CONTOSO_PIM. To add a trap, add an entry to TRAPS: a copy of Exemplary with one thing wrong. Then run the script.
Shapes and property names are Microsoft Graph's documented ones; nothing here is taken from what pimaudit expects.
"""

import base64
import copy
import dataclasses
import datetime
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
EXEMPLARY_BERLIN = BERLIN.replace("0001", "0002")
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


# The same into a group of PIM for Groups: who (a number, or the name of a group), as a member or an owner.


def may_join(who, until=None, since="2026-03-02", access="member"):
    return {"who": who, "class": "eligible", "since": since, "until": until, "access": access}


def joined(who, since="2026-03-02", until=None, access="member"):
    return {"who": who, "class": "active", "since": since, "until": until, "access": access}


def in_use(who, since, until, access="member"):
    return {"who": who, "class": "activated", "since": since, "until": until, "access": access}


def secret(name, since, until):
    return {"customKeyIdentifier": None, "displayName": name, "endDateTime": time(until), "hint": name[:3],
            "keyId": str(uuid.uuid5(uuid.UUID(CONTOSO), name)), "secretText": None, "startDateTime": time(since)}


def certificate(name, since, until):
    return {"customKeyIdentifier": base64.urlsafe_b64encode(name.encode()).decode(), "displayName": f"CN={name}", "endDateTime": time(until),
            "key": None, "keyId": str(uuid.uuid5(uuid.UUID(CONTOSO), name)), "startDateTime": time(since),
            "type": "AsymmetricX509Cert", "usage": "Verify"}


def time(text):
    return text if text is None or "T" in text else f"{text}T08:00:00Z"


SYNCED = {"onPremisesSyncEnabled": True, "onPremisesImmutableId": "c3luY2VkLXRvdmU9PQ=="}
ONCE_SYNCED = {"onPremisesSyncEnabled": None, "onPremisesImmutableId": "b25jZS1zeW5jZWQ="}
DISABLED = {"accountEnabled": False}
GUEST = {"userType": "Guest", "creationType": "Invitation"}
NOT_RETURNED = {"absent": True}  # getByIds leaves it out: deleted, or of another tenant
PLAIN_GROUP = {"isAssignableToRole": False}
NO_MAILBOX = {"mailbox": False}

# ---------------------------------------------------------------------------------------------------
# Contoso: who holds what, and what an audit with the recommended baseline and no configuration should say.

PEOPLE = [
    holder(1, "Break Glass One", "bg1@contoso.onmicrosoft.com", [active(GA, "2024-03-04")],
           "break-glass candidate; permanent-active-assignment fails until it is declared"),
    holder(2, "Break Glass Two", "bg2@contoso.onmicrosoft.com", [active(GA, "2024-03-04")],
           "break-glass candidate; permanent-active-assignment fails until it is declared; a telephone as well: weak-break-glass partial then"),
    holder(3, "Ada Alder (admin)", "adm-ada@contoso.example", [eligible(GA)],
           "as it should be; her Exchange plan was taken away, so she has no mailbox", plans=[("exchange", "EXCHANGE_S_ENTERPRISE", "Deleted")]),
    holder(4, "Ben Birch (admin)", "adm-ben@contoso.example", [eligible(GA, "2027-02-26")]),
    holder(5, "Cleo Cedar (admin)", "adm-cleo@contoso.example",
           [eligible(GA, "2027-02-26"), activated(GA, "2026-11-02T07:41:12.223Z", "2026-11-02T11:41:12.17Z")],
           "one holder, not standing; activation-beyond-policy passes (PT4H of PT4H)"),
    holder(6, "Dirk Dogwood", "dirk@contoso.example", [active(GA, "2024-06-10")],
           "permanent-active-assignment fails, critical; daily-account-as-admin partial; only a telephone: no-phishing-resistant-method partial"),
    holder(7, "Edda Elm (admin)", "adm-edda@contoso.example", [eligible(PRA)],
           "eligible owner of 'Identity Operations'"),
    holder(8, "Finn Fir (admin)", "adm-finn@contoso.example", [eligible(PRA, "2027-02-26")],
           "stale-privileged-account fails (154 days)"),
    holder(9, "Gina Ginkgo", "gina@contoso.example", [active(PRA, "2025-01-13")],
           "permanent-active-assignment fails, critical; daily-account-as-admin partial; only a telephone: no-phishing-resistant-method partial"),
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
    holder(16, "Quin Quince (admin)", "adm-quin@contoso.example", [eligible(EXCHANGE, "2027-01-31")],
           "not stale: the last interactive sign-in is old, the last non-interactive one is not"),
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
    holder(25, "Zoe Zelkova (admin)", "adm-zoe@contoso.example", [eligible(INTUNE)],
           "no-phishing-resistant-method fails: no method at all, cannot activate"),
    holder(26, "Arne Ash (admin)", "adm-arne@contoso.example",
           [eligible(INTUNE), eligible(EXCHANGE), eligible(SHAREPOINT), eligible(USER), eligible(AUTHENTICATION)],
           "redundant-grant partial (five high-tier roles); stale-privileged-account partial (53 days)"),
    holder(27, "Bodo Beech (admin)", "adm-bodo@contoso.example", [eligible(USER, shout=True)]),
    holder(28, "Cora Cypress", "cora@contoso.example", [active(USER, "2025-09-01", scope=BERLIN)],
           "permanent-active-assignment fails, exposure 0.5 (administrative unit)"),
    holder(29, "Dora Damson (admin)", "adm-dora@contoso.example", [eligible(USER, scope=BERLIN)]),
    holder(30, "Emil Elder (admin)", "adm-emil@contoso.example", (),
           "eligible User Administrator by group 'Identity Operations', standing member"),
    holder(31, "Fabia Fig (admin)", "adm-fabia@contoso.example", (),
           "eligible User Administrator by group 'Identity Operations', member until 2027-03-31"),
    holder(32, "Gero Gorse (admin)", "adm-gero@contoso.example", (),
           "eligible User Administrator by group 'Identity Operations', eligible member who activated the membership"),
    holder(33, "Hanna Holly (admin)", "adm-hanna@contoso.example", [eligible(APPLICATION)],
           "excluded from the policy of context c1: unenforced-authentication-context of Application Administrator fails"),
    holder(34, "Ivo Ivy", "ivo@contoso.example", [active(APPLICATION, "2025-04-07"), eligible(APPLICATION)],
           "redundant-grant fails (permanent and eligible); permanent-active-assignment fails"),
    holder(35, "Jana Jasmine (admin)", "adm-jana@contoso.example", [eligible(APPLICATION, scope=PAYROLL)]),
    holder(36, "Karl Kapok (admin)", "adm-karl@contoso.example", [eligible(AUTHENTICATION)]),
    holder(37, "Lena Linden (admin)", "adm-lena@contoso.example", [eligible(AUTHENTICATION, "2027-01-15")]),
    holder(38, "Mona Maple (admin)", "adm-mona@contoso.example", [eligible(AUTHENTICATION)],
           "defunct-principal fails (disabled); not in counts", **DISABLED),
    holder(39, "Noah Nutmeg (admin)", "adm-noah@contoso.example", [eligible(COMPLIANCE)],
           "never signed in, but only of elevated tier"),
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
           "custom role, tier high by Microsoft's label; stale-privileged-account fails (never signed in)"),
    holder(65, "On-Premises Directory Synchronization Service Account", "sync_dc01_5f1c0de5@contoso.onmicrosoft.com",
           [active(SYNCHRONIZATION, None)], "standing by nature: elevated tier, so only Info; given outside PIM"),
    holder(66, "(partner)", None, [active(HELPDESK, listed="assignments")],
           "foreign: defunct-principal says Info, never deleted", organization=PARTNER, **NOT_RETURNED),
    holder(67, "Oda Oak", "oda@contoso.example", (), "no role; approves Global Administrator alone, Authentication Administrator with Mira"),
    holder(68, "Mira Mango", "mira@contoso.example", (), "no role; in the group that approves Security Administrator"),
    holder(69, "Nils Nipa", "nils@contoso.example", (), "no role; in the group that approves Security Administrator"),
    holder(70, "Otis Olivetree (admin)", "adm-otis@contoso.example", (),
           "Global Administrator by group 'Tier 0 Operators', eligible member: the weakest path of the sample"),
    holder(71, "Pablo Pistachio", "pablo@contoso.example", (), "no role; standing owner of Helpdesk Operators, who can add himself"),
]

OTHERS = [
    other("group", 1, "Helpdesk Operators", [active(HELPDESK, "2025-06-16")],
          "standing Helpdesk Administrator for 12 people, 3 of them through the nested group alone; PIM does not manage it: "
          "unmanaged-role-group, standing-group-member and standing-group-owner fail"),
    other("group", 2, "Helpdesk Night Shift", (), "plain group, nested in Helpdesk Operators", **PLAIN_GROUP),
    other("group", 3, "Identity Operations", [eligible(USER)],
          "eligible User Administrator for 3 people; unmanaged-role-group and standing-group-owner pass (one eligible owner)"),
    other("group", 4, "PIM Security Approvers", (),
          "approves Security Administrator; two members; not role-assignable: unprotected-approver-group fails", **PLAIN_GROUP),
    other("group", 5, "Tier 0 Operators", [active(GA, "2025-10-06")],
          "one eligible member, who needs a justification only: weakest-path of Global Administrator fails"),
    other("group", 6, "Conditional Access Exclusions", (), "excluded from the policy of context c1; holds Hanna", **PLAIN_GROUP),
    other("servicePrincipal", 1, "Deployment Pipeline", [active(APPLICATION, "2025-07-07")],
          "permanent, not a person: permanent-active-assignment not applicable, in no count of people; "
          "unexpired secret on its application, owners: privileged-workload-identity fails",
          appId="abcd0000-0000-4000-8000-0000000000a2", servicePrincipalType="Application", appOwnerOrganizationId=CONTOSO,
          keyCredentials=[certificate("deployment.contoso.example", "2024-07-07", "2025-07-07")]),
    other("servicePrincipal", 2, "mi-joiner-leaver", [active(USER, "2025-08-11")],
          "managed identity, permanent: permanent-active-assignment not applicable, in no count of people; "
          "privileged-workload-identity partial",
          appId="abcd0000-0000-4000-8000-0000000000a3", servicePrincipalType="ManagedIdentity", appOwnerOrganizationId=None,
          keyCredentials=[certificate("mi-joiner-leaver", "2026-09-20", "2026-12-19")]),
    other("servicePrincipal", 3, "Access Lifecycle", (),
          "RoleManagement.ReadWrite.Directory as an application: pim-bypassing-application fails",
          appId="abcd0000-0000-4000-8000-0000000000a4", servicePrincipalType="Application", appOwnerOrganizationId=CONTOSO),
    other("servicePrincipal", 4, "PIM Companion", (),
          "another tenant's application, RoleManagement.ReadWrite.Directory delegated for everybody: pim-bypassing-application fails",
          appId="abcd0000-0000-4000-8000-0000000000a5", servicePrincipalType="Application", appOwnerOrganizationId=PARTNER),
    other("servicePrincipal", 5, "Intranet", (), "harmless: User.Read.All, and profile and mail address for everybody",
          appId="abcd0000-0000-4000-8000-0000000000a6", servicePrincipalType="Application", appOwnerOrganizationId=CONTOSO,
          keyCredentials=[certificate("intranet.contoso.example", "2026-01-10", "2028-01-10")]),
]

# Direct members, as the directory lists them: eligible ones are not among them. Entra no longer nests groups in a
# role-assignable group outside PIM for Groups; Helpdesk Operators does so all the same, and its mapping is marked odd.
MEMBERS = {
    "Helpdesk Operators": [*range(47, 56), "Helpdesk Night Shift"],
    "Helpdesk Night Shift": [55, 56, 57, 58],
    "Identity Operations": [30, 31, 32],
    "PIM Security Approvers": [68, 69],
    "Conditional Access Exclusions": [33],
}
OWNERS = {"Helpdesk Operators": [71]}

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
    APPLICATION: dict(ask=[WHY], context="c1", then="authentication context c1, from whose policy a holder is excluded: activation-without-mfa "
                      "and unenforced-authentication-context fail"),
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

# The groups that PIM manages: who is in them by it, and what the policies for members and owners differ in.
CONTOSO_PIM = {
    "Identity Operations": dict(
        grants=[joined(30, None), joined(31, "2026-04-01", "2027-03-31"), may_join(32),
                in_use(32, "2026-11-02T06:15:00Z", "2026-11-02T14:15:00Z"), may_join(7, "2027-02-26", access="owner")],
        member=dict(eligibility="P365D"), owner=dict(activation="PT2H", eligibility="P365D")),
    "Tier 0 Operators": dict(grants=[may_join(70, "2027-02-26")], member=dict(activation="PT10H", ask=[WHY]), owner=dict()),
}

# ---------------------------------------------------------------------------------------------------
# The gates and guards of Contoso

EVERYBODY_IN_IT = ["All"]
PHISHING_RESISTANT = "00000000-0000-0000-0000-000000000004"
TEMPLATE_ROLES = [GA, PRA, SECURITY, EXCHANGE, SHAREPOINT, USER, APPLICATION, AUTHENTICATION, BILLING, HELPDESK, CONDITIONAL_ACCESS,
                  "Cloud Application Administrator", "Password Administrator", "Privileged Authentication Administrator"]


def access_policy(number, name, state="enabled", users=(), roles=(), not_users=(), not_groups=(), applications=(), contexts=(),
                  ask=(), strength=None):
    """A Conditional Access policy; people by number, groups and roles by name."""
    return locals()


CONTOSO_ACCESS_POLICIES = [
    access_policy(1, "PIM: phishing-resistant sign-in for c1", users=EVERYBODY_IN_IT, not_groups=["Conditional Access Exclusions"],
                  contexts=["c1"], strength=PHISHING_RESISTANT),
    access_policy(2, "Compliant devices for everybody", "enabledForReportingButNotEnforced", users=EVERYBODY_IN_IT,
                  not_users=[1, 2], applications=["All"], ask=["compliantDevice"]),
    # Microsoft's template, with its fourteen roles: Intune Administrator and the custom role are not among them.
    access_policy(3, "Multifactor authentication for admins", roles=TEMPLATE_ROLES, not_users=[1, 2], applications=["All"], ask=["mfa"]),
]
CONTOSO_CONTEXTS = [("c1", "Privileged activation", True), ("c2", "Finance applications", True)]

OUTSIDE_PIM, STALE, UNUSED = "RolesAssignedOutsidePimAlert", "StaleSignInAlert", "RedundantAssignmentAlert"
NO_MFA, NO_LICENCE = "NoMfaOnRoleActivationAlert", "InvalidLicenseAlert"
TOO_MANY, IN_SUCCESSION = "TooManyGlobalAdminsAssignedToTenantAlert", "SequentialActivationRenewalsAlert"
ALERTS = {  # name: stem of its types, severity, title, what its configuration says beside being on
    OUTSIDE_PIM: ("rolesAssignedOutsidePrivilegedIdentityManagement", "high", "Roles are being assigned outside of Privileged Identity Management", {}),
    STALE: ("staleSignIn", "medium", "Potential stale accounts in a privileged role", {"duration": "P30D"}),
    UNUSED: ("redundantAssignment", "low", "Administrators aren't using their privileged roles", {"duration": "P30D"}),
    NO_MFA: ("noMfaOnRoleActivation", "low", "Roles don't require multi-factor authentication for activation", {}),
    NO_LICENCE: ("invalidLicense", "low", "The organization doesn't have Microsoft Entra ID P2 or Microsoft Entra ID Governance", {}),
    TOO_MANY: ("tooManyGlobalAdminsAssignedToTenant", "low", "There are too many global administrators",
               {"globalAdminCountThreshold": 5, "percentageOfGlobalAdminsOutOfRolesThreshold": 10}),
    IN_SUCCESSION: ("sequentialActivationRenewals", "low", "Roles are being activated too frequently",
                    {"sequentialActivationCounterThreshold": 3, "timeIntervalBetweenActivations": "PT24H"}),
}
CONTOSO_ALERTS = {  # what differs from: on, scanned in the night before, nothing found
    OUTSIDE_PIM: dict(incidents=[(61, CONDITIONAL_ACCESS), (62, INTUNE)]),
    NO_MFA: dict(incidents=[(None, INTUNE), (None, READER)]),
    STALE: dict(on=False, scanned="2026-03-30T03:00:00Z"),
    TOO_MANY: dict(globalAdminCountThreshold=10, percentageOfGlobalAdminsOutOfRolesThreshold=30),  # so high that it is quiet
}


def review(number, name, roles=(), group=None, since="2026-01-26", months=3, days=14, reviewers=(), reviewed=(), undecided=0,
           query_scope=False, **settings):
    """A recurring access review. `reviewed`: who was in the last round that ended; the first `undecided` of
    them nobody decided. `settings` are Graph's own names, where they differ from a careful review."""
    return locals()


CONTOSO_REVIEWS = [
    review(1, "Global Administrators, every quarter", roles=[GA], reviewers=[67, 68], reviewed=[3, 4, 5, 6]),
    review(2, "Exchange administrators", roles=[EXCHANGE], since="2026-01-15", days=30, reviewers=[67], reviewed=[15, 16, 17, 18],
           undecided=2, query_scope=True, justificationRequiredOnApproval=False, autoApplyDecisionsEnabled=False,
           defaultDecisionEnabled=True, defaultDecision="Approve"),
]

CONTOSO_PACKAGES = [dict(number=1, name="Exchange operations", role=EXCHANGE, approvers=[67]),
                    dict(number=2, name="Sales starter kit", role=None, approvers=[])]
CONTOSO_UNITS = [(BERLIN.rsplit("/", 1)[1], "Berlin", False)]

# Applications of the tenant, by the number of their service principal.
CONTOSO_APPLICATIONS = {
    1: dict(number=1, owners=[34], passwordCredentials=[secret("pipeline secret", "2025-07-07", "2027-07-06"),
                                                        secret("old pipeline secret", "2024-07-07", "2025-07-06")]),
    3: dict(number=2, owners=[], keyCredentials=[certificate("lifecycle.contoso.example", "2026-02-01", "2027-02-01")]),
    5: dict(number=3, owners=[71]),
}
CONTOSO_SERVICE_OWNERS = {1: [18]}

USER_READ, REWRITE_ROLES = "df021288-bdef-4463-88db-98f22de89214", "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8"
CONTOSO_APPLICATION_GRANTS = [(5, USER_READ), (3, REWRITE_ROLES)]
CONTOSO_DELEGATED_GRANTS = [(5, "openid profile email User.Read"), (4, "openid profile User.Read RoleManagement.ReadWrite.Directory")]

# Last sign-ins: a day for all kinds, or one for interactive, non-interactive and successful ones, or None for never.
# Everybody else was here within four weeks.
CONTOSO_SIGN_INS = {1: "2026-09-07", 2: "2026-09-07", 8: "2026-06-01", 16: ("2026-05-05", "2026-10-30", None), 26: "2026-09-10",
                    38: "2026-01-19", 39: None, 64: None, 65: (None, "2026-11-02", None), 71: ("2026-10-29", "2026-11-01", None)}

KEY, PHONE, AUTHENTICATOR = ["fido2SecurityKey"], ["mobilePhone"], ["microsoftAuthenticatorPush", "softwareOneTimePasscode"]
HELLO = ["windowsHelloForBusiness", *AUTHENTICATOR]
CONTOSO_METHODS = {1: KEY, 2: [*KEY, *PHONE], 6: PHONE, 9: PHONE, 10: HELLO, 18: PHONE, 21: PHONE, 25: [], 28: AUTHENTICATOR,
                   **{number: AUTHENTICATOR for number in range(47, 59)}, 50: PHONE, 59: AUTHENTICATOR, 60: PHONE, 65: []}

CONTOSO_GUARDS = [  # what is in none of the other tables
    ("Conditional Access", "context c1 asks for phishing-resistant sign-in of everybody but a group that holds Hanna: unenforced-authentication-context "
     "fails. Admins need MFA by Microsoft's template, which misses Intune Administrator and the custom role: "
     "admins-without-strong-authentication fails. A policy for compliant devices is report-only. Security defaults are off."),
    ("PIM alerts", "roles outside PIM (Xaver, Yara) and roles without MFA (Intune Administrator, Global Reader) are active: "
     "active-alert fails; stale accounts is switched off: not assessed, alert-switched-off partial; "
     "too many Global Administrators is quiet by a threshold of 10"),
    ("access reviews", "Global Administrator: every quarter, all seven qualities. Exchange Administrator: 30 days, no reason, not applied, "
     "approved by default, half of the last round undecided: weak-access-review partial. No others: unreviewed-access fails"),
    ("access packages", "Exchange operations makes people eligible for Exchange Administrator after one stage of approval by Oda"),
    ("administrative units", "Berlin, not restricted"),
    ("mailboxes", "accounts at contoso.example without (admin) in their name have a mail address and plans for Exchange, Teams and Office"),
    ("methods", "security keys beside the Authenticator for most; the Authenticator for the help desk; telephone only for Dirk, Gina, Sven, Xena, "
     "David and Willa; none for Zoe; disabled Mona is not in the report"),
]

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
    holder(21, "Theo Tulip", "theo@contoso.example", [active(BILLING, "2026-01-12")], **NO_MAILBOX),
    holder(22, "Uwe Ulmo", "uwe@contoso.example"),
    holder(23, "Vroni Verbena", "vroni@contoso.example"),
    holder(24, "Wanda Wisteria", "wanda@contoso.example"),
    *(holder(25 + n, f"{name} (admin)", f"adm-{name.split()[0].lower()}@contoso.example")
      for n, name in enumerate(["Tilda Tamarack", "Urs Umbu", "Viola Vanilla", "Wolf Whitebeam", "Yvonne Yohimbe"])),
]
EXEMPLARY_PEOPLE[6]["grants"].append(activated(SECURITY, "2026-11-02T07:30:00Z", "2026-11-02T11:30:00Z"))
for local in (12, 13, 15):  # Knut, Lotte and Nora reset passwords in Berlin alone
    EXEMPLARY_PEOPLE[local]["grants"][0]["scope"] = EXEMPLARY_BERLIN

EXEMPLARY_POLICY = dict(eligibility="P365D", active="P15D", on_assignment=[MFA, WHY], mail=TOLD)
EXEMPLARY_POLICIES = {role["display_name"]: dict(EXEMPLARY_POLICY) for role in ROLES if role["assignable"]}
GUARDED = dict(activation="PT4H", approval=dict(groups=["Privileged Access Approvers"], reason=True))
for guarded in (GA, PRA, SECURITY):
    EXEMPLARY_POLICIES[guarded].update(GUARDED)
EXEMPLARY_POLICIES[GA]["active"] = None  # the break-glass pair is permanent
EXEMPLARY_POLICIES[SECURITY].update(ask=[WHY], context="c2")

EXEMPLARY_OTHERS = [
    other("group", 1, "Privileged Access Approvers"),
    other("group", 2, "Exchange Operators", [eligible(EXCHANGE, **YEAR)]),
    other("group", 3, "Security Responders", [eligible(SECURITY, **YEAR)]),
    other("group", 4, "Billing Operators", [active(BILLING, "2026-01-12")]),
    other("servicePrincipal", 1, "HR Connector", appId="abcd0000-0002-4000-8000-0000000000a1", servicePrincipalType="Application",
          appOwnerOrganizationId=EXEMPLARY),
]
EXEMPLARY_MEMBERS = {"Privileged Access Approvers": [22, 23, 24]}
EXEMPLARY_PIM = {
    "Exchange Operators": dict(grants=[may_join(25, **YEAR), may_join(26, **YEAR), in_use(25, "2026-11-02T07:00:00Z", "2026-11-02T11:00:00Z")],
                               member=EXEMPLARY_POLICY, owner=EXEMPLARY_POLICY),
    "Security Responders": dict(grants=[may_join(27, **YEAR), may_join(28, **YEAR)],
                                member=EXEMPLARY_POLICY | GUARDED, owner=EXEMPLARY_POLICY | GUARDED),
    "Billing Operators": dict(grants=[may_join(29, **YEAR)], member=EXEMPLARY_POLICY, owner=EXEMPLARY_POLICY),
}
BREAK_GLASS = [1, 2]
EXEMPLARY_ACCESS_POLICIES = [
    access_policy(1, "Phishing-resistant sign-in for everybody", users=EVERYBODY_IN_IT, not_users=BREAK_GLASS, applications=["All"],
                  strength=PHISHING_RESISTANT),
    access_policy(2, "PIM: phishing-resistant sign-in for c2", users=EVERYBODY_IN_IT, not_users=BREAK_GLASS, contexts=["c2"],
                  strength=PHISHING_RESISTANT),
]

EMPTY_PEOPLE = [holder(1, "Frank Founder", "frank@contoso.onmicrosoft.com", [active(GA, listed="assignments")])]

# ---------------------------------------------------------------------------------------------------
# Traps: Exemplary with one thing wrong each. `what` and `then` go into the README; the rest replaces tables of Exemplary.

STRANGER = holder(30, "Zora Zebrawood (admin)", "adm-zora@contoso.example")
APPRENTICE = holder(31, "Adam Argan (admin)", "adm-adam@contoso.example")


def exemplary_people(*more, **grants):
    """The people of Exemplary, some with other grants (`n4=[..]`), and more of them."""
    return [{**who, "grants": grants.get(f"n{who['number']}", who["grants"])} for who in EXEMPLARY_PEOPLE] + list(more)


def asked_by_context(*policies):
    """Global Administrator asks for context c1; `policies` are the Conditional Access policies for it."""
    return dict(settings=EXEMPLARY_POLICIES | {GA: EXEMPLARY_POLICIES[GA] | dict(ask=[WHY], context="c1")},
                access_policies=[*EXEMPLARY_ACCESS_POLICIES, *policies])


def approved_by(*groups):
    return EXEMPLARY_POLICIES | {GA: EXEMPLARY_POLICIES[GA] | dict(approval=dict(groups=list(groups), reason=True))}


def for_c1(**more):
    return access_policy(3, "PIM: phishing-resistant sign-in for c1", contexts=["c1"], users=EVERYBODY_IN_IT, strength=PHISHING_RESISTANT, **more)


MANAGED = dict(member=EXEMPLARY_POLICY, owner=EXEMPLARY_POLICY)
TRAPS = {
    "group-eligible-member": dict(
        what="Berta is no longer eligible for Global Administrator but eligible member of Tenant Operators (group 5), which holds it actively; "
             "its member policy asks for a justification only, for 10 hours, without approval",
        then="weakest-path of Global Administrator fails; activation-without-mfa, activation-without-approval and activation-too-long of "
             "the group's member access fail; still 4 Global Administrators",
        people=exemplary_people(n4=[]),
        others=[*EXEMPLARY_OTHERS, other("group", 5, "Tenant Operators", [active(GA, "2026-01-12")])],
        pim=EXEMPLARY_PIM | {"Tenant Operators": MANAGED | dict(
            grants=[may_join(4, **YEAR)], member=EXEMPLARY_POLICY | dict(ask=[WHY], activation="PT10H"),
            owner=EXEMPLARY_POLICY | GUARDED)}),
    "group-nested": dict(
        what="Platform Operators (5, eligible for Intune Administrator) and Platform Deputies (6) are eligible members of each other; "
             "Application Operators (7, eligible for Application Administrator) have the plain group Application Team (8) as eligible member, "
             "which holds Zora and Application Apprentices (9), which hold Adam and Application Team again",
        then="nested-group-path of 5 and 6 partial (cycle), of 7 fails; the walk ends",
        people=exemplary_people(STRANGER, APPRENTICE),
        others=[*EXEMPLARY_OTHERS, other("group", 5, "Platform Operators", [eligible(INTUNE, **YEAR)]), other("group", 6, "Platform Deputies"),
                other("group", 7, "Application Operators", [eligible(APPLICATION, **YEAR)]),
                other("group", 8, "Application Team", **PLAIN_GROUP), other("group", 9, "Application Apprentices", **PLAIN_GROUP)],
        members=EXEMPLARY_MEMBERS | {"Application Team": [30, "Application Apprentices"], "Application Apprentices": [31, "Application Team"]},
        pim=EXEMPLARY_PIM | {
            "Platform Operators": MANAGED | dict(grants=[may_join("Platform Deputies", **YEAR)]),
            "Platform Deputies": MANAGED | dict(grants=[may_join("Platform Operators", **YEAR), may_join(12, **YEAR)]),
            "Application Operators": MANAGED | dict(grants=[may_join("Application Team", **YEAR)])}),
    "group-lax-owner": dict(
        what="Mailbox Operators (5) hold Exchange Administrator actively; its member policy is strict, its owner policy asks for nothing, for 24 hours; "
             "Zora is eligible owner",
        then="activation-without-mfa, activation-without-justification and activation-too-long of the group's owner access fail, of its member access pass; "
             "weakest-path of Exchange Administrator fails; standing-group-owner passes",
        people=exemplary_people(STRANGER, n10=[]),
        others=[*EXEMPLARY_OTHERS, other("group", 5, "Mailbox Operators", [active(EXCHANGE, "2026-01-12")])],
        pim=EXEMPLARY_PIM | {"Mailbox Operators": dict(
            grants=[may_join(10, **YEAR), may_join(30, access="owner", **YEAR)],
            member=EXEMPLARY_POLICY, owner=EXEMPLARY_POLICY | dict(ask=[], activation="PT24H"))}),
    "context-without-policy": dict(
        what="Global Administrator asks for context c1, and no Conditional Access policy is for it",
        then="PIM falls back to MFA: activation-without-mfa passes with a note, unenforced-authentication-context partial",
        **asked_by_context()),
    "context-report-only": dict(
        what="the only policy for c1 is report-only",
        then="no fallback: activation-without-mfa and unenforced-authentication-context of Global Administrator fail",
        **asked_by_context(for_c1(state="enabledForReportingButNotEnforced", not_users=BREAK_GLASS))),
    "context-excludes-admins": dict(
        what="the policy for c1 excludes the plain group Activation Exclusions (5), which holds Anton",
        then="activation-without-mfa and unenforced-authentication-context of Global Administrator fail",
        others=[*EXEMPLARY_OTHERS, other("group", 5, "Activation Exclusions", **PLAIN_GROUP)],
        members=EXEMPLARY_MEMBERS | {"Activation Exclusions": [3]},
        **asked_by_context(for_c1(not_users=BREAK_GLASS, not_groups=["Activation Exclusions"]))),
    "approver-group-empty": dict(
        what="Global Administrator is approved by Duty Managers (5), which have no members",
        then="unusable-approvers of Global Administrator fails",
        others=[*EXEMPLARY_OTHERS, other("group", 5, "Duty Managers")], settings=approved_by("Duty Managers")),
    "approver-group-requester-only": dict(
        what="Global Administrator is approved by Duty Managers (5), whose only member is Anton, himself eligible",
        then="unusable-approvers of Global Administrator fails: nobody can approve Anton",
        others=[*EXEMPLARY_OTHERS, other("group", 5, "Duty Managers")], settings=approved_by("Duty Managers"),
        members=EXEMPLARY_MEMBERS | {"Duty Managers": [3]}),
    "group-phantom": dict(
        what="the onboarded groups name group 99, which was deleted; it is still eligible for Authentication Administrator and approves Global "
             "Administrator beside the others; all its reads answer 404",
        then="defunct-principal of group 99 fails (deleted); unusable-approvers of Global Administrator partial; all else as Exemplary",
        others=[*EXEMPLARY_OTHERS, other("group", 99, "Deleted Group", [eligible(AUTHENTICATION, **YEAR)], **NOT_RETURNED)],
        settings=approved_by("Privileged Access Approvers", "Deleted Group"),
        pim=EXEMPLARY_PIM | {"Deleted Group": dict(grants=[], member={}, owner={})}),
    "group-denied": dict(
        what="members, PIM instances and PIM policies of Exchange Operators (2) answer 403",
        then="what depends on this group is not assessed (permission denied); all else as Exemplary",
        denied=("Exchange Operators",)),
    "alerts-not-in-cloud": dict(
        what="the alerts answer 400, as a service does that lacks the path",
        then="active-alert and alert-switched-off not assessed (not in this cloud); all else as Exemplary",
        alerts=None),
    "application-bypass": dict(
        what="Access Automation (service principal 2) has RoleManagement.ReadWrite.Directory as an application",
        then="pim-bypassing-application of it fails; weakest-path fails, since it can give itself any role",
        others=[*EXEMPLARY_OTHERS, other("servicePrincipal", 2, "Access Automation", appId="abcd0000-0002-4000-8000-0000000000a2",
                                         servicePrincipalType="Application", appOwnerOrganizationId=EXEMPLARY)],
        applications={2: dict(number=1, owners=[], keyCredentials=[certificate("automation.contoso.example", "2026-02-01", "2027-02-01")])},
        application_grants=[(1, USER_READ), (2, REWRITE_ROLES)]),
    "two-of-one-name": dict(
        what="a second Anton Aspen (admin), person 30, is eligible for Global Administrator",
        then="5 Global Administrators: global-administrator-count partial (4 would pass)",
        people=exemplary_people({**STRANGER, "name": "Anton Aspen (admin)", "upn": "adm-anton2@contoso.example", "grants": [eligible(GA, **YEAR)]})),
    "partner-principals": dict(
        what="two principals of a partner's tenant hold Cloud Device Administrator and Directory Writers for some days and do not resolve",
        then="defunct-principal of both says Info (foreign), never deleted; roles-table-mismatch of the two roles partial, since they are active",
        people=exemplary_people(*(holder(number, "(partner)", None, [active(role, "2026-10-26", "2026-11-09")], organization=PARTNER, **NOT_RETURNED)
                                  for number, role in [(30, "Cloud Device Administrator"), (31, "Directory Writers")]))),
}

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

# Those that the documentation shows as privileged, with their verb; the real list has some hundred.
PRIVILEGED_ACTIONS = [("applications.myOrganization/allProperties/update", "patch"), ("applications.myOrganization/credentials/update", "patch"),
                      ("applications/credentials/update", "patch"), ("authorizationPolicy/allProperties/allTasks", None)]

# ---------------------------------------------------------------------------------------------------
# Rows of Graph

ROLE_IDS = {role["display_name"]: role["template_id"] for role in ROLES} | {CUSTOM: CUSTOM_ID}
KIND_PREFIX = {"user": "aaaaaaaa", "group": "bbbbbbbb", "servicePrincipal": "cccccccc", "application": "99999999", "policy": "ca0ca0ca",
               "review": "acacacac", "package": "abababab"}
GRAPH = "https://graph.microsoft.com/v1.0"  # in rows; the address of the mock must be in none


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
        given = {key: value for key, value in who["properties"].items() if key not in ("absent", "organization", "mailbox", "plans")}
        if "absent" in who["properties"]:
            continue
        row = {"@odata.type": f"#microsoft.graph.{who['kind']}", "id": object_id(tenant, who["kind"], who["number"]),
               "displayName": who["name"]}
        made = f"20{22 + who['number'] % 2}-{1 + who['number'] % 12:02}-{1 + who['number'] % 28:02}T08:{who['number'] % 60:02}:00Z"
        if who["kind"] == "user":
            row |= {"userPrincipalName": who["upn"], "userType": "Member", "accountEnabled": True, "onPremisesSyncEnabled": None,
                    "onPremisesImmutableId": None, "creationType": None, "createdDateTime": made,
                    "mail": who["upn"] if has_mailbox(who) else None, "assignedPlans": plans_of(who, made), "isManagementRestricted": None}
        elif who["kind"] == "group":
            row |= {"onPremisesSyncEnabled": None, "createdDateTime": made, "isAssignableToRole": True, "groupTypes": [], "mail": None,
                    "isManagementRestricted": None}
        else:
            row |= {"accountEnabled": True, "passwordCredentials": [], "keyCredentials": []}
        rows.append(row | given)
    return rows


def has_mailbox(who):
    """Daily accounts have one: those of the default domain without (admin) in the name."""
    return who["upn"].endswith("@contoso.example") and "(admin)" not in who["name"] and who["properties"].get("mailbox", True)


def plans_of(who, since):
    plans = [("AADPremiumService", "AAD_PREMIUM_P2", "Enabled")] if "(admin)" in who["name"] else []
    if has_mailbox(who):
        plans += [("exchange", "EXCHANGE_S_ENTERPRISE", "Enabled"), ("TeamspaceAPI", "TEAMS1", "Enabled"), ("MicrosoftOffice", "OFFICESUBSCRIPTION", "Enabled")]
    plans += who["properties"].get("plans", [])
    return [{"assignedDateTime": since, "capabilityStatus": state, "service": service, "servicePlanId": PLANS[plan]} for service, plan, state in plans]


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


def privileged_actions():
    return [{"id": "-".join(["microsoft.directory", *action.split("/"), *filter(None, [verb])]), "name": f"microsoft.directory/{action}",
             "isPrivileged": True} for action, verb in PRIVILEGED_ACTIONS]


def policy_row(tenant, place, role, settings, names=()):
    return assigned_policy(tenant, "DirectoryRole", "/", ROLE_IDS[role], place, settings, names)


def assigned_policy(tenant, kind, scope, held, place, settings, names=()):
    """One policy assignment with its policy and all its rules: of a role, or of a group's members or owners.
    `place` varies what carries no meaning."""
    policy_id = (f"{kind}_{tenant}_{derived_id(tenant, 'policy', held)}" if scope == "/" else
                 f"{kind}_{scope}_{derived_id(tenant, 'policy', scope, held)}")
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
    return {"id": f"{policy_id}_{held}", "policyId": policy_id, "scopeId": scope, "scopeType": kind,
            "roleDefinitionId": loud(held),
            "policy": {"id": policy_id, "displayName": kind, "description": kind,
                       "isOrganizationDefault": False, "scopeId": scope, "scopeType": kind, **modified, "rules": rules}}


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


def group_policies(tenant, group, number, settings, names):
    """The two policies of a group that PIM manages."""
    return [assigned_policy(tenant, "Group", group, access, 2 * number + place, settings[access], names)
            for place, access in enumerate(("member", "owner"))]


def group_instances(tenant, group, grants, numbers, eligibilities):
    rows = []
    for grant in grants:
        if (grant["class"] == "eligible") != eligibilities:
            continue
        who, access = grant["who"], grant["access"]
        principal = object_id(tenant, "user", who) if isinstance(who, int) else object_id(tenant, "group", numbers[who])
        parts = (group, access, principal, grant["class"])
        row = {"id": f"{group}_{access}_{derived_id(tenant, 'instance', *parts)}", "groupId": group, "principalId": principal, "accessId": access,
               "memberType": "direct", "startDateTime": time(grant["since"]), "endDateTime": time(grant["until"])}
        schedule = f"{group}_{access}_{derived_id(tenant, 'schedule', *parts)}"
        if eligibilities:
            rows.append(row | {"eligibilityScheduleId": schedule})
        else:
            kind = "activated" if grant["class"] == "activated" else "assigned"
            rows.append(row | {"assignmentType": kind, "assignmentScheduleId": schedule})
    return rows


STRENGTHS = [
    ("00000000-0000-0000-0000-000000000002", "Multifactor authentication",
     "Combinations of methods that satisfy strong authentication, such as a password + SMS",
     ["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor", "deviceBasedPush", "temporaryAccessPassOneTime",
      "temporaryAccessPassMultiUse", "password,microsoftAuthenticatorPush", "password,softwareOath", "password,hardwareOath",
      "password,sms", "password,voice", "federatedMultiFactor", "microsoftAuthenticatorPush,federatedSingleFactor",
      "softwareOath,federatedSingleFactor", "hardwareOath,federatedSingleFactor", "sms,federatedSingleFactor", "voice,federatedSingleFactor"]),
    ("00000000-0000-0000-0000-000000000003", "Passwordless MFA",
     "Passwordless methods that satisfy strong authentication, such as Passwordless sign-in with the Microsoft Authenticator",
     ["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor", "deviceBasedPush"]),
    (PHISHING_RESISTANT, "Phishing-resistant MFA",
     "Phishing-resistant, Passwordless methods for the strongest authentication, such as a FIDO2 security key",
     ["windowsHelloForBusiness", "fido2", "x509CertificateMultiFactor"]),
]


def strengths():
    """The three that are built in."""
    return [{"id": strength, "createdDateTime": "2021-12-01T00:00:00Z", "modifiedDateTime": "2021-12-01T00:00:00Z", "displayName": name,
             "description": description, "policyType": "builtIn", "requirementsSatisfied": "mfa", "allowedCombinations": combinations,
             "combinationConfigurations": []} for strength, name, description, combinations in STRENGTHS]


def access_policy_row(tenant, policy, numbers):
    def people(listed):
        return [who if isinstance(who, str) else object_id(tenant, "user", who) for who in listed]

    strength = next((row for row in strengths() if row["id"] == policy["strength"]), None)
    number = policy["number"]
    applications = {"includeApplications": list(policy["applications"]), "excludeApplications": [], "includeUserActions": [],
                    "includeAuthenticationContextClassReferences": list(policy["contexts"]), "applicationFilter": None}
    users = {"includeUsers": people(policy["users"]), "excludeUsers": people(policy["not_users"]), "includeGroups": [],
             "excludeGroups": [object_id(tenant, "group", numbers[group]) for group in policy["not_groups"]],
             "includeRoles": [ROLE_IDS[role] for role in policy["roles"]], "excludeRoles": [],
             "includeGuestsOrExternalUsers": None, "excludeGuestsOrExternalUsers": None}
    frequency = {"value": None, "type": None, "authenticationType": "primaryAndSecondaryAuthentication", "frequencyInterval": "everyTime", "isEnabled": True}
    return {"id": object_id(tenant, "policy", number), "templateId": None, "displayName": policy["name"],
            "createdDateTime": f"2025-{4 + number:02}-11T09:12:13.14Z", "modifiedDateTime": f"2026-{1 + number:02}-03T10:20:30.4Z", "state": policy["state"],
            "conditions": {"userRiskLevels": [], "signInRiskLevels": [], "clientAppTypes": ["all"], "servicePrincipalRiskLevels": [],
                           "insiderRiskLevels": None, "platforms": None, "locations": None, "devices": None, "clientApplications": None,
                           "authenticationFlows": None, "applications": applications, "users": users},
            "grantControls": {"operator": "OR", "builtInControls": list(policy["ask"]), "customAuthenticationFactors": [], "termsOfUse": [],
                              "authenticationStrength": strength},
            "sessionControls": {"disableResilienceDefaults": None, "applicationEnforcedRestrictions": None, "cloudAppSecurity": None,
                                "persistentBrowser": None, "signInFrequency": frequency} if policy["contexts"] else None}


def context_rows(contexts):
    return [{"id": claim, "displayName": name, "description": f"{name} asks for a stronger sign-in", "isAvailable": available}
            for claim, name, available in contexts]


def security_defaults(on):
    return {"@odata.context": f"{GRAPH}/$metadata#policies/identitySecurityDefaultsEnforcementPolicy/$entity",
            "id": "00000000-0000-0000-0000-000000000005", "displayName": "Security Defaults", "isEnabled": on,
            "description": "Security defaults is a set of basic identity security mechanisms recommended by Microsoft."}


def alert_row(tenant, name, settings, people):
    """One alert with its definition, its configuration and its incidents."""
    stem, severity, title, usual = ALERTS[name]
    alert = f"DirectoryRole_{tenant}_{name}"
    scope = {"scopeId": "/", "scopeType": "DirectoryRole"}
    own = {key: settings.get(key, value) for key, value in usual.items()}
    incidents = [incident_row(tenant, name, number, role, people) for number, role in settings.get("incidents", ())]
    scanned = settings.get("scanned", "2026-11-02T03:00:00Z")
    definition = {"id": alert, "displayName": title, **scope, "severityLevel": severity, "isConfigurable": bool(usual), "isRemediatable": name != NO_LICENCE,
                  "description": title, "securityImpact": "Standing or unseen privilege.", "mitigationSteps": "Work the incidents.",
                  "howToPrevent": "Give roles through Privileged Identity Management alone."}
    configuration = {"@odata.type": f"#microsoft.graph.{stem}AlertConfiguration", "id": alert, "alertDefinitionId": alert, **scope,
                     "isEnabled": settings.get("on", True), **own}
    return {"id": alert, "alertDefinitionId": alert, **scope, "incidentCount": len(incidents), "isActive": bool(incidents),
            "lastModifiedDateTime": scanned if incidents else "0001-01-01T08:00:00Z", "lastScannedDateTime": scanned,
            "alertDefinition": definition, "alertConfiguration": configuration, "alertIncidents": incidents}


def incident_row(tenant, name, number, role, people):
    row = {"@odata.type": f"#microsoft.graph.{ALERTS[name][0]}AlertIncident", "id": derived_id(tenant, "incident", name, str(number), role)}
    if number is None:
        return row | {"roleDisplayName": role, "roleTemplateId": ROLE_IDS[role]}
    who = next(who for who in people if who["number"] == number)
    return row | {"assigneeId": object_id(tenant, "user", number), "assigneeDisplayName": who["name"], "assigneeUserPrincipalName": who["upn"],
                  "roleDefinitionId": ROLE_IDS[role], "roleTemplateId": ROLE_IDS[role], "roleDisplayName": role,
                  "assignmentCreatedDateTime": "2026-08-03T14:15:16Z"}


def rounds_of(item):
    """First and last day of the three newest rounds of a review, the oldest first."""
    now = datetime.date.fromisoformat(COLLECTED_AT[:10])
    first = datetime.date.fromisoformat(item["since"])
    starts = []
    while first <= now:
        starts.append(first)
        month = first.month - 1 + item["months"]
        first = first.replace(year=first.year + month // 12, month=month % 12 + 1)
    return [(start, start + datetime.timedelta(days=item["days"])) for start in starts[-3:]]


def round_id(tenant, item, start):
    return derived_id(tenant, "round", str(item["number"]), start.isoformat())


def last_ended(item):
    return [start for start, end in rounds_of(item) if end.isoformat() < COLLECTED_AT[:10]][-1]


def review_scope(tenant, item, numbers):
    def query(text):
        return {"@odata.type": "#microsoft.graph.accessReviewQueryScope", "query": text, "queryType": "MicrosoftGraph", "queryRoot": None}

    if item["group"]:
        return query(f"/groups/{object_id(tenant, 'group', numbers[item['group']])}/transitiveMembers/microsoft.graph.user")
    roles = [query(f"/roleManagement/directory/roleDefinitions/{ROLE_IDS[role]}") for role in item["roles"]]
    if item["query_scope"]:
        return roles[0]
    return {"@odata.type": "#microsoft.graph.principalResourceMembershipsScope", "principalScopes": [query("/users"), query("/groups")],
            "resourceScopes": roles}


def reviewers_of(tenant, item, numbers):
    queries = [f"/users/{object_id(tenant, 'user', who)}" if isinstance(who, int) else
               f"/groups/{object_id(tenant, 'group', numbers[who])}/transitiveMembers/microsoft.graph.user" for who in item["reviewers"]]
    return [{"query": query, "queryType": "MicrosoftGraph", "queryRoot": None} for query in queries]


def review_row(tenant, item, numbers):
    settings = {"mailNotificationsEnabled": True, "reminderNotificationsEnabled": True, "justificationRequiredOnApproval": True,
                "defaultDecisionEnabled": False, "defaultDecision": "None", "instanceDurationInDays": item["days"], "autoApplyDecisionsEnabled": True,
                "recommendationsEnabled": True, "recommendationLookBackDuration": "P30D", "decisionHistoriesForReviewersEnabled": False,
                "applyActions": [], "recommendationInsightSettings": [],
                "recurrence": {"pattern": {"type": "absoluteMonthly", "interval": item["months"], "month": 0, "dayOfMonth": 0, "daysOfWeek": [],
                                           "firstDayOfWeek": "sunday", "index": "first"},
                               "range": {"type": "noEnd", "numberOfOccurrences": 0, "recurrenceTimeZone": None, "startDate": item["since"],
                                         "endDate": "9999-12-31"}}}
    return {"id": object_id(tenant, "review", item["number"]), "displayName": item["name"], "createdDateTime": "2026-01-08T09:10:11.12Z",
            "lastModifiedDateTime": "2026-01-08T09:10:11.12Z", "status": "InProgress", "descriptionForAdmins": item["name"],
            "descriptionForReviewers": "Decide who still needs it.",
            "createdBy": {"id": object_id(tenant, "user", 7), "displayName": None, "userPrincipalName": None, "ipAddress": None},
            "scope": review_scope(tenant, item, numbers), "instanceEnumerationScope": None, "reviewers": reviewers_of(tenant, item, numbers),
            "fallbackReviewers": [], "stageSettings": [], "additionalNotificationRecipients": [], "settings": settings | item["settings"]}


def round_rows(tenant, item, numbers):
    return [{"id": round_id(tenant, item, start), "startDateTime": f"{start}T08:00:00Z", "endDateTime": f"{end}T08:00:00Z",
             "status": "Applied" if end.isoformat() < COLLECTED_AT[:10] else "InProgress", "scope": review_scope(tenant, item, numbers),
             "reviewers": reviewers_of(tenant, item, numbers), "fallbackReviewers": []} for start, end in reversed(rounds_of(item))]


def decision_rows(tenant, item, people):
    nobody = {"id": "00000000-0000-0000-0000-000000000000", "displayName": "", "userPrincipalName": "", "ipAddress": None}
    reviewer = next((who for who in item["reviewers"] if isinstance(who, int)), 22)
    start = last_ended(item)
    by_number = {who["number"]: who for who in people}
    rows = []
    for place, number in enumerate(item["reviewed"]):
        open_still, who = place < item["undecided"], object_id(tenant, "user", number)
        rows.append({
            "id": derived_id(tenant, "decision", str(item["number"]), str(number)), "accessReviewId": round_id(tenant, item, start),
            "decision": "NotReviewed" if open_still else "Approve", "justification": "" if open_still else "still needs it", "recommendation": "Approve",
            "reviewedDateTime": None if open_still else f"{start + datetime.timedelta(days=3)}T10:00:00Z",
            "appliedDateTime": None if open_still else f"{start + datetime.timedelta(days=item['days'])}T08:05:00Z",
            "applyResult": "New" if open_still else "AppliedSuccessfully", "principalLink": f"{GRAPH}/users/{who}", "resourceLink": None, "resource": None,
            "principal": {"@odata.type": "#microsoft.graph.userIdentity", "id": who, "displayName": by_number[number]["name"],
                          "userPrincipalName": by_number[number]["upn"]},
            "reviewedBy": nobody if open_still else nobody | {
                "id": object_id(tenant, "user", reviewer), "displayName": by_number[reviewer]["name"]}, "appliedBy": nobody})
    return rows


def package_row(tenant, package):
    def id_of(*parts):
        return derived_id(tenant, "package", str(package["number"]), *parts)

    made = {"createdDateTime": "2026-02-03T09:10:11.12Z", "modifiedDateTime": "2026-02-03T09:10:11.12Z"}
    scope = {"id": id_of("scope"), "displayName": "Root", "description": "Root Scope", "isRootScope": True}
    if package["role"]:
        role = {"id": id_of("role"), "displayName": "Eligible Member", "description": None, "originSystem": "DirectoryRole", "originId": "Eligible"}
        scope |= {"originSystem": "DirectoryRole", "originId": ROLE_IDS[package["role"]]}
    else:
        role = {"id": id_of("role"), "displayName": "Contributors", "description": None, "originSystem": "SharePointOnline", "originId": "4"}
        scope |= {"originSystem": "SharePointOnline", "originId": "https://contoso.sharepoint.example/sites/sales"}
    approvers = [{"@odata.type": "#microsoft.graph.singleUser", "userId": object_id(tenant, "user", number), "description": None}
                 for number in package["approvers"]]
    stage = {"durationBeforeAutomaticDenial": "P14D", "isApproverJustificationRequired": True, "isEscalationEnabled": False, "durationBeforeEscalation": "PT0S",
             "primaryApprovers": approvers, "fallbackPrimaryApprovers": [], "escalationApprovers": [], "fallbackEscalationApprovers": []}
    policy = {"id": id_of("policy"), "displayName": "On request", "description": "On request", "allowedTargetScope": "allMemberUsers", **made,
              "automaticRequestSettings": None, "specificAllowedTargets": [], "expiration": {"endDateTime": None, "duration": "P180D", "type": "afterDuration"},
              "requestorSettings": {"enableTargetsToSelfAddAccess": True, "enableTargetsToSelfUpdateAccess": False, "enableTargetsToSelfRemoveAccess": True,
                                    "allowCustomAssignmentSchedule": True, "enableOnBehalfRequestorsToAddAccess": False,
                                    "enableOnBehalfRequestorsToUpdateAccess": False, "enableOnBehalfRequestorsToRemoveAccess": False, "onBehalfRequestors": []},
              "requestApprovalSettings": {"isApprovalRequiredForAdd": bool(approvers), "isApprovalRequiredForUpdate": False,
                                          "stages": [stage] if approvers else []},
              "reviewSettings": None}
    return {"id": object_id(tenant, "package", package["number"]), "displayName": package["name"], "description": package["name"], "isHidden": False, **made,
            "resourceRoleScopes": [{"id": f"{role['id']}_{scope['id']}", "createdDateTime": made["createdDateTime"], "role": role, "scope": scope}],
            "assignmentPolicies": [policy]}


def unit_rows(units):
    return [{"id": unit, "displayName": name, "visibility": None, "isMemberManagementRestricted": restricted} for unit, name, restricted in units]


def application_rows(tenant, services, applications):
    rows = []
    for number, application in applications.items():
        service = next(who for who in services if who["number"] == number)
        rows.append({"id": object_id(tenant, "application", application["number"]), "appId": service["properties"]["appId"], "displayName": service["name"],
                     "passwordCredentials": application.get("passwordCredentials", []), "keyCredentials": application.get("keyCredentials", [])})
    return rows


def application_grant_rows(tenant, services, grants):
    names = {who["number"]: who["name"] for who in services}
    return [{"id": derived_id(tenant, "application grant", str(number), permission), "deletedDateTime": None, "appRoleId": permission,
             "createdDateTime": "2025-07-07T08:00:00Z", "principalDisplayName": names[number], "principalId": object_id(tenant, "servicePrincipal", number),
             "principalType": "ServicePrincipal", "resourceDisplayName": "Microsoft Graph", "resourceId": object_id(tenant, "servicePrincipal", 900)}
            for number, permission in grants]


def delegated_grant_rows(tenant, grants):
    return [{"id": derived_id(tenant, "delegated grant", str(number)), "clientId": object_id(tenant, "servicePrincipal", number),
             "consentType": "AllPrincipals", "principalId": None, "resourceId": object_id(tenant, "servicePrincipal", 900), "scope": f" {scope}"}
            for number, scope in grants]


def sign_in_rows(tenant, people, known):
    rows = []
    for who in people:
        number = who["number"]
        if "absent" in who["properties"]:
            continue
        row = {"id": object_id(tenant, "user", number)}
        seen = known.get(number, f"2026-10-{5 + number % 27:02}")
        if seen is not None:  # who never signed in has no activity at all
            activity, days = {}, (seen,) * 3 if isinstance(seen, str) else seen
            for place, (kind, day) in enumerate(zip(("lastSignIn", "lastNonInteractiveSignIn", "lastSuccessfulSignIn"), days)):
                activity[f"{kind}DateTime"] = f"{day}T0{6 + place % 2}:{number % 60:02}:00Z" if day else None
                activity[f"{kind}RequestId"] = derived_id(tenant, "sign-in", kind, str(number)) if day else None
            row["signInActivity"] = activity
        rows.append(row)
    return rows


def registration_rows(tenant, people, known, usual):
    """What people registered. The report leaves out who is disabled."""
    rows = []
    for who in people:
        if who["properties"].keys() & {"absent", "accountEnabled"}:
            continue
        methods = known.get(who["number"], usual)
        preferred = "push" if "microsoftAuthenticatorPush" in methods else "sms" if "mobilePhone" in methods else "none"
        rows.append({
            "id": object_id(tenant, "user", who["number"]), "userPrincipalName": who["upn"], "userDisplayName": who["name"],
            "userType": who["properties"].get("userType", "member").lower(), "isAdmin": any(grant["class"] != "eligible" for grant in who["grants"]),
            "isSsprRegistered": bool(methods), "isSsprEnabled": True, "isSsprCapable": bool(methods), "isMfaRegistered": bool(methods),
            "isMfaCapable": bool(methods), "isPasswordlessCapable": bool({"fido2SecurityKey", "windowsHelloForBusiness"} & set(methods)),
            "lastUpdatedDateTime": "2026-11-01T22:14:05.6195833Z", "methodsRegistered": methods, "isSystemPreferredAuthenticationMethodEnabled": True,
            "systemPreferredAuthenticationMethods": [] if preferred == "none" else [preferred], "userPreferredMethodForSecondaryAuthentication": preferred})
    return rows


PLANS = {"AAD_PREMIUM": "41781fb2-bc02-4b7c-bd55-b576c07bb09d", "AAD_PREMIUM_P2": "eec0eb4f-6444-4f95-aba0-50c24d67f998",
         "MFA_PREMIUM": "8a256a2b-b617-496d-b51b-e76466e88db0", "EXCHANGE_S_ENTERPRISE": "efb87545-963c-4e0d-99df-69c6916d9eb0",
         "Entra_Identity_Governance": "e866a266-3cff-43a3-acca-0c90a7e00c8b",
         "TEAMS1": "57ff2da0-773e-42df-b2af-ffb7a2317929", "OFFICESUBSCRIPTION": "43de0ff5-c92c-492b-9116-175376d08c38"}


def sku(sku_id, name, plans, units, used, status="Enabled"):
    states = {"enabled": 0, "suspended": 0, "warning": 0, "lockedOut": 0} | {status.lower(): units}
    return {"skuId": sku_id, "skuPartNumber": name, "capabilityStatus": status, "consumedUnits": used, "prepaidUnits": states,
            "servicePlans": [{"servicePlanId": PLANS[plan], "servicePlanName": plan, "provisioningStatus": "Success", "appliesTo": "User"}
                             for plan in plans]}


def p2(units, used):
    return sku("84a661c4-e949-4bd2-a560-ed7766fcaf2b", "AAD_PREMIUM_P2", ["MFA_PREMIUM", "AAD_PREMIUM", "AAD_PREMIUM_P2"], units, used)


OFFICE = sku("6fd2c87f-b296-42f0-b197-1e91e994b900", "ENTERPRISEPACK", ["EXCHANGE_S_ENTERPRISE"], 400, 388)
LAPSED_P1 = sku("078d2b04-f1bd-4111-bbd4-b4b1b354cef4", "AAD_PREMIUM", ["MFA_PREMIUM", "AAD_PREMIUM"], 250, 231, "Suspended")
LAPSED = sku("c7d15985-e746-4f01-b113-20b575898250", "Microsoft_Entra_ID_Governance", ["Entra_Identity_Governance"], 25, 0, "Suspended")

# ---------------------------------------------------------------------------------------------------
# Mappings: one request and its answer. {{graph}} stands for the address of the mock.

DIRECTORY = "roleManagement/directory"
OBJECT_PROPERTIES = ("id,displayName,userPrincipalName,userType,accountEnabled,onPremisesSyncEnabled,onPremisesImmutableId,creationType,"
                     "createdDateTime,appId,servicePrincipalType,appOwnerOrganizationId,isAssignableToRole,groupTypes,mail,assignedPlans,"
                     "isManagementRestricted,passwordCredentials,keyCredentials")
GOVERNANCE = "identityGovernance"
REQUESTS = {  # file: method, path, query, @odata.context
    "organization": ("GET", "/v1.0/organization", {"$select": "id,displayName,verifiedDomains,onPremisesSyncEnabled"},
                     "organization(id,displayName,verifiedDomains,onPremisesSyncEnabled)"),
    "role-definitions": ("GET", f"/v1.0/{DIRECTORY}/roleDefinitions", {"$select": "id,templateId,displayName,isBuiltIn,isEnabled,rolePermissions"},
                         f"{DIRECTORY}/roleDefinitions(id,templateId,displayName,isBuiltIn,isEnabled,rolePermissions)"),
    "privileged-roles": ("GET", f"/beta/{DIRECTORY}/roleDefinitions", {"$filter": "isPrivileged eq true", "$select": "id,templateId,isPrivileged"},
                         f"{DIRECTORY}/roleDefinitions(id,templateId,isPrivileged)"),
    "privileged-actions": ("GET", f"/beta/{DIRECTORY}/resourceNamespaces/microsoft.directory/resourceActions",
                           {"$filter": "isPrivileged eq true", "$select": "id,name,isPrivileged"},
                           f"{DIRECTORY}/resourceNamespaces('microsoft.directory')/resourceActions(id,name,isPrivileged)"),
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
    "onboarded-groups": ("GET", f"/beta/{GOVERNANCE}/privilegedAccess/group/resources", {}, f"{GOVERNANCE}/privilegedAccess/group/resources"),
    "registration-details": ("GET", "/v1.0/reports/authenticationMethods/userRegistrationDetails", {}, "reports/authenticationMethods/userRegistrationDetails"),
    "conditional-access-policies": ("GET", "/v1.0/identity/conditionalAccess/policies", {}, "identity/conditionalAccess/policies"),
    "authentication-contexts": ("GET", "/v1.0/identity/conditionalAccess/authenticationContextClassReferences", {},
                                "identity/conditionalAccess/authenticationContextClassReferences"),
    "authentication-strengths": ("GET", "/v1.0/policies/authenticationStrengthPolicies", {}, "policies/authenticationStrengthPolicies"),
    "security-defaults": ("GET", "/v1.0/policies/identitySecurityDefaultsEnforcementPolicy", {}, "policies/identitySecurityDefaultsEnforcementPolicy"),
    "pim-alerts": ("GET", f"/beta/{GOVERNANCE}/roleManagementAlerts/alerts",
                   {"$filter": "scopeId eq '/' and scopeType eq 'DirectoryRole'", "$expand": "alertDefinition,alertConfiguration,alertIncidents"},
                   f"{GOVERNANCE}/roleManagementAlerts/alerts(alertDefinition(),alertConfiguration(),alertIncidents())"),
    "access-reviews": ("GET", f"/v1.0/{GOVERNANCE}/accessReviews/definitions", {"$top": "100"}, f"{GOVERNANCE}/accessReviews/definitions"),
    "access-packages": ("GET", f"/v1.0/{GOVERNANCE}/entitlementManagement/accessPackages",
                        {"$expand": "resourceRoleScopes($expand=role,scope),assignmentPolicies"},
                        f"{GOVERNANCE}/entitlementManagement/accessPackages(resourceRoleScopes(role(),scope()),assignmentPolicies())"),
    "administrative-units": ("GET", "/v1.0/directory/administrativeUnits", {"$select": "id,displayName,visibility,isMemberManagementRestricted"},
                             "directory/administrativeUnits(id,displayName,visibility,isMemberManagementRestricted)"),
    "application-grants": ("GET", "/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')/appRoleAssignedTo", {"$top": "999"},
                           "appRoleAssignments"),
    "delegated-grants": ("GET", "/v1.0/oauth2PermissionGrants", {"$filter": "consentType eq 'AllPrincipals'"}, "oauth2PermissionGrants"),
    "sign-in-activity": ("GET", "/v1.0/users", {"$select": "id,signInActivity", "$top": "120"}, "users(id,signInActivity)"),
    "applications": ("GET", "/v1.0/applications", {"$select": "id,appId,displayName,passwordCredentials,keyCredentials"},
                     "applications(id,appId,displayName,passwordCredentials,keyCredentials)"),
}
GENERAL_REQUESTS = tuple(REQUESTS)
AUDIT_LISTS = {  # the lists of the audit log, with the filter that stands before the start of the window
    "pim": "loggedByService eq 'PIM'", "role-management": "loggedByService eq 'Core Directory' and category eq 'RoleManagement'",
    "conditional-access": "loggedByService eq 'Conditional Access'"}
REQUESTS |= {f"audit-log-{name}": ("GET", "/v1.0/auditLogs/directoryAudits", {"$filter": f"{asked} and activityDateTime ge ", "$top": "999"},
                                   "auditLogs/directoryAudits") for name, asked in AUDIT_LISTS.items()}
BY_FILTER = ("sign-in-activity", "applications")  # asked with a $filter of ids, which the mapping leaves to the request
# What the published subset of Graph's schema lacks.
NOT_PUBLISHED = re.compile(r"/beta/identityGovernance/privilegedAccess/|/beta/roleManagement/directory/resourceNamespaces/|"
                           r"/v1.0/identityGovernance/entitlementManagement/|/v1.0/applications|"
                           r"/v1.0/servicePrincipals(\(|/[^/]+/owners)")


def slug(name):
    """A name as part of a file's name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def requests_for_group(group, name):
    """The requests that read one group: members, owners and what PIM knows of it."""
    instances, at_group = f"{GOVERNANCE}/privilegedAccess/group", {"$filter": f"groupId eq '{group}'"}
    return {
        members_of(name): ("GET", f"/v1.0/groups/{group}/members", {"$select": "id", "$top": "999"}, "directoryObjects(id)"),
        f"group-owners-of-{slug(name)}": ("GET", f"/v1.0/groups/{group}/owners", {"$select": "id", "$top": "999"}, "directoryObjects(id)"),
        f"group-assignment-schedule-instances-of-{slug(name)}":
            ("GET", f"/v1.0/{instances}/assignmentScheduleInstances", at_group, f"{instances}/assignmentScheduleInstances"),
        f"group-eligibility-schedule-instances-of-{slug(name)}":
            ("GET", f"/v1.0/{instances}/eligibilityScheduleInstances", at_group, f"{instances}/eligibilityScheduleInstances"),
        f"group-policies-of-{slug(name)}":
            ("GET", "/v1.0/policies/roleManagementPolicyAssignments",
             {"$filter": f"scopeId eq '{group}' and scopeType eq 'Group'", "$expand": "policy($expand=rules)"},
             "policies/roleManagementPolicyAssignments(policy(rules()))"),
    }


def requests_for_owners(kind, name, owned):
    """The request for the owners of a service principal or an application."""
    path = "servicePrincipals" if kind == "service-principal" else "applications"
    return {f"{kind}-owners-of-{slug(name)}": ("GET", f"/v1.0/{path}/{owned}/owners", {"$select": "id", "$top": "999"}, "directoryObjects(id)")}


def requests_for_review(tenant, item):
    """The requests for the rounds of a review, and for the decisions of the last one that ended."""
    definition = f"{GOVERNANCE}/accessReviews/definitions"
    review_id, last = object_id(tenant, "review", item["number"]), round_id(tenant, item, last_ended(item))
    below = f"{definition}('{review_id}')/instances"
    return {f"access-review-instances-of-{slug(item['name'])}": ("GET", f"/v1.0/{definition}/{review_id}/instances", {}, below),
            f"access-review-decisions-of-{slug(item['name'])}":
                ("GET", f"/v1.0/{definition}/{review_id}/instances/{last}/decisions", {}, f"{below}('{last}')/decisions")}


def requests_for(tenant):
    """Every request about one object of a tenant, and kept in REQUESTS."""
    found = {}
    for name, number in tenant.group_numbers.items():
        found |= requests_for_group(object_id(tenant.id, "group", number), name)
    for who in tenant.services:
        found |= requests_for_owners("service-principal", who["name"], object_id(tenant.id, "servicePrincipal", who["number"]))
        if who["number"] in tenant.applications:
            own = object_id(tenant.id, "application", tenant.applications[who["number"]]["number"])
            found |= requests_for_owners("application", who["name"], own)
    for item in tenant.reviews:
        found |= requests_for_review(tenant.id, item)
    for name, asked in found.items():
        assert REQUESTS.setdefault(name, asked) == asked, f"{name} is the request of two tenants: give groups names of their own"
    return found


def request(name, page=1):
    """Further pages have an opaque token for their only parameter."""
    method, path, query, context = REQUESTS[name]
    query = query if page == 1 else {"$skiptoken": f"opaque-{page}"}
    matched = {"method": method, "urlPath": path}
    if query:
        matched["queryParameters"] = {key: {"equalTo": value} for key, value in query.items()}
    version = path.split("/")[1]
    return matched, f"{{{{graph}}}}/{version}/$metadata#{context}", f"{{{{graph}}}}{path}?$skiptoken=opaque-{page + 1}"


def noted(name, metadata):
    """What the mock and the validator must know of a mapping."""
    if name in BY_FILTER:
        metadata = {"answers": "by-filter"} | metadata
    known = ("not in the published subset" if NOT_PUBLISHED.match(REQUESTS[name][1]) else
             # Graph joins what must come together with commas; the published schema has each as a word of its own.
             "combinations joined by commas, as documented" if name == "authentication-strengths" else None)
    if known:
        metadata = metadata | {"odd": "; ".join(filter(None, [known, metadata.get("odd")]))}
    return {"metadata": metadata} if metadata else {}


def answer(name, rows, page=1, more=False, headers=(), **metadata):
    """The mapping that answers a request with rows. `more`: another page follows."""
    matched, context, next_link = request(name, page)
    body = {"@odata.context": context}
    if more:
        body["@odata.nextLink"] = next_link
    return noted(name, metadata) | {"request": matched, "response": {
        "status": 200, "headers": {"Content-Type": "application/json", **dict(headers)}, "jsonBody": body | {"value": rows}}}


def answer_object(name, body, **metadata):
    """The mapping that answers a request with one object."""
    return noted(name, metadata) | {"request": request(name)[0], "response": {
        "status": 200, "headers": {"Content-Type": "application/json"}, "jsonBody": body}}


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
    by_filter = {"metadata": {"answers": "by-filter"}} if name in BY_FILTER else {}
    return by_filter | {"request": request(name, page)[0],
                        "response": {"status": status, "headers": {"Content-Type": "application/json", **dict(headers)},
                                     "jsonBody": {"error": error}}}


def state(mapping, scenario, required, then=None):
    """WireMock's scenario states: `mapping` answers only in state `required`, and then moves on."""
    moved = {"newScenarioState": then} if then else {}
    return {"scenarioName": scenario, "requiredScenarioState": required, **moved} | mapping


def members_of(group):
    """The name of a group's member list in REQUESTS."""
    return f"members-of-{slug(group)}"


def member_rows(tenant, members, group_numbers):
    return [{"@odata.type": "#microsoft.graph.user", "id": object_id(tenant, "user", member)} if isinstance(member, int) else
            {"@odata.type": "#microsoft.graph.group", "id": object_id(tenant, "group", group_numbers[member])} for member in members]


# ---------------------------------------------------------------------------------------------------
# Tenants: the tables above, put together


@dataclasses.dataclass(frozen=True)
class Tenant:
    """What a whole tenant is made of."""
    id: str
    name: str
    people: list
    settings: dict  # of roles: what differs from Microsoft's default policy
    skus: list
    others: list = ()
    members: dict = dataclasses.field(default_factory=dict)
    owners: dict = dataclasses.field(default_factory=dict)
    pim: dict = dataclasses.field(default_factory=dict)
    denied: tuple = ()  # groups that answer 403
    first: tuple = ()  # roles whose policies come first
    custom: tuple = ()
    renamed: dict = dataclasses.field(default_factory=dict)
    synced: bool | None = None
    access_policies: list = ()
    contexts: list = ()
    defaults_on: bool = False
    alerts: dict | None = dataclasses.field(default_factory=dict)  # None in a cloud that lacks them
    own_reviews: list | None = None  # None: one for everything that needs one
    packages: list = ()
    units: list = ()
    applications: dict = dataclasses.field(default_factory=dict)
    service_owners: dict = dataclasses.field(default_factory=dict)
    application_grants: list = ()
    delegated_grants: list = ()
    sign_ins: dict = dataclasses.field(default_factory=dict)
    methods: dict = dataclasses.field(default_factory=dict)
    usual_methods: list = dataclasses.field(default_factory=lambda: [*KEY, *AUTHENTICATOR])

    @property
    def everybody(self):
        return [*self.people, *self.others]

    @property
    def services(self):
        return [who for who in self.others if who["kind"] == "servicePrincipal"]

    @property
    def group_numbers(self):
        return {who["name"]: who["number"] for who in self.others if who["kind"] == "group"}

    @property
    def names(self):
        return self.group_numbers | {who["number"]: who["name"] for who in self.people}

    def group_id(self, name):
        return object_id(self.id, "group", self.group_numbers[name])

    def members_in(self, group):
        """Direct members as the directory lists them: plain ones, and those whom PIM made or lets be active."""
        plain = self.members.get(group, [])
        by_pim = [grant["who"] for grant in self.pim.get(group, {}).get("grants", ()) if grant["class"] != "eligible" and grant["access"] == "member"]
        return list(dict.fromkeys([*plain, *by_pim]))

    def all_members(self):
        return {group: self.members_in(group) for group in self.group_numbers}

    @property
    def reviews(self):
        return standard_reviews(self) if self.own_reviews is None else self.own_reviews


def standard_reviews(tenant):
    """A quarterly review for each critical, high or labelled role in use, and for each group that leads to a role."""
    ranked = {role["display_name"] for role in ROLES if role["tier"] in ("critical", "high") or role["is_privileged"]}
    used = list(dict.fromkeys(grant["role"] for who in tenant.everybody for grant in who["grants"] if grant["role"] in ranked))
    single = [role for role in used if role in (GA, PRA, SECURITY)]
    leading = [who["name"] for who in tenant.others if who["kind"] == "group" and who["grants"] and "absent" not in who["properties"]]
    for group in leading:  # grows while it is walked
        inside = [*tenant.members_in(group), *(grant["who"] for grant in tenant.pim.get(group, {}).get("grants", ()))]
        leading += [inner for inner in dict.fromkeys(inside) if isinstance(inner, str) and inner not in leading]
    holders = {role: [who["number"] for who in tenant.people if any(grant["role"] == role for grant in who["grants"])] for role in used}
    plans = [(f"{role}, every quarter", [role], None) for role in single]
    plans.append(("Other administrators, every quarter", [role for role in used if role not in single], None))
    plans += [(f"{group}, every quarter", [], group) for group in leading]
    found = []
    for number, (name, roles, group) in enumerate(plans, 1):
        inside = [grant["who"] for grant in tenant.pim.get(group, {}).get("grants", ())] + tenant.members_in(group) if group else []
        reviewed = dict.fromkeys(who for who in [*(number for role in roles for number in holders[role]), *inside] if isinstance(who, int))
        found.append(review(number, name, roles, group, reviewers=["Privileged Access Approvers"], reviewed=list(reviewed)))
    return found


CONTOSO_TENANT = Tenant(
    CONTOSO, "Contoso", PEOPLE, CONTOSO_POLICIES, [p2(80, 61), OFFICE, LAPSED], OTHERS, MEMBERS, OWNERS, CONTOSO_PIM, first=tuple(CONTOSO_POLICIES),
    custom=(CUSTOM,), renamed={BILLING: "Abrechnungsadministrator"}, synced=True, access_policies=CONTOSO_ACCESS_POLICIES, contexts=CONTOSO_CONTEXTS,
    alerts=CONTOSO_ALERTS, own_reviews=CONTOSO_REVIEWS, packages=CONTOSO_PACKAGES, units=CONTOSO_UNITS, applications=CONTOSO_APPLICATIONS,
    service_owners=CONTOSO_SERVICE_OWNERS, application_grants=CONTOSO_APPLICATION_GRANTS, delegated_grants=CONTOSO_DELEGATED_GRANTS,
    sign_ins=CONTOSO_SIGN_INS, methods=CONTOSO_METHODS)
EXEMPLARY_TENANT = Tenant(
    EXEMPLARY, "Contoso Exemplary", EXEMPLARY_PEOPLE, EXEMPLARY_POLICIES, [p2(50, 29)], EXEMPLARY_OTHERS, EXEMPLARY_MEMBERS, {}, EXEMPLARY_PIM,
    access_policies=EXEMPLARY_ACCESS_POLICIES, contexts=[("c1", "Tier 0 activation", True), ("c2", "Security activation", True)],
    units=[(EXEMPLARY_BERLIN.rsplit("/", 1)[1], "Berlin", True)], application_grants=[(1, USER_READ)], delegated_grants=[(1, "openid profile User.Read")],
    methods={1: KEY, 2: KEY})
EMPTY_TENANT = Tenant(EMPTY, "Contoso Fresh", EMPTY_PEOPLE, {}, [p2(25, 1)], defaults_on=True, own_reviews=[], usual_methods=AUTHENTICATOR)


def whole(tenant):
    """Every mapping of a tenant, each list on one page."""
    requests_for(tenant)
    members, numbers = tenant.all_members(), tenant.group_numbers
    everybody, services = tenant.everybody, tenant.services
    rows = {
        "organization": organization(tenant.id, tenant.name, tenant.synced),
        "role-definitions": role_definitions(tenant.custom, tenant.renamed),
        "privileged-roles": privileged_roles(tenant.custom),
        "privileged-actions": privileged_actions(),
        "role-assignments": role_assignments(tenant.id, everybody),
        "role-assignment-schedule-instances": assignment_instances(tenant.id, everybody, members),
        "role-eligibility-schedule-instances": eligibility_instances(tenant.id, everybody, members),
        "role-policies": policies(tenant.id, tenant.settings, tenant.names, tenant.first),
        "subscribed-skus": tenant.skus,
        "onboarded-groups": [{"id": tenant.group_id(group)} for group in tenant.pim],
        "registration-details": registration_rows(tenant.id, tenant.people, tenant.methods, tenant.usual_methods),
        "conditional-access-policies": [access_policy_row(tenant.id, policy, numbers) for policy in tenant.access_policies],
        "authentication-contexts": context_rows(tenant.contexts),
        "authentication-strengths": strengths(),
        "access-reviews": [review_row(tenant.id, item, numbers) for item in tenant.reviews],
        "access-packages": [package_row(tenant.id, package) for package in tenant.packages],
        "administrative-units": unit_rows(tenant.units),
        "application-grants": application_grant_rows(tenant.id, services, tenant.application_grants),
        "delegated-grants": delegated_grant_rows(tenant.id, tenant.delegated_grants),
        "sign-in-activity": sign_in_rows(tenant.id, tenant.people, tenant.sign_ins),
        "applications": application_rows(tenant.id, services, tenant.applications),
    }
    for item in tenant.reviews:
        rows[f"access-review-instances-of-{slug(item['name'])}"] = round_rows(tenant.id, item, numbers)
        rows[f"access-review-decisions-of-{slug(item['name'])}"] = decision_rows(tenant.id, item, tenant.people)
    for who in services:
        rows[f"service-principal-owners-of-{slug(who['name'])}"] = member_rows(tenant.id, tenant.service_owners.get(who["number"], []), numbers)
        if who["number"] in tenant.applications:
            rows[f"application-owners-of-{slug(who['name'])}"] = member_rows(tenant.id, tenant.applications[who["number"]]["owners"], numbers)
    mappings = {name: answer(name, found) for name, found in rows.items()}
    mappings["principals"] = answer("principals", directory_objects(tenant.id, everybody), answers="by-ids")
    mappings["security-defaults"] = answer_object("security-defaults", security_defaults(tenant.defaults_on))
    mappings["pim-alerts"] = (refused("pim-alerts", 400, "BadRequest", "Resource not found for the segment 'roleManagementAlerts'.")
                              if tenant.alerts is None else
                              answer("pim-alerts", [alert_row(tenant.id, name, tenant.alerts.get(name, {}), tenant.people) for name in ALERTS]))
    for who in tenant.others:
        if who["kind"] == "group":
            mappings |= group_mappings(tenant, who, members[who["name"]])
    return mappings


PERMISSION = "Authorization failed due to missing permission scope {}."


def group_mappings(tenant, who, members):
    """What is asked of one group. A deleted one answers 404, a denied one 403; one that PIM does not manage has no policies."""
    name, group, numbers = who["name"], object_id(tenant.id, "group", who["number"]), tenant.group_numbers
    if "absent" in who["properties"]:
        gone = f"Resource '{group}' does not exist or one of its queried reference-property objects are not present."
        return {asked: refused(asked, 404, "Request_ResourceNotFound", gone) for asked in requests_for_group(group, name)}
    managed = tenant.pim.get(name)
    grants = managed["grants"] if managed else []
    owners = tenant.owners.get(name, []) + [grant["who"] for grant in grants if grant["class"] != "eligible" and grant["access"] == "owner"]
    rows = {
        members_of(name): member_rows(tenant.id, members, numbers),
        f"group-owners-of-{slug(name)}": member_rows(tenant.id, owners, numbers),
        f"group-assignment-schedule-instances-of-{slug(name)}": group_instances(tenant.id, group, grants, numbers, False),
        f"group-eligibility-schedule-instances-of-{slug(name)}": group_instances(tenant.id, group, grants, numbers, True),
        f"group-policies-of-{slug(name)}": group_policies(tenant.id, group, who["number"], managed, tenant.names) if managed else [],
    }
    mappings = {asked: answer(asked, found) for asked, found in rows.items()}
    if name in tenant.denied:
        # Of one group alone no scope is missing: others were read with the same token.
        for asked in (members_of(name), *group_permissions(name)):
            mappings[asked] = refused(asked, *DENIED)
    return mappings


def group_permissions(name):
    """What PIM asks for, by request."""
    both = "{0}.Read.AzureADGroup,{0}.ReadWrite.AzureADGroup"
    return {f"group-assignment-schedule-instances-of-{slug(name)}": both.format("PrivilegedAssignmentSchedule"),
            f"group-eligibility-schedule-instances-of-{slug(name)}": both.format("PrivilegedEligibilitySchedule"),
            f"group-policies-of-{slug(name)}": both.format("RoleManagementPolicy")}


# ---------------------------------------------------------------------------------------------------
# Scenarios: each gives {file name: mapping}

EVERYBODY = CONTOSO_TENANT.everybody
GROUP_NUMBERS = CONTOSO_TENANT.group_numbers
HELPDESK_MEMBERS = members_of("Helpdesk Operators")
DENIED = (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def rows_of(mapping):
    return mapping["response"]["jsonBody"]["value"]


def contoso():
    mappings = whole(CONTOSO_TENANT)
    names = ("role-assignments", "role-assignment-schedule-instances", "role-eligibility-schedule-instances", "role-policies", "registration-details",
             HELPDESK_MEMBERS)
    assignments, instances, eligible_rows, settings, registered, helpdesk = (rows_of(mappings.pop(name)) for name in names)
    mappings |= paged("role-assignments", [assignments[:20], [], assignments[20:]])  # an empty page is legal
    mappings |= paged("role-assignment-schedule-instances", [instances[:25], instances[25:]])
    # The list changed between two pages: the last row of one comes again on the next.
    mappings |= paged("role-eligibility-schedule-instances", [eligible_rows[:18], eligible_rows[17:32], eligible_rows[32:]])
    mappings |= paged("role-policies", [settings[:len(CONTOSO_POLICIES)], settings[len(CONTOSO_POLICIES):]])
    mappings |= paged("registration-details", [registered[:40], registered[40:]])
    mappings |= paged(HELPDESK_MEMBERS, [helpdesk[:6], helpdesk[6:]])
    mappings[f"{HELPDESK_MEMBERS}-2"]["metadata"] = {"odd": "a group in a role-assignable group that PIM does not manage"}
    return mappings


def exemplary():
    return whole(EXEMPLARY_TENANT)


def over_exemplary(changes):
    """What a tenant that differs from Exemplary in some tables answers otherwise."""
    usual, tables = exemplary(), {key: value for key, value in changes.items() if key not in ("what", "then")}
    changed = whole(dataclasses.replace(EXEMPLARY_TENANT, **tables))
    assert usual.keys() <= changed.keys(), "a request of Exemplary is gone, so an overlay cannot answer it otherwise"
    return {name: mapping for name, mapping in changed.items() if mapping != usual.get(name)}


def localised():
    """Exemplary in another language, every GUID and some words in another casing."""
    french = {GA: "Administrateur g\u00e9n\u00e9ral", PRA: "Administrateur de r\u00f4le privil\u00e9gi\u00e9", READER: "Lecteur g\u00e9n\u00e9ral"}
    mappings = whole(dataclasses.replace(EXEMPLARY_TENANT, renamed=french))
    seen = 0

    def recase(match):
        nonlocal seen
        seen += 1
        mixed = "".join(c.upper() if place % 2 else c for place, c in enumerate(match[0]))
        return (match[0].upper(), match[0], mixed)[seen % 3]

    for mapping in mappings.values():
        body = mapping["response"]["jsonBody"]
        if "value" in body:
            text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", recase, json.dumps(body["value"]))
            # Words of PIM for Groups as the documentation's samples write them.
            body["value"] = json.loads(re.sub(r'"(direct|assigned|activated)"', lambda match: match[0].title(), text))
    return mappings


def empty():
    """A fresh tenant: one Global Administrator whom PIM does not list, and nobody ever touched a setting."""
    return whole(EMPTY_TENANT)


def no_p2():
    """Contoso before it bought P2, its P1 lapsed: everybody who is eligible elsewhere is permanent here."""
    permanent = []
    for who in EVERYBODY:
        held = {(grant["role"], grant.get("scope", "/")): grant for grant in who["grants"]}
        permanent.append({**who, "grants": [active(grant["role"], scope=grant.get("scope", "/")) for grant in held.values()]})
    new = "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license."
    old = "The tenant needs an AAD Premium 2 license."
    code = "AadPremiumLicenseRequired"
    mappings = {  # the three forms that were seen: plain, the older text, and wrapped
        "role-policies": refused("role-policies", 400, code, new),
        "role-assignment-schedule-instances": refused("role-assignment-schedule-instances", 400, code, old),
        "role-eligibility-schedule-instances": refused("role-eligibility-schedule-instances", 400, "UnknownError", new, inner=code),
        "role-assignments": answer("role-assignments", role_assignments(CONTOSO, permanent)),
        "subscribed-skus": answer("subscribed-skus", [LAPSED_P1, OFFICE]),
    }
    for name in ("onboarded-groups", "pim-alerts", "access-reviews", "access-packages"):
        mappings[name] = refused(name, 400, code, new)
    for group in GROUP_NUMBERS:
        for name in group_permissions(group):
            mappings[name] = refused(name, 400, "UnknownError", new, inner=code)
    for name in ("sign-in-activity", "registration-details"):
        mappings[name] = refused(name, 403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
                                 "Neither tenant is B2C or tenant doesn't have premium license")
    return mappings


def denied_policies():
    scopes = "RoleManagementPolicy.Read.Directory,RoleManagementPolicy.ReadWrite.Directory,RoleManagement.Read.Directory,RoleManagement.Read.All"
    wrapped = dict(status=403, code="UnknownError", inner="PermissionScopeNotGranted")
    mappings = {"role-policies": refused("role-policies", message=PERMISSION.format(scopes), **wrapped)}
    for group in GROUP_NUMBERS:
        name = f"group-policies-of-{slug(group)}"
        mappings[name] = refused(name, message=PERMISSION.format(group_permissions(group)[name]), **wrapped)
    return mappings


def denied_all():
    return {name: refused(name, *DENIED) for name in [*GENERAL_REQUESTS, *requests_for(CONTOSO_TENANT)] if name != "organization"}


def partial():
    """Lists that break off, and single groups and reviews that cannot be read."""
    broken = ("UnknownError", "")
    name, owners = "role-eligibility-schedule-instances", "group-owners-of-helpdesk-operators"
    reviewed = f"access-review-decisions-of-{slug(CONTOSO_REVIEWS[0]['name'])}"
    in_group = "group-eligibility-schedule-instances-of-tier-0-operators"
    return {f"{name}-2": refused(name, 500, *broken, page=2),
            "registration-details-2": refused("registration-details", 500, *broken, page=2),
            HELPDESK_MEMBERS: refused(HELPDESK_MEMBERS, *DENIED), owners: refused(owners, *DENIED),
            in_group: refused(in_group, 500, *broken), reviewed: refused(reviewed, 500, *broken)}


def throttled():
    """Each answers once with a fault and then as Contoso does."""
    before, mappings = contoso(), {}
    wait = ("TooManyRequests", "Too many requests.")
    for name, status, (code, message), headers in [
            ("role-assignments", 429, wait, {"Retry-After": "1"}),
            (HELPDESK_MEMBERS, 429, wait, {"Retry-After": "1"}),  # one part of a $batch
            ("role-policies", 503, ("UnknownError", ""), {}),
            ("group-policies-of-tier-0-operators", 429, wait, {"Retry-After": "1"}),
            ("sign-in-activity", 429, wait, {"Retry-After": "1"}),
            ("conditional-access-policies", 429, wait, {}),  # names no time
            ("pim-alerts", 503, ("UnknownError", ""), {})]:
        first = f"{name}-1" if f"{name}-1" in before else name
        mappings[f"{first}-first"] = state(refused(name, status, code, message, headers=headers), name, "Started", "answering")
        mappings[first] = state(before[first], name, "answering")
    return mappings


HOSTILE = {6: "<script>alert(1)</script>", 9: "Gina \x1b[31mGinkgo\x1b[0m", 14: "Lars\nLarch", 18: "Sven \u202eecurpS", 21: "X" * 300,
           34: "=cmd|'/c calc'!A1"}


def odd():
    """What Graph's schema or an admin's spite allows: never a crash, never a pass by accident."""
    before = contoso()
    rows = {short: rows_of(before[name]) for short, name in [
        ("definitions", "role-definitions"), ("instances", "role-assignment-schedule-instances-1"), ("policies", "role-policies-1"),
        ("objects", "principals")]}
    return {
        "organization": answer("organization", organization(CONTOSO, "Contoso <b>\u202e| `x`</b>", synced=True), odd="hostile tenant name"),
        "role-definitions": answer("role-definitions", odd_definitions(rows["definitions"]),
                                   odd="hostile and null names, null rolePermissions"),
        "role-assignment-schedule-instances-1": odd_instances(rows["instances"]),
        "role-policies-1": answer("role-policies", odd_policies(rows["policies"]), more=True,
                                  odd="unknown approver, two policies for one role, absent rule, malformed duration, null lists and settings"),
        "principals": answer("principals", odd_objects(rows["objects"]), answers="by-ids",
                             odd="hostile names, objects with only an id, null lists, null userType"),
        f"{HELPDESK_MEMBERS}-2": answer(HELPDESK_MEMBERS, member_rows(CONTOSO, MEMBERS["Helpdesk Operators"][6:], GROUP_NUMBERS) + [
            {"@odata.type": "#microsoft.graph.device", "id": "ffffffff-0001-4000-8000-0000000000d1"},
            {"@odata.type": "#microsoft.graph.orgContact", "id": "ffffffff-0001-4000-8000-0000000000d2"}], page=2,
            odd="members that are neither user, group nor service principal"),
        "subscribed-skus": answer("subscribed-skus", [p2(80, 61), {**OFFICE, "prepaidUnits": None, "servicePlans": None}], odd="null service plans"),
        **odd_groups(before), **odd_gates(before), **odd_guards(before), **odd_applications(before),
    }


def odd_groups(before):
    """Groups of PIM: casing, unknown words, nulls, a policy that is missing and one that is there twice."""
    onboarded = [{"id": row["id"].upper()} for row in rows_of(before["onboarded-groups"])]
    active_ones, eligible_ones, settings = (f"group-{kind}-of-identity-operations" for kind in (
        "assignment-schedule-instances", "eligibility-schedule-instances", "policies"))
    standing, bounded, used = rows_of(before[active_ones])
    standing.update(accessId="Member", assignmentType="ASSIGNED", memberType="Direct", endDateTime="9999-12-31T23:59:59.9999999Z",
                    startDateTime="0001-01-01T00:00:00Z")
    bounded.update(groupId=bounded["groupId"].upper(), principalId=bounded["principalId"].upper(), assignmentType="unknownFutureValue")
    used.update(accessId="MEMBER", assignmentType="Activated", memberType=None, endDateTime=None)
    member, owner = rows_of(before[eligible_ones])
    member.update(accessId="Member", memberType="DIRECT")
    owner.update(accessId="unknownFutureValue")
    nobody = member | {"id": "odd", "principalId": None}
    of_members, _ = rows_of(before[settings])
    of_members.update(roleDefinitionId="Member", scopeType="group")
    lax = "group-policies-of-tier-0-operators"
    twice = rows_of(before[lax])
    twice.append(copy.deepcopy(twice[0]))
    for policy in (twice[0], twice[2]):
        asked = next(found for found in policy["policy"]["rules"] if found["id"] == "Enablement_EndUser_Assignment")
        asked["enabledRules"] = ["justification", "unknownFutureValue"]
    return {
        "onboarded-groups": answer("onboarded-groups", [*onboarded, {"id": None}, {}], odd="ids in capitals, null and absent"),
        active_ones: answer(active_ones, [standing, bounded, used], odd="odd casing, an unknown type, an activation without end, years 1 and 9999"),
        eligible_ones: answer(eligible_ones, [member, owner, nobody], odd="odd casing, an unknown access, nobody who holds it"),
        settings: answer(settings, [of_members], odd="no policy for owners, odd casing"),
        lax: answer(lax, twice, odd="two policies for members, an unknown rule word"),
    }


def odd_gates(before):
    """Conditional Access: unknown words, nulls, hostile names."""
    for_context, report_only, for_admins = rows_of(before["conditional-access-policies"])
    for_context.update(displayName="<img src=x onerror=alert(1)>", state="Enabled")
    for_context["conditions"]["applications"]["includeAuthenticationContextClassReferences"] = ["C1", "unknownFutureValue"]
    for_context["grantControls"].update(operator="or", builtInControls=["unknownFutureValue"])
    report_only.update(state="enabledOnTuesdays", displayName=None, grantControls=None)
    for_admins["conditions"].update(users=None, clientAppTypes=None)
    for_admins["grantControls"].update(operator=None, builtInControls=None)
    bare = {"id": object_id(CONTOSO, "policy", 99), "displayName": "=cmd|'/c calc'!A1", "state": "enabled", "conditions": None, "grantControls": None}
    return {
        "conditional-access-policies": answer("conditional-access-policies", [for_context, report_only, for_admins, bare],
                                              odd="unknown state and controls, null conditions and operators, hostile names"),
        "authentication-contexts": answer("authentication-contexts", [{"id": "C1", "displayName": None, "description": None, "isAvailable": None}],
                                          odd="a capital, nulls"),
        "authentication-strengths": answer("authentication-strengths", [strengths()[2] | {"allowedCombinations": ["fido2", "unknownFutureValue"]}],
                                           odd="an unknown combination"),
        "security-defaults": answer_object("security-defaults", security_defaults(None), odd="neither on nor off"),
    }


def odd_guards(before):
    """Alerts, reviews, packages, units and reports: unknown kinds, nulls."""
    outside, stale, unused, no_mfa, licence, too_many, _ = alerts = rows_of(before["pim-alerts"])
    outside.update(incidentCount=None, alertIncidents=None)
    stale.update(lastScannedDateTime="0001-01-01T08:00:00Z", isActive=None)
    unused.update(alertConfiguration=None)
    no_mfa["alertIncidents"] = [{"@odata.type": "#microsoft.graph.unknownFutureValue", "id": "odd"}]
    licence.update(id=licence["id"].upper(), alertDefinition=None)
    too_many["alertConfiguration"].update(globalAdminCountThreshold=None, percentageOfGlobalAdminsOutOfRolesThreshold=None)
    unknown = copy.deepcopy(stale) | {"id": f"DirectoryRole_{CONTOSO}_QuantumAlert", "isActive": True, "incidentCount": 3}
    careful, weak = rows_of(before["access-reviews"])
    careful["settings"].update(recurrence=None, instanceDurationInDays=-1)
    weak.update(displayName="Exchange\n<b>administrators</b>", status="unknownFutureValue", settings=None, scope=None, reviewers=None)
    rounds, decided = (f"access-review-{part}-of-{slug(CONTOSO_REVIEWS[0]['name'])}" for part in ("instances", "decisions"))
    rows = rows_of(before[rounds])
    rows[0].update(endDateTime=None, status=None)
    decisions = rows_of(before[decided])
    decisions[0].update(decision=None, principal=None)
    decisions[1].update(decision="unknownFutureValue")
    carrying, harmless = rows_of(before["access-packages"])
    carrying["resourceRoleScopes"][0]["scope"]["originId"] = carrying["resourceRoleScopes"][0]["scope"]["originId"].upper()
    carrying["assignmentPolicies"][0]["requestApprovalSettings"] = None
    harmless.update(resourceRoleScopes=None, assignmentPolicies=None)
    registered = rows_of(before["registration-details-1"])
    registered[2].update(methodsRegistered=None)
    registered[3].update(methodsRegistered=["unknownFutureValue", "FIDO2SecurityKey"])
    registered[4].update(isMfaRegistered=None, userType=None)
    seen = {row["id"]: row for row in rows_of(before["sign-in-activity"])}
    seen[object_id(CONTOSO, "user", 3)]["signInActivity"] = None
    seen[object_id(CONTOSO, "user", 4)]["signInActivity"] = {}
    seen[object_id(CONTOSO, "user", 5)]["signInActivity"]["lastSignInDateTime"] = "0001-01-01T00:00:00Z"
    seen[object_id(CONTOSO, "user", 7)]["signInActivity"].update(lastSignInDateTime="yesterday", lastSuccessfulSignInDateTime="2031-01-01T00:00:00Z")
    return {
        "pim-alerts": answer("pim-alerts", [*alerts, unknown], odd="an unknown alert, null incidents, configurations and definitions, year 1, capitals"),
        "access-reviews": answer("access-reviews", [careful, weak], odd="null recurrence, settings, scope and reviewers, an unknown status, negative days"),
        rounds: answer(rounds, rows, odd="a round without end and status"),
        decided: answer(decided, decisions, odd="null and unknown decisions"),
        "access-packages": answer("access-packages", [carrying, harmless], odd="null policies and resources, capitals"),
        "administrative-units": answer("administrative-units", unit_rows([(unit.upper(), None, None) for unit, _, _ in CONTOSO_UNITS]),
                                       odd="no name, capitals"),
        "registration-details-1": answer("registration-details", registered, more=True, odd="null and unknown methods"),
        "sign-in-activity": answer("sign-in-activity", list(seen.values()), odd="null and empty activity, year 1, no date, the future"),
    }


def odd_applications(before):
    """Permissions and credentials: capitals, nulls, unknown ids."""
    harmless, rewriting = rows_of(before["application-grants"])
    rewriting.update(appRoleId=rewriting["appRoleId"].upper(), principalDisplayName=None)
    nobody = harmless | {"id": "odd", "principalId": None, "appRoleId": "00000000-0000-0000-0000-000000000000"}
    modest, delegated = rows_of(before["delegated-grants"])
    modest["scope"] = None
    delegated.update(consentType="allprincipals", scope="rolemanagement.readwrite.directory\t openid")
    pipeline, lifecycle, intranet = rows_of(before["applications"])
    pipeline["passwordCredentials"][0]["endDateTime"] = None
    lifecycle.update(appId=lifecycle["appId"].upper(), passwordCredentials=None)
    intranet["keyCredentials"] = None
    return {
        "application-grants": answer("application-grants", [harmless, rewriting, nobody], odd="capitals, no principal, no permission"),
        "delegated-grants": answer("delegated-grants", [modest, delegated], odd="no scope, odd casing and spaces"),
        "applications": answer("applications", [pipeline, lifecycle, intranet], odd="a secret without end, null credentials, capitals"),
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
        if (kind, number) == ("user", 6):
            row["assignedPlans"] = None
        if (kind, number) == ("servicePrincipal", 3):
            row["passwordCredentials"] = row["keyCredentials"] = None
    return rows


# ---------------------------------------------------------------------------------------------------
# The audit log of Contoso. Graph documents the properties of a line, not what PIM writes into them: order and types of targets,
# keys of details and ids are as in lines that people published. Guessed are the targets of alerts and of groups.

LOG_FROM = "203.0.113.24"
PIM_ITSELF = {"app": None, "user": {"id": derived_id(CONTOSO, "Azure AD PIM"), "displayName": "Azure AD PIM", "userPrincipalName": None,
                                    "ipAddress": None}}
PIM_IN_DIRECTORY = {"user": None, "app": {"appId": None, "displayName": "MS-PIM", "servicePrincipalId": derived_id(CONTOSO, "MS-PIM"),
                                          "servicePrincipalName": None}}


def by(number):
    who = PEOPLE[number - 1]
    return {"app": None, "user": {"id": object_id(CONTOSO, "user", number), "displayName": who["name"], "userPrincipalName": who["upn"],
                                  "ipAddress": LOG_FROM}}


def log_target(kind, target_id, name=None, upn=None, properties=()):
    changed = [{"displayName": key, "oldValue": old, "newValue": new} for key, old, new in properties]
    return {"id": target_id, "displayName": name, "type": kind, "userPrincipalName": upn, "groupType": None, "modifiedProperties": changed}


def log_person(number, properties=()):
    who = PEOPLE[number - 1]
    return log_target("User", object_id(CONTOSO, "user", number), who["name"], who["upn"], properties)


def log_role(role):
    role_id = ROLE_IDS[role]
    kind = "CustomRole" if role == CUSTOM else "BuiltInRole"
    quoted = [("RoleDefinitionOriginId", role_id), ("RoleDefinitionOriginType", kind), ("TemplateId", role_id)]
    return (log_target("Role", role_id, role, properties=[(key, '""', json.dumps(value)) for key, value in quoted]),
            {"RoleDefinitionOriginId": role_id, "RoleDefinitionOriginType": kind, "TemplateId": role_id})


def log_line(service, at, activity, who, targets, operation, *, group=None, category="RoleManagement", reason=None, details=()):
    """One line. `group` is what lines with one correlation id have in common; alone each has its own."""
    correlation = derived_id(CONTOSO, "correlation", *(group or (at, activity)))
    mark = derived_id(CONTOSO, "line", at, activity)[:5].upper()
    prefix = {"PIM": "PIM", "Core Directory": "Directory", "Conditional Access": "IPCGraph"}[service]
    number = int(derived_id(CONTOSO, "number", at, activity)[:7], 16)
    return {"id": f"{prefix}_{correlation}_{mark}_{number}", "category": category, "correlationId": correlation, "result": "success",
            "resultReason": reason or "", "activityDisplayName": activity, "activityDateTime": at, "loggedByService": service,
            "operationType": operation, "initiatedBy": who, "targetResources": targets,
            "additionalDetails": [{"key": key, "value": value} for key, value in dict(details).items()]}


def activation(who, role, at, why, *, group=None, ticket=None, waits=None, decided=None, done=None, until=None, over=None):
    """The lines of one request. `waits`: approval was asked for; `decided`: (what, by whom, when, why); `done`: activated at, `until`
    its planned end; `over`: (activity, operation, by whom, when), more than one where a request for it was made. The answer to
    an approval and what follows have a correlation id of their own, as PIM goes on by itself there."""
    request_id = derived_id(CONTOSO, "role request", str(who), role, at)
    if group:
        group_id = object_id(CONTOSO, "group", GROUP_NUMBERS[group])
        target, details = log_target("Role", derived_id(CONTOSO, group, role), role), {}
        around = [log_target("Group", group_id, group)]
    else:
        target, details = log_role(role)
        around = [log_target("Directory", CONTOSO, "Contoso")]
    targets = [target, log_target("Request", request_id), log_person(who), *around, log_target("Other", derived_id(CONTOSO, "other", request_id))]
    details |= {"StartTime": done or at, **({"ExpirationTime": until} if until else {}), "Justification": why}
    if ticket:
        details |= {"TicketNumber": ticket[0], "TicketSystem": ticket[1]}
    details |= {"ipaddr": LOG_FROM, "RoleAssignmentRequestId": request_id}
    category = "GroupManagement" if group else "RoleManagement"

    def line(when, activity, actor, operation, reason=None, step="request"):
        return log_line("PIM", when, activity, actor, targets, operation, group=(request_id, step), category=category, reason=reason,
                        details=details | ({"Justification": reason} if reason else {}))

    lines = [line(at, "Add member to role requested (PIM activation)", by(who), "CreateRequest", why)]
    if waits:
        lines.append(line(waits, "Add member to role approval requested (PIM activation)", by(who), "CreateApproval", why))
    if decided:
        what, decider, when, reason = decided
        lines.append(line(when, f"Add member to role request {what} (PIM activation)", by(decider), "Update", reason, "decision"))
    if done:
        lines.append(line(done, "Add member to role completed (PIM activation)", by(who), "ActivateRole", why, "decision" if decided else "request"))
    for activity, operation, actor, when in over or ():
        lines.append(line(when, activity, actor, operation, step="end"))
    return lines


def pim_log():
    alert = log_target("Other", f"DirectoryRole_{CONTOSO}_{UNUSED}", ALERTS[UNUSED][2])
    whole_directory = log_target("Directory", CONTOSO, "Contoso")
    reader, of_reader = log_role(SECURITY_READER)
    eligible_until = of_reader | {"StartTime": "2026-10-06T09:30:00Z", "ExpirationTime": "2026-10-20T09:30:00Z", "Justification": "Audit of the access reviews"}
    given = [reader, log_target("Request", derived_id(CONTOSO, "role request", "41")), log_person(41), whole_directory]
    intune, of_intune = log_role(INTUNE)
    conditional, of_conditional = log_role(CONDITIONAL_ACCESS)
    lines = [
        *activation(20, SHAREPOINT, "2026-11-02T06:29:51.4120317Z", "Move of the intranet", ticket=("CHG-2207", "ServiceNow"),
                    done="2026-11-02T06:30:00Z", until="2026-11-02T14:30:00Z"),
        *activation(5, GA, "2026-11-02T07:30:02.118Z", "Rotate the federation certificate", waits="2026-11-02T07:30:03.2Z",
                    decided=("approved", 67, "2026-11-02T07:41:05.6651234Z", "As agreed in the change board"), done="2026-11-02T07:41:12.223Z",
                    until="2026-11-02T11:41:12.17Z"),
        *activation(13, SECURITY, "2026-11-01T22:10:44Z", "Alert 8812 in the night", waits="2026-11-01T22:10:45Z",
                    decided=("approved", 69, "2026-11-01T22:29:50Z", "on call"), done="2026-11-01T22:30:00Z", until="2026-11-02T10:30:00Z"),
        *activation(26, AUTHENTICATION, "2026-10-20T13:02:11Z", "Reset a password", waits="2026-10-20T13:02:12Z",
                    decided=("denied", 68, "2026-10-20T13:40:37Z", "The help desk can do that")),
        *activation(11, SECURITY, "2026-10-14T08:00:05Z", "Tune the alerts", waits="2026-10-14T08:00:06Z",
                    over=[("PIM activation request expired", "Update", PIM_ITSELF, "2026-10-15T08:00:07Z")]),
        *activation(15, EXCHANGE, "2026-10-12T08:59:48Z", "Mail flow of the new site", done="2026-10-12T09:00:00Z", until="2026-10-12T19:00:00Z",
                    over=[("Remove member from role (PIM activation expired)", "Delete", PIM_ITSELF, "2026-10-12T19:00:06.677024Z")]),
        *activation(22, TEAMS, "2026-10-13T07:59:31Z", "Policies for calls", done="2026-10-13T07:59:40Z", until="2026-10-14T07:59:40Z",
                    over=[("Remove member from role requested (PIM deactivate)", "CreateRequest", by(22), "2026-10-13T09:15:02Z"),
                          ("Remove member from role completed (PIM deactivate)", "DeactivateRole", by(22), "2026-10-13T09:15:08Z")]),
        *activation(32, "Member", "2026-11-02T06:14:52Z", "Joiners of November", group="Identity Operations", done="2026-11-02T06:15:00Z",
                    until="2026-11-02T14:15:00Z"),
        *activation(37, AUTHENTICATION, "2026-11-02T08:40:19Z", "New passkey for the board", waits="2026-11-02T08:40:20Z"),
        log_line("PIM", "2026-10-21T14:05:33Z", "Update role setting in PIM", by(9), [intune, whole_directory], "Update", details=of_intune,
                 reason="Setting changes in this session: Require multifactor authentication on activation: Disabled."),
        *(log_line("PIM", at, f"Add eligible member to role in PIM {step} (timebound)", by(9), given, "Update", group=("Paul",), details=eligible_until,
                   reason="Audit of the access reviews") for at, step in [("2026-10-06T09:29:58Z", "requested"), ("2026-10-06T09:30:00Z", "completed")]),
        log_line("PIM", "2026-10-30T16:14:02Z", "Add member to role outside of PIM (permanent)", by(6), [conditional, log_person(61), whole_directory],
                 "Update", details=of_conditional),
        log_line("PIM", "2026-10-08T10:11:12Z", "Disable PIM alert", by(9), [alert, whole_directory], "Update"),
        log_line("PIM", "2026-10-09T07:01:02Z", "Enable PIM alert", by(9), [alert, whole_directory], "Update"),
    ]
    return newest_first(lines)


def newest_first(lines):
    return sorted(lines, key=lambda line: line["activityDateTime"], reverse=True)


def role_log():
    """What the directory writes of the same: PIM's own doing by MS-PIM, what went past it by whoever did it."""
    def changed(who, role, known, taken=False):
        values = [("Role.ObjectID", derived_id(CONTOSO, "directory role", role)), ("Role.DisplayName", role), ("Role.TemplateId", ROLE_IDS[role]),
                  ("Role.WellKnownObjectName", known)]
        return [log_person(who, [(key, *((json.dumps(value), None) if taken else (None, json.dumps(value)))) for key, value in values])]

    return newest_first([
        log_line("Core Directory", "2026-10-30T16:12:41.0310552Z", "Add member to role", by(6), changed(61, CONDITIONAL_ACCESS, "ConditionalAccessAdministrators"), "Assign"),
        log_line("Core Directory", "2026-11-02T06:29:59.2Z", "Add member to role", PIM_IN_DIRECTORY, changed(20, SHAREPOINT, "SharePointServiceAdministrators"), "Assign"),
        log_line("Core Directory", "2026-10-12T19:00:00.7455924Z", "Remove member from role", PIM_IN_DIRECTORY,
                 changed(15, EXCHANGE, "ExchangeServiceAdministrators", taken=True), "Unassign"),
        log_line("Core Directory", "2026-10-19T11:20:05Z", "Update role definition", by(6),
                 [log_target("Role", CUSTOM_ID, CUSTOM, properties=[("Description", '""', json.dumps("Rotates secrets"))])], "Update"),
    ])


def access_log():
    policy = next(policy for policy in CONTOSO_ACCESS_POLICIES if policy["number"] == 2)
    before, after = (json.dumps({"displayName": policy["name"], "state": state}) for state in ("enabled", policy["state"]))
    target = log_target("Policy", object_id(CONTOSO, "policy", 2), policy["name"], properties=[("ConditionalAccessPolicy", before, after)])
    return [log_line("Conditional Access", "2026-10-23T15:45:10.3Z", "Update conditional access policy", by(10), [target], "Update", category="Policy")]


def audit_log():
    """The start of the window is left to the request; a line comes on two pages."""
    lines = pim_log()
    mappings = paged("audit-log-pim", [lines[:20], lines[19:]]) | paged("audit-log-role-management", [role_log()])
    mappings |= paged("audit-log-conditional-access", [access_log()])
    for mapping in mappings.values():
        query = mapping["request"]["queryParameters"]
        if "$filter" in query:
            query["$filter"] = {"matches": query["$filter"]["equalTo"] + r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"}
    return mappings


SCENARIOS = {"contoso": contoso, "exemplary": exemplary, "localised": localised, "empty": empty, "no-p2": no_p2,
             "denied-policies": denied_policies, "denied-all": denied_all, "partial": partial, "throttled": throttled, "odd": odd,
             "audit-log": audit_log,
             **{name: lambda trap=trap: over_exemplary(trap) for name, trap in TRAPS.items()}}

# ---------------------------------------------------------------------------------------------------
# The tables of README.md


def tenant_facts():
    """What can be counted in Contoso from the tables above."""
    tier = {role["display_name"]: role["tier"] for role in ROLES} | {CUSTOM: "high"}
    labelled = {role["display_name"] for role in ROLES if role["is_privileged"]} | {CUSTOM}
    held = {who["number"]: [grant["role"] for grant in who["grants"]] for who in PEOPLE}
    by_group = {who["number"]: [] for who in PEOPLE}
    planned = {who["number"] for who in PEOPLE for grant in who["grants"] if grant["class"] == "eligible" or grant["until"]}
    planned |= {grant["who"] for managed in CONTOSO_PIM.values() for grant in managed["grants"] if grant["class"] == "eligible" or grant["until"]}
    for group in OTHERS:
        for number in reached(group["name"]) if group["kind"] == "group" else ():
            by_group[number] += [grant["role"] for grant in group["grants"]]
            planned |= {number for grant in group["grants"] if grant["class"] == "eligible"}
    held = {number: roles + by_group[number] for number, roles in held.items()}
    counted = {who["number"] for who in PEOPLE if not who["properties"].keys() & {"absent", "accountEnabled"}}
    administrators = {number for number in counted if GA in held[number]}
    others = {number for number in counted - administrators if any(tier[role] in ("critical", "high") for role in held[number])}
    by_class = {"permanent": [], "time-bound": [], "eligible": [], "eligible and activated": [], "eligible member of a group that holds it": []}
    for who in PEOPLE:
        classes = [grant["class"] for grant in who["grants"] if grant["role"] == GA]
        ends = [grant["until"] for grant in who["grants"] if grant["role"] == GA]
        if who["number"] in administrators:
            kind = ("eligible member of a group that holds it" if not classes else
                    "eligible and activated" if "activated" in classes else "eligible" if "eligible" in classes
                    else "time-bound" if all(ends) else "permanent")
            by_class[kind].append(who["upn"].split("@")[0])
    shown = "; ".join(f"{len(names)} {kind} ({', '.join(names)})" for kind, names in by_class.items() if names)
    granted = [grant for _, _, grant in every_grant(CONTOSO, EVERYBODY) if grant["class"] != "activated" and grant["role"] in labelled]
    people = [number for number in held if held[number]]
    groups, services = ([who for who in OTHERS if who["kind"] == kind and who["grants"]] for kind in ("group", "servicePrincipal"))
    share = len(administrators) / (len(administrators) + len(others))
    return [
        ("principals that hold a role, by group included",
         f"{len(people) + len(groups) + len(services)}: {len(people)} users (the deleted and the foreign one among them), "
         f"{len(groups)} groups, {len(services)} service principals"),
        ("people who can be Global Administrator", f"{len(administrators)}: {shown}"),
        ("other people with a critical or high role", f"{len(others)}, so the share of Global Administrators is {share:.1%}"),
        ("grants of roles labelled PRIVILEGED, activations left out", str(len(granted))),
        ("people who need P2 (eligible or time-bound, also in a group; disabled left out; and approvers)", f"{len((planned & counted) | {67, 68, 69})} of 80"),
        *CONTOSO_GUARDS,
    ]


def reached(group):
    """Everyone in a group, through the groups in it, and everyone whom PIM lets in."""
    people = set()
    eligible_ones = [grant["who"] for grant in CONTOSO_PIM.get(group, {}).get("grants", ()) if grant["access"] == "member"]
    for member in [*MEMBERS.get(group, ()), *eligible_ones]:
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
    lines += ["", "| group of PIM | who is in it by PIM | its policies differ from Microsoft's default in |", "| --- | --- | --- |"]
    for group, managed in CONTOSO_PIM.items():
        inside = "; ".join(f"user {grant['who']}: {grant['class']} {grant['access']}" + (f" until {time(grant['until'])[:16]}" if grant["until"] else "")
                           for grant in managed["grants"])
        def shown(value):
            return value if isinstance(value, str) else " and ".join(value)

        own = {access: ", ".join(f"{key} {shown(value)}" for key, value in managed[access].items()) or "nothing" for access in ("member", "owner")}
        differs = "; ".join(f"{access}: {settings}" for access, settings in own.items())
        lines.append(f"| {group} | {inside} | {differs} |")
    lines += ["", "| line of `audit-log` | when | who | whom or what |", "| --- | --- | --- | --- |"]
    for line in newest_first([*pim_log(), *role_log(), *access_log()]):
        actor = line["initiatedBy"]["user"] or line["initiatedBy"]["app"]
        targets = " ".join(target["displayName"] for target in line["targetResources"] if target["displayName"] not in (None, "Contoso"))
        service = "" if line["loggedByService"] == "PIM" else f" ({line['loggedByService']})"
        lines.append(f"| {line['activityDisplayName']}{service} | {line['activityDateTime'][:16]} | {actor['displayName']} | {targets} |")
    lines += ["", "| trap over `exemplary` | what is wrong | what must be said |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {trap['what']} | {trap['then']} |" for name, trap in TRAPS.items()]
    return "\n".join(lines)


# ---------------------------------------------------------------------------------------------------
# Files


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def written(mapping):
    """A mapping as text: a line for each row, and in policies for each rule, so that changes read well."""
    rows = mapping["response"]["jsonBody"].get("value")
    if not isinstance(rows, list):
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
