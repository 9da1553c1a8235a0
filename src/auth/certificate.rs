//! Certificates of applications: a PEM file with key and certificate becomes signed assertions.
//!
//! PS256 and the SHA-256 thumbprint, as Entra ID wants assertions to be. PFX files and keys behind
//! a password are refused with the way to convert them. How the file is found is not known here.

use super::clock;
use aws_lc_rs::error::{KeyRejected, Unspecified};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PSS_SHA256};
use aws_lc_rs::{digest, rand};
use azure_core::error::ErrorKind;
use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use rustls_pki_types::pem::{SectionKind, SliceIter};
use serde::Serialize;
use std::fmt;

/// How long an assertion is good for, in seconds; each serves one request.
const LIFETIME: i64 = 10 * 60;
/// `rsaEncryption` (1.2.840.113549.1.1.1) in DER, which every PKCS#8 RSA key names.
const RSA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// The first byte of every DER structure, PFX files included.
const DER_SEQUENCE: u8 = 0x30;

/// Why a file cannot serve as the certificate of an application.
#[derive(Debug, thiserror::Error)]
pub(super) enum CertificateError {
    #[error("it is not PEM text but looks like a PFX (PKCS#12) file")]
    Pkcs12,
    #[error("it is not PEM text: there is no BEGIN line")]
    NotPem,
    #[error("a block is damaged: its BEGIN line, END line or base64 text is not valid")]
    Damaged,
    #[error("the private key is encrypted")]
    Encrypted,
    #[error("there is no private key, only a certificate")]
    NoKey,
    #[error("there is no certificate, only a private key")]
    NoCertificate,
    #[error("the private key is not an RSA key, and Entra ID takes no other")]
    NotRsa,
    #[error("the RSA key cannot be used: {0}")]
    Unusable(#[source] KeyRejected),
    #[error("the private key belongs to no certificate in the file")]
    NotItsCertificate,
}

impl CertificateError {
    /// How to get a file that works.
    pub(super) const fn hint(&self) -> &'static str {
        match self {
            Self::Pkcs12 => "convert it: openssl pkcs12 -in file.pfx -out file.pem -nodes",
            Self::Encrypted => "write the key without a password: openssl pkey -in file.pem",
            Self::NotRsa | Self::Unusable(_) => {
                "make an RSA key of at least 2048 bits with its certificate"
            }
            Self::NotPem
            | Self::Damaged
            | Self::NoKey
            | Self::NoCertificate
            | Self::NotItsCertificate => {
                "the file must hold the private key and its certificate as PEM blocks"
            }
        }
    }
}

/// Signs assertions with which an application proves who it is.
pub(super) struct CertificateAssertion {
    key: KeyPair,
    /// Encoded already, because it never changes.
    header: String,
    audience: String,
    client: String,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    #[serde(rename = "x5t#S256")]
    thumbprint: &'a str,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: &'a str,
    nbf: i64,
    iat: i64,
    exp: i64,
}

impl CertificateAssertion {
    /// Takes a PEM file for `client`; `audience` is the address assertions are sent to.
    pub(super) fn new(pem: &[u8], audience: &str, client: &str) -> Result<Self, CertificateError> {
        let blocks = blocks(pem)?;
        let key = key(&blocks)?;
        let certificate = certificate(&blocks, key.public_key().as_ref())?;
        let thumbprint = encode(digest::digest(&digest::SHA256, certificate));
        let header = Header { alg: "PS256", typ: "JWT", thumbprint: &thumbprint };
        Ok(Self {
            key,
            header: encode(json(&header)),
            audience: audience.to_owned(),
            client: client.to_owned(),
        })
    }

    /// A new assertion that begins to be valid at `now`, in seconds of the Unix epoch.
    fn sign(&self, now: i64) -> Result<String, Unspecified> {
        let mut id = [0; 16];
        rand::fill(&mut id)?;
        let claims = Claims {
            aud: &self.audience,
            iss: &self.client,
            sub: &self.client,
            jti: &encode(id),
            nbf: now,
            iat: now,
            exp: now + LIFETIME,
        };
        let message = format!("{}.{}", self.header, encode(json(&claims)));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)?;
        Ok(format!("{message}.{}", encode(signature)))
    }
}

impl fmt::Debug for CertificateAssertion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CertificateAssertion")
            .field("client", &self.client)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

#[async_trait::async_trait]
impl ClientAssertion for CertificateAssertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        self.sign(clock::now().as_second()).map_err(|_| {
            azure_core::Error::with_message(
                ErrorKind::Credential,
                "sign with the certificate's key",
            )
        })
    }
}

type Block = (SectionKind, Vec<u8>);

fn blocks(pem: &[u8]) -> Result<Vec<Block>, CertificateError> {
    let text = String::from_utf8_lossy(pem);
    if !text.contains("-----BEGIN ") {
        let der = pem.first() == Some(&DER_SEQUENCE);
        return Err(if der { CertificateError::Pkcs12 } else { CertificateError::NotPem });
    }
    if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        || text.contains("Proc-Type: 4,ENCRYPTED")
    {
        return Err(CertificateError::Encrypted);
    }
    SliceIter::<Block>::new(pem).collect::<Result<_, _>>().map_err(|_| CertificateError::Damaged)
}

/// The first private key, whatever else there is.
fn key(blocks: &[Block]) -> Result<KeyPair, CertificateError> {
    for (kind, der) in blocks {
        let key = if *kind == SectionKind::PrivateKey {
            if !contains(der, &RSA) {
                return Err(CertificateError::NotRsa);
            }
            KeyPair::from_pkcs8(der)
        } else if *kind == SectionKind::RsaPrivateKey {
            KeyPair::from_der(der)
        } else if *kind == SectionKind::EcPrivateKey {
            return Err(CertificateError::NotRsa);
        } else {
            continue;
        };
        return key.map_err(CertificateError::Unusable);
    }
    Err(CertificateError::NoKey)
}

/// The certificate that holds `public_key`: a file may hold those of its issuers as well.
fn certificate<'a>(blocks: &'a [Block], public_key: &[u8]) -> Result<&'a [u8], CertificateError> {
    let certificates = || blocks.iter().filter(|(kind, _)| *kind == SectionKind::Certificate);
    if certificates().next().is_none() {
        return Err(CertificateError::NoCertificate);
    }
    // A certificate repeats the DER of its public key byte for byte.
    let (_, der) = certificates()
        .find(|(_, der)| contains(der, public_key))
        .ok_or(CertificateError::NotItsCertificate)?;
    Ok(der)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("a struct of texts and numbers is always JSON")
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
    use base64::prelude::BASE64_STANDARD;
    use serde_json::{Value, json};
    use std::sync::LazyLock;

    const AUDIENCE: &str = "https://login.contoso.example/tenant/oauth2/v2.0/token";
    /// Bytes of a PKCS#8 RSA key before the PKCS#1 key it wraps.
    const WRAPPING: usize = 26;

    static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());

    fn pkcs8(key: &KeyPair) -> Vec<u8> {
        let der: Pkcs8V1Der<'static> = key.as_der().unwrap();
        der.as_ref().to_vec()
    }

    /// Not a real certificate, but like one it is DER and holds the public key.
    fn certificate_of(key: &KeyPair) -> Vec<u8> {
        let public = key.public_key().as_ref();
        let length = u16::try_from(public.len()).unwrap().to_be_bytes();
        [&[DER_SEQUENCE, 0x82][..], &length[..], public].concat()
    }

    fn block(label: &str, der: &[u8]) -> String {
        let text = BASE64_STANDARD.encode(der);
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    }

    fn assertion(pem: &str) -> Result<CertificateAssertion, CertificateError> {
        CertificateAssertion::new(pem.as_bytes(), AUDIENCE, "client")
    }

    fn decoded(part: &str) -> Value {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    #[test]
    fn an_assertion_is_signed_with_ps256_by_the_key_of_the_certificate() {
        let certificate = certificate_of(&KEY);
        let issuer = certificate_of(&KeyPair::generate(KeySize::Rsa2048).unwrap());
        let pem = [
            "Bag Attributes\n    friendlyName: pimaudit\n".to_owned(),
            block("CERTIFICATE", &issuer),
            block("PRIVATE KEY", &pkcs8(&KEY)),
            block("CERTIFICATE", &certificate),
        ]
        .concat();
        let signed = assertion(&pem).unwrap().sign(1_800_000_000).unwrap();

        let (message, signature) = signed.rsplit_once('.').unwrap();
        UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, KEY.public_key().as_ref())
            .verify(message.as_bytes(), &BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap())
            .unwrap();
        let (header, claims) = message.split_once('.').unwrap();
        let thumbprint = encode(digest::digest(&digest::SHA256, &certificate));
        assert_eq!(decoded(header), json!({"alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint}));
        let claims = decoded(claims);
        for (name, expected) in [
            ("aud", json!(AUDIENCE)),
            ("iss", json!("client")),
            ("sub", json!("client")),
            ("nbf", json!(1_800_000_000)),
            ("exp", json!(1_800_000_600)),
        ] {
            assert_eq!(claims[name], expected, "{name}");
        }
    }

    #[test]
    fn every_assertion_has_an_id_of_its_own() {
        let pem = block("PRIVATE KEY", &pkcs8(&KEY)) + &block("CERTIFICATE", &certificate_of(&KEY));
        let assertion = assertion(&pem).unwrap();
        let id = |signed: String| decoded(signed.split('.').nth(1).unwrap())["jti"].clone();
        assert_ne!(id(assertion.sign(0).unwrap()), id(assertion.sign(0).unwrap()));
    }

    #[test]
    fn a_pkcs1_key_works_too() {
        let pkcs1 = &pkcs8(&KEY)[WRAPPING..];
        let pem = block("RSA PRIVATE KEY", pkcs1) + &block("CERTIFICATE", &certificate_of(&KEY));
        assert!(assertion(&pem).unwrap().sign(0).is_ok());
    }

    #[test]
    fn a_file_that_cannot_work_is_refused_by_name() {
        let key = block("PRIVATE KEY", &pkcs8(&KEY));
        let certificate = block("CERTIFICATE", &certificate_of(&KEY));
        let other = certificate_of(&KeyPair::generate(KeySize::Rsa2048).unwrap());
        let cases = [
            (String::new(), "no BEGIN line"),
            ("0\u{2}\u{1}".to_owned(), "PFX"),
            (key.clone(), "there is no certificate"),
            (certificate.clone(), "there is no private key"),
            (block("ENCRYPTED PRIVATE KEY", b"x") + &certificate, "encrypted"),
            (
                format!("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{certificate}"),
                "encrypted",
            ),
            (block("EC PRIVATE KEY", b"x") + &certificate, "not an RSA key"),
            (block("PRIVATE KEY", b"0\x05ecKey") + &certificate, "not an RSA key"),
            (block("RSA PRIVATE KEY", b"x") + &certificate, "cannot be used"),
            (key.replace("-----END", "%%%%\n-----END") + &certificate, "damaged"),
            (key + &block("CERTIFICATE", &other), "belongs to no certificate"),
        ];
        for (pem, part) in cases {
            let error = assertion(&pem).unwrap_err();
            assert!(error.to_string().contains(part), "{part}: {error}");
            assert!(!error.hint().is_empty());
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let pem = block("PRIVATE KEY", &pkcs8(&KEY)) + &block("CERTIFICATE", &certificate_of(&KEY));
        let shown = format!("{:?}", assertion(&pem).unwrap());
        assert!(shown.contains("client") && !shown.contains("Rsa"), "{shown}");
    }
}
