//! Runs the program as a user does, with a clean environment.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// What a run came to.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Everything a user sees, for snapshots.
    pub(crate) fn shown(&self) -> String {
        format!("exit {}\n-- stdout\n{}-- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

/// A run being prepared.
pub(crate) struct Program {
    command: Command,
    stdin: Vec<u8>,
}

/// The program with these arguments: no variable of the machine reaches it, 80 columns, an empty
/// working folder unless one is given.
pub(crate) fn program(arguments: &[&str]) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pimaudit"));
    command.args(arguments).env_clear().env("COLUMNS", "80").env("NO_PROXY", "*");
    command.current_dir(std::env::temp_dir());
    Program { command, stdin: Vec::new() }
}

impl Program {
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub(crate) fn stdin(mut self, bytes: &[u8]) -> Self {
        self.stdin = bytes.to_vec();
        self
    }

    pub(crate) fn run(mut self) -> Run {
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("stdin is a pipe");
        let bytes = std::mem::take(&mut self.stdin);
        let writer = std::thread::spawn(move || {
            // A program that does not read its input closes the pipe; that is its right.
            let _ = stdin.write_all(&bytes);
        });
        let output = child.wait_with_output().expect("the program ends");
        writer.join().expect("the writer ends");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        Run {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// An unsigned access token of a user with the permissions `pimaudit permissions` lists.
pub(crate) fn token(permissions: &str) -> String {
    token_of("14d82eec-204b-4c2f-b7e8-296a70dab67e", permissions)
}

/// The same of another application.
pub(crate) fn token_of(application: &str, permissions: &str) -> String {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let claims = format!(
        r#"{{"aud":"https://graph.microsoft.com","tid":"7f3a0000-0000-4000-8000-000000000001",
        "oid":"0a000000-0000-4000-8000-0000000000ff","upn":"auditor@contoso.example","idtyp":"user",
        "appid":"{application}","app_displayname":"Microsoft Graph Command Line Tools",
        "scp":"{permissions}","exp":4102444800,"iat":1700000000}}"#
    );
    format!("{}.{}.signature", part(r#"{"alg":"none","typ":"JWT"}"#), part(&claims))
}

/// Enough for the roles, their grants and their settings.
pub(crate) const PERMISSIONS: &str =
    "Directory.Read.All RoleManagement.Read.Directory RoleManagementPolicy.Read.Directory";
