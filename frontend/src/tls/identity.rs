//! Whom a client's certificate names.

use keyway::{ExternalIdentity, ExternalName};
use rustls::pki_types::CertificateDer;
use std::{net::IpAddr, time::SystemTime};
use x509_cert::{
    Certificate,
    der::Decode,
    ext::pkix::{SubjectAltName, name::GeneralName},
};

/// The names in a certificate whose signature was verified: its subject, as RFC 4514 writes it, and its alternative names. `None`
/// if it cannot be read.
pub(super) fn of(certificate: &CertificateDer<'_>) -> Option<ExternalIdentity> {
    let certificate = Certificate::from_der(certificate).ok()?.tbs_certificate;
    let subject = certificate.subject.to_string();
    let mut names = Vec::new();
    if !subject.is_empty() {
        names.push(ExternalName::Subject(subject));
    }
    if let Some((_, SubjectAltName(alternatives))) = certificate.get::<SubjectAltName>().ok()? {
        names.extend(alternatives.iter().filter_map(alternative));
    }
    names.retain(is_plain);
    Some(ExternalIdentity { names })
}

/// What has control characters in it is nobody's name, and would spoil a log.
fn is_plain(name: &ExternalName) -> bool {
    match name {
        ExternalName::Subject(text) | ExternalName::San(text) => {
            text.len() <= ExternalName::MAX && !text.chars().any(char::is_control)
        }
        _ => true,
    }
}

fn alternative(name: &GeneralName) -> Option<ExternalName> {
    match name {
        GeneralName::DnsName(name) => Some(ExternalName::san(name.as_str())),
        GeneralName::Rfc822Name(name) => Some(ExternalName::san(name.as_str())),
        GeneralName::UniformResourceIdentifier(name) => Some(ExternalName::san(name.as_str())),
        GeneralName::IpAddress(octets) => {
            address(octets.as_bytes()).map(|it| ExternalName::san(&it.to_string()))
        }
        _ => None,
    }
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(octets).map(IpAddr::from)).ok()
}

/// From when until when a certificate counts; `None` if it cannot be read.
pub(super) fn validity(certificate: &CertificateDer<'_>) -> Option<(SystemTime, SystemTime)> {
    let validity = Certificate::from_der(certificate).ok()?.tbs_certificate.validity;
    Some((validity.not_before.to_system_time(), validity.not_after.to_system_time()))
}
