//! Sign-in, end to end against a sign-in service on this machine.
//!
//! Tools, waits and the person at the browser are made up here; everything else is the real thing.

use crate::support::MockGraph;
use crate::support::program::{Run, program};
use async_trait::async_trait;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use aws_lc_rs::{digest, signature};
use azure_identity::Executor;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use futures::future::BoxFuture;
use pimaudit::auth::{
    self, Environment, Failure, Host, IdentityKind, Method, Prompt, Request, Secret, Session,
    SignInError, sign_in_on,
};
use pimaudit::model::Endpoints;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write as _;
use std::process::{ExitStatus, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;
use url::{Url, form_urlencoded};
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Match, Mock, MockServer, ResponseTemplate};

const TENANT: &str = "7f3a0000-0000-0000-0000-000000000001";
const CLIENT: &str = "7f3a0000-0000-0000-0000-0000000000c1";
const TOKEN_PATH: &str = "/7f3a0000-0000-0000-0000-000000000001/oauth2/v2.0/token";
const DEVICE_PATH: &str = "/7f3a0000-0000-0000-0000-000000000001/oauth2/v2.0/devicecode";
const METADATA_PATH: &str = "/metadata/identity/oauth2/token";
const OIDC_PATH: &str =
    "/contoso/project/_apis/distributedtask/hubs/build/plans/1/jobs/2/oidctoken";
const SCOPE: &str = "https://graph.microsoft.com/.default";
const AZURE_CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
/// The first second of the year 2100.
const FAR: i64 = 4_102_444_800;

/// A token for Graph with these claims besides tenant and expiry.
fn token(claims: Value) -> String {
    let mut all = json!({"aud": "https://graph.microsoft.com", "tid": TENANT, "exp": FAR});
    for (name, value) in claims.as_object().expect("claims are an object") {
        all[name] = value.clone();
    }
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2lnbmF0dXJl", part(&json!({"alg": "RS256", "typ": "JWT"})), part(&all))
}

fn application_token() -> String {
    token(json!({
        "idtyp": "app", "appid": CLIENT, "app_displayname": "pimaudit", "oid": "principal",
        "roles": ["RoleManagement.Read.Directory", "Directory.Read.All"],
    }))
}

fn granted(token: &str, lifetime: u64) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime,
        "access_token": token,
    }))
}

fn granted_to_person(token: &str, refresh: &str, lifetime: u64) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "token_type": "Bearer", "scope": "openid User.Read", "expires_in": lifetime,
        "access_token": token, "refresh_token": refresh, "id_token": "a.b.c",
    }))
}

/// A refusal as Entra ID writes it, with the line breaks that it puts before the trace ids.
fn refused(status: u16, code: u32, sentence: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({
        "error": "invalid_client",
        "error_description": format!(
            "AADSTS{code}: {sentence}\r\nTrace ID: 1\r\nCorrelation ID: 2\r\nTimestamp: 2026-11-21 10:00:00Z"
        ),
        "error_codes": [code], "timestamp": "2026-11-21 10:00:00Z", "trace_id": "1",
        "correlation_id": "2", "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
    }))
}

fn polling(error: &str) -> ResponseTemplate {
    ResponseTemplate::new(400).set_body_json(json!({
        "error": error, "error_description": "AADSTS70016: OAuth 2.0 device flow error.",
        "error_codes": [70016],
    }))
}

fn form(request: &wiremock::Request) -> BTreeMap<String, String> {
    form_urlencoded::parse(&request.body).into_owned().collect()
}

/// Matches a request with this form field.
fn field(name: &'static str, value: &'static str) -> impl Match {
    move |request: &wiremock::Request| form(request).get(name).is_some_and(|found| found == value)
}

async fn service() -> MockServer {
    MockServer::start().await
}

/// The token endpoint answers requests with this form field.
async fn answers(
    server: &MockServer,
    (name, value): (&'static str, &'static str),
    answer: ResponseTemplate,
) {
    Mock::given(method("POST"))
        .and(path(TOKEN_PATH))
        .and(field(name, value))
        .respond_with(answer)
        .mount(server)
        .await;
}

async fn requests(server: &MockServer) -> Vec<String> {
    let received = server.received_requests().await.expect("the service records requests");
    received.iter().map(|request| format!("{} {}", request.method, request.url.path())).collect()
}

/// What a person was shown.
#[derive(Default)]
struct Shown(Mutex<Vec<String>>);

impl Shown {
    fn add(&self, text: String) {
        self.0.lock().expect("nobody panics while showing").push(text);
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().expect("nobody panics while showing").clone()
    }
}

impl Prompt for Shown {
    fn device_code(&self, url: &str, code: &str, minutes: u64, application: &str) {
        self.add(format!("{code} at {url} within {minutes} for {application}"));
    }

    fn browser(&self, url: &str, application: &str) {
        self.add(format!("{url} for {application}"));
    }
}

/// A browser that comes back with these queries; `{state}` is the state of the sign-in.
struct Visitor {
    queries: Vec<&'static str>,
    visit: Mutex<Option<JoinHandle<Vec<u16>>>>,
    address: Mutex<Option<Url>>,
}

impl Visitor {
    fn new(queries: &[&'static str]) -> Arc<Self> {
        Arc::new(Self {
            queries: queries.to_vec(),
            visit: Mutex::default(),
            address: Mutex::default(),
        })
    }

    /// The statuses with which the visits were answered.
    async fn statuses(&self) -> Vec<u16> {
        let visit = self.visit.lock().expect("nobody panics while visiting").take();
        visit.expect("the browser was opened").await.expect("every visit is answered")
    }

    /// The parameters of the address that was opened.
    fn asked(&self) -> BTreeMap<String, String> {
        let address = self.address.lock().expect("nobody panics while visiting").clone();
        address.expect("the browser was opened").query_pairs().into_owned().collect()
    }
}

impl Prompt for Visitor {
    fn device_code(&self, _: &str, _: &str, _: u64, _: &str) {}

    fn browser(&self, url: &str, _: &str) {
        let address: Url = url.parse().expect("the address is one");
        *self.address.lock().expect("nobody panics while visiting") = Some(address);
        let asked = self.asked();
        // The listener is on 127.0.0.1; a name might lead elsewhere first.
        let back = asked["redirect_uri"].replace("localhost", "127.0.0.1");
        let addresses: Vec<String> = self
            .queries
            .iter()
            .map(|query| format!("{back}/{}", query.replace("{state}", &asked["state"])))
            .collect();
        let visit = tokio::spawn(async move {
            let mut statuses = Vec::new();
            for address in addresses {
                let answer = client().get(address).send().await.expect("the listener answers");
                statuses.push(answer.status().as_u16());
            }
            statuses
        });
        *self.visit.lock().expect("nobody panics while visiting") = Some(visit);
    }
}

/// `az` as it would be; `azd` is not installed.
#[derive(Debug, Default)]
struct Tools {
    az: Option<String>,
    runs: AtomicUsize,
}

impl Tools {
    fn with_az(token: &str) -> Arc<Self> {
        let answer = json!({"accessToken": token, "expires_on": FAR, "tokenType": "Bearer"});
        Arc::new(Self { az: Some(answer.to_string()), runs: AtomicUsize::default() })
    }
}

#[cfg(unix)]
fn exit(code: i32) -> ExitStatus {
    std::os::unix::process::ExitStatusExt::from_raw(code << 8)
}

#[cfg(windows)]
fn exit(code: i32) -> ExitStatus {
    std::os::windows::process::ExitStatusExt::from_raw(code.unsigned_abs())
}

#[async_trait]
impl Executor for Tools {
    async fn run(&self, _: &OsStr, arguments: &[&OsStr]) -> std::io::Result<Output> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        let command: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
        let for_az = command.join(" ").contains("az account get-access-token");
        Ok(match &self.az {
            Some(answer) if for_az => {
                Output { status: exit(0), stdout: answer.clone().into(), stderr: Vec::new() }
            }
            _ => Output { status: exit(127), stdout: Vec::new(), stderr: b"not found".to_vec() },
        })
    }
}

/// Never through a proxy of the machine the tests run on.
fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client without settings")
}

fn endpoints(server: &MockServer) -> Endpoints {
    let login = server.uri().parse().expect("the service has an address");
    Endpoints::default().with_login(login).expect("the service is on this machine")
}

fn request(server: &MockServer, method: Method, variables: &[(&str, &str)]) -> Request {
    Request {
        method,
        endpoints: endpoints(server),
        tenant: Some(TENANT.into()),
        client_id: None,
        environment: Environment::new(
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        ),
        http: client(),
        delegated_permissions: vec![
            "Directory.Read.All".into(),
            "RoleManagement.Read.Directory".into(),
        ],
        token_input: None,
        prompt: Arc::new(Shown::default()),
    }
}

/// A machine without tools on which nobody waits.
fn host() -> Host {
    Host {
        sleep: Arc::new(|_: Duration| -> BoxFuture<'static, ()> { Box::pin(async {}) }),
        executor: Some(Arc::new(Tools::default())),
        ..Host::default()
    }
}

async fn sign_in(request: Request) -> Result<Session, SignInError> {
    sign_in_on(request, host()).await
}

async fn failure(request: Request) -> Failure {
    match sign_in(request).await {
        Err(SignInError::Failed { reason, .. }) => reason,
        other => panic!("the method should have failed: {other:?}"),
    }
}

async fn next_token(session: &Session) -> String {
    let token = session.credential.get_token(&[SCOPE], None).await;
    token.expect("the session gives tokens").token.secret().to_owned()
}

fn file(text: &str) -> (tempfile::NamedTempFile, String) {
    let mut file = tempfile::NamedTempFile::new().expect("there is a temporary folder");
    file.write_all(text.as_bytes()).expect("it can be written");
    let path = file.path().to_str().expect("its name is text").to_owned();
    (file, path)
}

const SECRET: [(&str, &str); 2] =
    [("AZURE_CLIENT_SECRET", "correct-horse-battery"), ("AZURE_CLIENT_ID", CLIENT)];

#[tokio::test]
async fn a_client_secret_brings_one_token_for_many_requests() {
    let server = service().await;
    answers(
        &server,
        ("client_secret", "correct-horse-battery"),
        granted(&application_token(), 3600),
    )
    .await;
    let session = sign_in(request(&server, Method::ClientSecret, &SECRET)).await.unwrap();
    assert_eq!(session.method, Method::ClientSecret);
    assert_eq!(session.identity.kind, IdentityKind::Application);
    assert_eq!(session.identity.tenant, TENANT);
    assert_eq!(session.identity.name.as_deref(), Some("pimaudit"));
    assert_eq!(
        session.identity.permissions,
        ["Directory.Read.All", "RoleManagement.Read.Directory"]
    );
    assert_eq!(session.identity.expires_at.as_second(), FAR);
    assert_eq!(next_token(&session).await, application_token());
    assert_eq!(requests(&server).await, [format!("POST {TOKEN_PATH}")]);
    let received = server.received_requests().await.unwrap();
    let sent = form(&received[0]);
    assert_eq!(sent["grant_type"], "client_credentials");
    assert_eq!(sent["client_id"], CLIENT);
    assert_eq!(sent["scope"], SCOPE);
}

#[tokio::test]
async fn a_certificate_proves_the_application_by_a_signed_assertion() {
    let server = service().await;
    answers(
        &server,
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        granted(&application_token(), 3600),
    )
    .await;
    let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'static> = key.as_der().unwrap();
    // Not a whole certificate, but what is looked at: DER that holds the public key.
    let certificate = [&[0x30, 0x82, 0x01, 0x0e][..], key.public_key().as_ref()].concat();
    let block = |label: &str, der: &[u8]| {
        let text = BASE64_STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    };
    let (_file, path) =
        file(&(block("PRIVATE KEY", private.as_ref()) + &block("CERTIFICATE", &certificate)));
    let variables = [("AZURE_CLIENT_CERTIFICATE_PATH", path.as_str()), ("AZURE_CLIENT_ID", CLIENT)];
    let session = sign_in(request(&server, Method::ClientCertificate, &variables)).await.unwrap();
    assert_eq!(session.identity.application_id.as_deref(), Some(CLIENT));

    let received = server.received_requests().await.unwrap();
    let assertion = form(&received[0])["client_assertion"].clone();
    let (message, signed) = assertion.rsplit_once('.').unwrap();
    let decoded = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
    let algorithm: &'static dyn signature::VerificationAlgorithm = &RSA_PSS_2048_8192_SHA256;
    UnparsedPublicKey::new(algorithm, key.public_key().as_ref())
        .verify(message.as_bytes(), &decoded(signed))
        .unwrap();
    let claims = decoded(message.split('.').nth(1).unwrap());
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["aud"], format!("{}{TOKEN_PATH}", server.uri()));
    assert_eq!(claims["iss"], CLIENT);
    assert_eq!(claims["sub"], CLIENT);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["nbf"].as_i64().unwrap(), 600);
    assert!(!format!("{session:?}").contains(&assertion));
}

#[tokio::test]
async fn a_certificate_file_that_cannot_work_is_named_with_the_way_out() {
    let server = service().await;
    let (_file, path) =
        file("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
    for (path, part, converts) in [
        (path.as_str(), "the private key is encrypted", Some(true)),
        ("/nowhere/pimaudit.pem", "read certificate /nowhere/pimaudit.pem", None),
    ] {
        let variables = [("AZURE_CLIENT_CERTIFICATE_PATH", path), ("AZURE_CLIENT_ID", CLIENT)];
        let failure = failure(request(&server, Method::ClientCertificate, &variables)).await;
        assert!(failure.to_string().contains(part), "{failure}");
        assert_eq!(failure.hint().map(|hint| hint.contains("openssl pkey")), converts);
    }
    assert_eq!(requests(&server).await, [""; 0]);
}

#[tokio::test]
async fn workload_identity_sends_the_federated_token_of_the_file() {
    let server = service().await;
    answers(&server, ("client_assertion", "federated-token"), granted(&application_token(), 3600))
        .await;
    let (_file, path) = file("federated-token");
    let variables = [("AZURE_FEDERATED_TOKEN_FILE", path.as_str()), ("AZURE_CLIENT_ID", CLIENT)];
    let session = sign_in(request(&server, Method::WorkloadIdentity, &variables)).await.unwrap();
    assert_eq!(session.identity.kind, IdentityKind::Application);
}

#[tokio::test]
async fn a_managed_identity_is_asked_of_the_metadata_service() {
    let server = service().await;
    Mock::given(method("GET"))
        .and(path(METADATA_PATH))
        .and(header("metadata", "true"))
        .and(query_param("resource", "https://graph.microsoft.com"))
        .and(query_param("client_id", CLIENT))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({
            "access_token": application_token(), "expires_on": FAR.to_string(),
            "token_type": "Bearer", "resource": "https://graph.microsoft.com",
        })))
        .mount(&server)
        .await;
    let variables = [("AZURE_CLIENT_ID", CLIENT)];
    let session = sign_in(request(&server, Method::ManagedIdentity, &variables)).await.unwrap();
    assert_eq!(session.identity.application_id.as_deref(), Some(CLIENT));
}

#[tokio::test]
async fn a_machine_without_metadata_service_is_told_from_at_once() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere: Url = format!("http://{}", free.local_addr().unwrap()).parse().unwrap();
    drop(free);
    let server = service().await;
    let request = Request {
        endpoints: Endpoints::default().with_login(nowhere).unwrap(),
        ..request(&server, Method::ManagedIdentity, &[])
    };
    // The library's own retries would take longer than this.
    let failure = tokio::time::timeout(Duration::from_secs(5), failure(request)).await.unwrap();
    assert!(failure.to_string().contains("no metadata service answers"), "{failure}");
}

fn device_code() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({
        "user_code": "ABCD1234", "device_code": "device-code-secret",
        "verification_uri": "https://login.contoso.example/device",
        "expires_in": 900, "interval": 5, "message": "localised text",
    }))
}

async fn offers_device_code(server: &MockServer) {
    Mock::given(method("POST"))
        .and(path(DEVICE_PATH))
        .respond_with(device_code())
        .mount(server)
        .await;
}

#[tokio::test]
async fn a_device_code_is_asked_after_until_it_was_used_and_then_renewed_with_each_new_token() {
    let server = service().await;
    offers_device_code(&server).await;
    let polls =
        [polling("authorization_pending"), polling("authorization_pending"), polling("slow_down")];
    for answer in polls {
        Mock::given(path(TOKEN_PATH))
            .and(field("device_code", "device-code-secret"))
            .respond_with(answer)
            .up_to_n_times(1)
            .mount(&server)
            .await;
    }
    let person = |name: &str| token(json!({"upn": name, "scp": "openid User.Read"}));
    // A minute is less than the margin, so that each of the first two is renewed when next used.
    let first = granted_to_person(&person("first@contoso.example"), "refresh-1", 60);
    let second = granted_to_person(&person("second@contoso.example"), "refresh-2", 60);
    let third = granted_to_person(&person("third@contoso.example"), "refresh-3", 3600);
    answers(&server, ("device_code", "device-code-secret"), first).await;
    answers(&server, ("refresh_token", "refresh-1"), second).await;
    answers(&server, ("refresh_token", "refresh-2"), third).await;

    let waits = Arc::new(Mutex::new(Vec::new()));
    let waited = Arc::clone(&waits);
    let shown = Arc::new(Shown::default());
    let host = Host {
        sleep: Arc::new(move |time: Duration| -> BoxFuture<'static, ()> {
            waited.lock().unwrap().push(time.as_secs());
            Box::pin(async {})
        }),
        ..host()
    };
    let request = Request { prompt: shown.clone(), ..request(&server, Method::DeviceCode, &[]) };
    let session = sign_in_on(request, host).await.unwrap();
    assert_eq!(*waits.lock().unwrap(), [5, 5, 10]);
    assert_eq!(
        shown.all(),
        ["ABCD1234 at https://login.contoso.example/device within 15 for Microsoft Graph Command \
          Line Tools (14d82eec-204b-4c2f-b7e8-296a70dab67e)"]
    );
    assert_eq!(session.identity.kind, IdentityKind::User);
    assert_eq!(session.identity.name.as_deref(), Some("second@contoso.example"));
    for _ in 0..2 {
        assert_eq!(next_token(&session).await, person("third@contoso.example"));
    }
    let received = server.received_requests().await.unwrap();
    assert_eq!(received.len(), 1 + 4 + 2);
    let asked = form(&received[0]);
    assert_eq!(
        asked["scope"],
        "https://graph.microsoft.com/Directory.Read.All \
         https://graph.microsoft.com/RoleManagement.Read.Directory openid profile offline_access"
    );
    assert_eq!(form(&received[6])["scope"], asked["scope"]);
    assert!(!form(&received[6]).contains_key("client_secret"));
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_serves_until_it_is_over() {
    let server = service().await;
    offers_device_code(&server).await;
    let person = token(json!({"upn": "ada@contoso.example", "scp": "User.Read"}));
    answers(
        &server,
        ("device_code", "device-code-secret"),
        granted_to_person(&person, "refresh-1", 60),
    )
    .await;
    answers(
        &server,
        ("refresh_token", "refresh-1"),
        refused(400, 700_082, "The token has expired."),
    )
    .await;
    let session = sign_in(request(&server, Method::DeviceCode, &[])).await.unwrap();
    assert_eq!(next_token(&session).await, person);
    let other =
        session.credential.get_token(&["https://management.azure.com/.default"], None).await;
    assert!(other.unwrap_err().to_string().contains("alone"));
}

#[tokio::test]
async fn a_login_that_is_over_says_why_and_what_to_do() {
    let server = service().await;
    offers_device_code(&server).await;
    let person = token(json!({"upn": "ada@contoso.example", "scp": "User.Read"}));
    answers(
        &server,
        ("device_code", "device-code-secret"),
        granted_to_person(&person, "refresh-1", 0),
    )
    .await;
    answers(
        &server,
        ("refresh_token", "refresh-1"),
        refused(400, 700_082, "The token refresh-1 has expired."),
    )
    .await;
    let failure = failure(request(&server, Method::DeviceCode, &[])).await;
    assert_eq!(failure.code(), Some(700_082));
    let text = failure.to_string();
    assert!(text.contains("sign in again") && !text.contains("refresh-1"), "{text}");
}

#[tokio::test]
async fn a_device_code_that_was_not_used_ends_with_a_reason() {
    for (error, part) in [
        ("authorization_declined", "declined in the browser"),
        ("access_denied", "declined in the browser"),
        ("expired_token", "nobody used the code within 15 minutes"),
        ("bad_verification_code", "does not know the code"),
        ("invalid_grant", "AADSTS70016"),
    ] {
        let server = service().await;
        offers_device_code(&server).await;
        answers(&server, ("device_code", "device-code-secret"), polling(error)).await;
        let failure = failure(request(&server, Method::DeviceCode, &[])).await;
        assert!(failure.to_string().contains(part), "{error}: {failure}");
    }
}

#[tokio::test]
async fn a_device_code_survives_a_service_that_is_busy_for_a_while() {
    let server = service().await;
    offers_device_code(&server).await;
    for status in [503_u16, 429] {
        Mock::given(path(TOKEN_PATH))
            .respond_with(ResponseTemplate::new(status).set_body_string("<html>busy</html>"))
            .up_to_n_times(1)
            .mount(&server)
            .await;
    }
    let person = token(json!({"upn": "ada@contoso.example", "scp": "User.Read"}));
    answers(&server, ("device_code", "device-code-secret"), granted_to_person(&person, "r", 3600))
        .await;
    let session = sign_in(request(&server, Method::DeviceCode, &[])).await.unwrap();
    assert_eq!(session.identity.name.as_deref(), Some("ada@contoso.example"));
}

#[tokio::test]
async fn the_browser_counts_only_when_it_knows_the_state() {
    let server = service().await;
    let person = token(json!({"upn": "ada@contoso.example", "scp": "User.Read"}));
    answers(&server, ("code", "right-code"), granted_to_person(&person, "refresh-1", 3600)).await;
    let visitor = Visitor::new(&[
        "favicon.ico",
        "?code=evil&state=wrong",
        "?code=evil",
        "?code=right-code&state={state}",
    ]);
    let request = Request { prompt: visitor.clone(), ..request(&server, Method::Browser, &[]) };
    let session = sign_in(request).await.unwrap();
    assert_eq!(visitor.statuses().await, [404, 404, 404, 200]);
    assert_eq!(session.method, Method::Browser);
    assert_eq!(next_token(&session).await, person);

    let asked = visitor.asked();
    assert_eq!(asked["client_id"], auth::DEFAULT_CLIENT_ID);
    assert_eq!(asked["response_type"], "code");
    assert_eq!(asked["code_challenge_method"], "S256");
    assert!(asked["redirect_uri"].starts_with("http://localhost:"));
    assert!(asked["scope"].ends_with(" openid profile offline_access"));
    let received = server.received_requests().await.unwrap();
    assert_eq!(received.len(), 1);
    let sent = form(&received[0]);
    assert_eq!(sent["grant_type"], "authorization_code");
    assert_eq!(sent["redirect_uri"], asked["redirect_uri"]);
    let hash = digest::digest(&digest::SHA256, sent["code_verifier"].as_bytes());
    assert_eq!(BASE64_URL_SAFE_NO_PAD.encode(hash), asked["code_challenge"]);
}

#[tokio::test]
async fn missing_consent_leads_to_the_address_for_an_administrator() {
    let server = service().await;
    let visitor = Visitor::new(&[
        "?error=access_denied&error_description=AADSTS90094%3a+An+admin+must+consent.%0d%0aTrace+ID%3a+1&state={state}",
    ]);
    let request = Request { prompt: visitor.clone(), ..request(&server, Method::Browser, &[]) };
    let failure = failure(request).await;
    assert_eq!(visitor.statuses().await, [200]);
    assert_eq!(failure.to_string(), "AADSTS90094: An admin must consent.");
    let hint = failure.hint().unwrap();
    let address: Url = hint.split_once("here: ").unwrap().1.parse().unwrap();
    assert_eq!(address.path(), format!("/{TENANT}/v2.0/adminconsent"));
    let asked: BTreeMap<String, String> = address.query_pairs().into_owned().collect();
    assert_eq!(asked["client_id"], auth::DEFAULT_CLIENT_ID);
    assert_eq!(
        asked["scope"],
        "https://graph.microsoft.com/Directory.Read.All \
         https://graph.microsoft.com/RoleManagement.Read.Directory"
    );
}

#[tokio::test]
async fn a_browser_that_never_comes_back_ends_the_sign_in() {
    let server = service().await;
    let host = Host { browser_limit: Duration::from_millis(50), ..host() };
    let error = sign_in_on(request(&server, Method::Browser, &[]), host).await.unwrap_err();
    assert!(error.to_string().contains("did not come back within 50ms"), "{error}");
    assert!(error.hint().unwrap().contains("device-code"));
}

#[tokio::test]
async fn refusals_keep_their_code_and_get_advice() {
    for (status, code, sentence, hint) in [
        (401, 7_000_215, "Invalid client secret provided.", "value of the secret"),
        (401, 7_000_222, "The provided client secret keys are expired.", "has expired"),
        (400, 700_016, "Application 'x' was not found in the directory.", "--client-id"),
        (400, 90_002, "Tenant 'x' not found.", "--tenant"),
        (400, 500_011, "The resource principal was not found.", "--cloud"),
        (400, 65_001, "Nobody has consented.", "/adminconsent?client_id="),
        (400, 53_003, "Access has been blocked.", "Conditional Access"),
    ] {
        let server = service().await;
        answers(&server, ("client_id", CLIENT), refused(status, code, sentence)).await;
        let failure = failure(request(&server, Method::ClientSecret, &SECRET)).await;
        assert_eq!(failure.to_string(), format!("AADSTS{code}: {sentence}"));
        assert_eq!(failure.code(), Some(code));
        assert!(failure.hint().unwrap().contains(hint), "{failure:?}");
    }
}

#[tokio::test]
async fn the_page_of_a_proxy_is_told_from_the_sign_in_service() {
    let server = service().await;
    let page = ResponseTemplate::new(403).set_body_raw("<html>blocked</html>", "text/html");
    answers(&server, ("client_id", CLIENT), page).await;
    let failure = failure(request(&server, Method::ClientSecret, &SECRET)).await;
    assert!(failure.to_string().contains("answered 403 Forbidden"), "{failure}");
    assert_eq!(requests(&server).await.len(), 1);
}

#[tokio::test]
async fn auto_names_everything_it_tried_and_asks_nobody() {
    let server = service().await;
    let error = sign_in(request(&server, Method::Auto, &[])).await.unwrap_err();
    let SignInError::NothingWorked { tried } = &error else { panic!("{error}") };
    let order: Vec<Method> = tried.iter().map(|attempt| attempt.method).collect();
    assert_eq!(
        order,
        [
            Method::Token,
            Method::WorkloadIdentity,
            Method::ClientCertificate,
            Method::ClientSecret,
            Method::ManagedIdentity,
            Method::AzureDeveloperCli,
            Method::AzureCli,
        ]
    );
    let text = error.to_string();
    for part in [
        "\n  token: not set: PIMAUDIT_ACCESS_TOKEN",
        "\n  workload-identity: not set: AZURE_FEDERATED_TOKEN_FILE, AZURE_CLIENT_ID (or --client-id)",
        "\n  client-certificate: not set: AZURE_CLIENT_CERTIFICATE_PATH",
        "\n  client-secret: not set: AZURE_CLIENT_SECRET",
        "\n  managed-identity: ",
        "\n  azure-developer-cli: azd not found on PATH",
        "\n  azure-cli: az not found on PATH",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(error.hint().unwrap().contains("--auth browser"));
    assert!(requests(&server).await.iter().all(|line| line.contains(METADATA_PATH)));
}

#[tokio::test]
async fn auto_goes_on_after_a_refusal_and_remembers_it() {
    let server = service().await;
    answers(
        &server,
        ("client_assertion", "federated-token"),
        refused(400, 700_213, "No matching federated identity record found."),
    )
    .await;
    answers(
        &server,
        ("client_secret", "correct-horse-battery"),
        granted(&application_token(), 3600),
    )
    .await;
    let (_file, path) = file("federated-token");
    let mut variables = SECRET.to_vec();
    variables.push(("AZURE_FEDERATED_TOKEN_FILE", path.as_str()));
    let session = sign_in(request(&server, Method::Auto, &variables)).await.unwrap();
    assert_eq!(session.method, Method::ClientSecret);
    let remembered: Vec<_> = session
        .tried
        .iter()
        .map(|attempt| (attempt.method, attempt.reason.was_set_up(), attempt.reason.code()))
        .collect();
    assert_eq!(
        remembered,
        [
            (Method::Token, false, None),
            (Method::WorkloadIdentity, true, Some(700_213)),
            (Method::ClientCertificate, false, None),
        ]
    );
}

#[tokio::test]
async fn auto_takes_the_token_variable_before_anything_else() {
    let server = service().await;
    let given = application_token();
    let mut variables = SECRET.to_vec();
    variables.push(("PIMAUDIT_ACCESS_TOKEN", given.as_str()));
    let session = sign_in(request(&server, Method::Auto, &variables)).await.unwrap();
    assert_eq!(session.method, Method::Token);
    assert_eq!(next_token(&session).await, given);
    assert_eq!(requests(&server).await, [""; 0]);
}

#[tokio::test]
async fn azure_cli_is_run_once_and_is_known_not_to_read_pim() {
    let server = service().await;
    let given = token(json!({
        "upn": "ada@contoso.example", "appid": AZURE_CLI, "scp": "Directory.AccessAsUser.All",
    }));
    let tools = Tools::with_az(&given);
    let host = Host { executor: Some(tools.clone()), ..host() };
    let session = sign_in_on(request(&server, Method::AzureCli, &[]), host).await.unwrap();
    assert_eq!(next_token(&session).await, given);
    assert_eq!(tools.runs.load(Ordering::SeqCst), 1);
    assert!(session.identity.known_without_pim());
    assert_eq!(session.identity.application_id.as_deref(), Some(AZURE_CLI));
}

#[tokio::test]
async fn a_given_token_is_used_as_it_is() {
    let server = service().await;
    let given = application_token();
    for text in [given.clone(), format!("Bearer {given}\n"), format!("  {given}  ")] {
        let request = Request {
            token_input: Some(Secret::new(text)),
            ..request(&server, Method::Token, &[])
        };
        let session = sign_in(request).await.unwrap();
        assert_eq!(next_token(&session).await, given);
    }
    let session =
        sign_in(request(&server, Method::Token, &[("PIMAUDIT_ACCESS_TOKEN", "opaque-token")]));
    let session = session.await.unwrap();
    assert!(session.identity.opaque && session.identity.permissions.is_empty());
    assert_eq!(next_token(&session).await, "opaque-token");
    assert_eq!(requests(&server).await, [""; 0]);
}

#[tokio::test]
async fn a_given_token_that_cannot_serve_is_refused_with_the_reason() {
    let server = service().await;
    for (given, part) in [
        (token(json!({"exp": 1_700_000_000})), "expired at 2023-11-14T22:13:20Z"),
        (token(json!({"aud": "https://management.azure.com"})), "not for Microsoft Graph"),
        (token(json!({"tid": "7f3a0000-0000-0000-0000-000000000002"})), "is for tenant 7f3a"),
        ("two words".to_owned(), "not an access token"),
        (String::new(), "not set: PIMAUDIT_ACCESS_TOKEN"),
    ] {
        let variables = [("PIMAUDIT_ACCESS_TOKEN", given.as_str())];
        let failure = failure(request(&server, Method::Token, &variables)).await;
        assert!(failure.to_string().contains(part), "{failure}");
    }
}

#[tokio::test]
async fn the_authority_variable_names_the_sign_in_host() {
    let server = service().await;
    answers(&server, ("client_id", CLIENT), granted(&application_token(), 3600)).await;
    let address = server.uri();
    let mut variables = SECRET.to_vec();
    variables.push(("AZURE_AUTHORITY_HOST", address.as_str()));
    let request = Request {
        endpoints: Endpoints::default(),
        ..request(&server, Method::ClientSecret, &variables)
    };
    sign_in(request).await.unwrap();
    assert_eq!(requests(&server).await, [format!("POST {TOKEN_PATH}")]);
}

/// What a task of Azure Pipelines sets for a job with a service connection.
fn pipeline(server: &MockServer) -> Vec<(&'static str, String)> {
    vec![
        ("SYSTEM_OIDCREQUESTURI", format!("{}{OIDC_PATH}", server.uri())),
        ("SYSTEM_ACCESSTOKEN", "job-token".to_owned()),
        ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "connection-1".to_owned()),
        ("AZURESUBSCRIPTION_TENANT_ID", TENANT.to_owned()),
        ("AZURESUBSCRIPTION_CLIENT_ID", CLIENT.to_owned()),
        ("PIMAUDIT_LOGIN_ENDPOINT", server.uri()),
    ]
}

/// Runs the program in that job. `azure_identity` reads the address of the request from the process
/// itself, so only a process of its own can prove this sign-in.
fn run_in_pipeline(arguments: &[&str], variables: &[(&'static str, String)]) -> Run {
    let all = [arguments, &["--auth", "azure-pipelines"]].concat();
    let start = program(&all);
    let run = variables.iter().fold(start, |run, (name, value)| run.env(name, value));
    tokio::task::block_in_place(|| run.run())
}

/// The pipeline answers one request for an assertion.
async fn offers_assertion(server: &MockServer, answer: ResponseTemplate) {
    Mock::given(method("POST"))
        .and(path(OIDC_PATH))
        .and(header("authorization", "Bearer job-token"))
        .and(header("x-tfs-fedauthredirect", "Suppress"))
        .and(query_param("serviceConnectionId", "connection-1"))
        .and(query_param("api-version", "7.1"))
        .respond_with(answer)
        .mount(server)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_signs_in_with_the_assertion_of_its_service_connection() {
    let server = service().await;
    let assertion = ResponseTemplate::new(200).set_body_json(json!({"oidcToken": "assertion-1"}));
    offers_assertion(&server, assertion).await;
    let access = application_token();
    answers(&server, ("client_assertion", "assertion-1"), granted(&access, 3600)).await;
    let graph = MockGraph::start(&["exemplary"]).await;
    let mut variables = pipeline(&server);
    variables.push(("PIMAUDIT_GRAPH_ENDPOINT", graph.uri()));

    for arguments in [&["doctor"][..], &["audit", "--format", "json"]] {
        let run = run_in_pipeline(arguments, &variables);
        assert_eq!(run.code, 0, "{}", run.shown());
        let who = "signed in by azure-pipelines as pimaudit";
        assert!(run.stderr.lines().any(|line| line == who), "{}", run.shown());
        let sent = form(server.received_requests().await.unwrap().last().unwrap());
        assert_eq!(sent["client_assertion"], "assertion-1");
        assert_eq!(
            sent["client_assertion_type"],
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        );
        assert_eq!(sent["grant_type"], "client_credentials");
        assert_eq!(sent["client_id"], CLIENT);
        assert_eq!(sent["scope"], SCOPE);
        for secret in ["job-token", "assertion-1", access.as_str()] {
            assert!(!run.shown().contains(secret), "{}", run.shown());
        }
    }
    let both = [format!("POST {OIDC_PATH}"), format!("POST {TOKEN_PATH}")];
    assert_eq!(requests(&server).await, [both.clone(), both].concat());
    graph.assert_all_planned();
    let bearer = format!("Bearer {access}");
    for request in graph.received().await {
        assert_eq!(request.headers["authorization"], bearer, "{}", request.url);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pipeline_that_gives_no_assertion_says_why() {
    let server = service().await;
    let refusal = ResponseTemplate::new(403)
        .set_body_json(json!({"message": "The service connection does not exist."}));
    offers_assertion(&server, refusal).await;
    // A login host on this machine would take every request; without one the address itself counts.
    let mut variables = pipeline(&server);
    variables.retain(|(name, _)| *name != "PIMAUDIT_LOGIN_ENDPOINT");
    let run = run_in_pipeline(&["doctor"], &variables);
    assert_eq!(run.code, 4, "{}", run.shown());
    assert!(run.stderr.contains("403"), "{}", run.shown());
    assert!(run.stderr.contains("service connection"), "{}", run.shown());
    assert!(!run.shown().contains("job-token"), "{}", run.shown());
    assert_eq!(requests(&server).await, [format!("POST {OIDC_PATH}")]);

    for missing in 0..5 {
        let mut variables = pipeline(&server);
        let (name, _) = variables.remove(missing);
        let run = run_in_pipeline(&["doctor"], &variables);
        assert_eq!(run.code, 4, "{name}: {}", run.shown());
        let told = name.replace("AZURESUBSCRIPTION_TENANT_ID", "AZURE_TENANT_ID");
        let told = told.replace("AZURESUBSCRIPTION_CLIENT_ID", "AZURE_CLIENT_ID");
        assert!(run.stderr.contains(&format!("not set: {told}")), "{}", run.shown());
    }
}

/// Everything of a result that could reach a screen or a log.
fn visible(result: &Result<Session, SignInError>) -> String {
    match result {
        Ok(session) => format!("{session:?}"),
        Err(error) => format!("{error} {error:?} {:?}", error.hint()),
    }
}

#[tokio::test]
async fn no_secret_reaches_a_message_or_a_debug_text() {
    let secret = "correct-horse-battery";
    let access = application_token();
    let repeated = format!("The secret {secret} or the assertion {access} is wrong.");
    let broken = ResponseTemplate::new(200)
        .set_body_json(json!({"access_token": secret, "refresh_token": access, "token_type": 7}));
    for answer in [
        refused(401, 7_000_215, &repeated),
        refused(401, 1, &repeated),
        ResponseTemplate::new(400).set_body_json(json!({"error_description": 1, "given": secret})),
        ResponseTemplate::new(403).set_body_string(repeated.clone()),
        ResponseTemplate::new(200).set_body_json(json!({"access_token": 1, "given": secret})),
        broken.clone(),
        granted(&access, 3600),
    ] {
        let server = service().await;
        answers(&server, ("client_secret", "correct-horse-battery"), answer).await;
        let text = visible(&sign_in(request(&server, Method::ClientSecret, &SECRET)).await);
        assert!(!text.contains(secret) && !text.contains("eyJ"), "{text}");
    }
    for answer in [refused(400, 50_126, &repeated), broken] {
        let server = service().await;
        offers_device_code(&server).await;
        answers(&server, ("device_code", "device-code-secret"), answer).await;
        let text = visible(&sign_in(request(&server, Method::DeviceCode, &SECRET)).await);
        assert!(!text.contains(secret) && !text.contains("eyJ"), "{text}");
        assert!(!text.contains("device-code-secret"), "{text}");
    }
    let server = service().await;
    let variables = [("PIMAUDIT_ACCESS_TOKEN", access.as_str())];
    let text = visible(&sign_in(request(&server, Method::Token, &variables)).await);
    assert!(text.contains("pimaudit") && !text.contains("eyJ"), "{text}");
}
