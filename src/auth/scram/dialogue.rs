//! The steps of a dialogue, as states that are used up by them.

use super::{
    binding::Binding,
    message::{ClientFinal, ClientFirst, Fault},
};
use crate::auth::{
    failure::{LoginError, LoginFailure},
    grant::Grant,
    identity::{Certainty, Identity},
    mechanism::Mechanism,
    name::UserName,
    randomness::random_bytes,
    scram_hash::{HashOutput, ScramHash},
    users::Users,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::fmt;
use subtle::ConstantTimeEq;

/// Of the server's part of the nonce, in bytes before base64: it never repeats by chance, and as a multiple of three
/// it needs no padding.
const NONCE_LEN: usize = 18;

/// The salt was shown; the client's proof is due.
pub(in crate::auth) struct AwaitingProof {
    name: Box<str>,
    acting_as: Option<UserName>,
    hash: ScramHash,
    identity: Identity,
    /// The header of the first message, and behind it what the dialogue is bound to.
    bound_to: Box<[u8]>,
    /// Of the former.
    header_len: usize,
    nonces: Box<str>,
    /// The first two messages as the proof covers them, each with a comma behind it.
    said: String,
}

/// The client's proof has come, for this dialogue, and is yet to be judged.
pub(in crate::auth) struct ClaimedProof {
    awaited: AwaitingProof,
    without_proof: Box<str>,
    proof: HashOutput,
}

/// The client has proven who it is, and has yet to say that the server has too.
pub(in crate::auth) struct AwaitingReceipt {
    name: Box<str>,
    grant: Grant,
}

/// Reads the client's first message; yields the challenge.
pub(in crate::auth) fn begin(
    users: &Users,
    mechanism: Mechanism,
    binding: Binding,
    message: &[u8],
) -> Result<(Vec<u8>, AwaitingProof), LoginError> {
    let nonce = random_bytes::<NONCE_LEN>().map_err(|lack| LoginError::nameless(lack.into()))?;
    begin_with_nonce(users, mechanism, binding, message, &STANDARD.encode(nonce))
}

pub(in crate::auth) fn begin_with_nonce(
    users: &Users,
    mechanism: Mechanism,
    binding: Binding,
    message: &[u8],
    server_nonce: &str,
) -> Result<(Vec<u8>, AwaitingProof), LoginError> {
    let first = ClientFirst::parse(message).map_err(|fault| LoginError::nameless(fault.into()))?;
    let malformed = |_| LoginError::of(&first.name, LoginFailure::Malformed);
    let agreed = binding.agree(first.header.flag).map_err(|failure| match failure {
        // As all that is wrong with the form of a first message.
        LoginFailure::Malformed => LoginError::nameless(failure),
        _ => LoginError::of(&first.name, failure),
    })?;
    let hash = mechanism.scram_hash().ok_or_else(|| LoginError::of(&first.name, LoginFailure::Malformed))?;
    let claimed = UserName::new(&first.name).map_err(malformed)?;
    let acting_as = first.header.acting_as.as_deref().map(UserName::new).transpose().map_err(malformed)?;
    let identity = users.identify(claimed, mechanism);

    let nonces = format!("{}{server_nonce}", first.nonce);
    // Looked up for this mechanism, so there is one.
    let missing = || LoginError::of(&first.name, LoginFailure::MissingForm(hash.into()));
    let verifier = identity.verifier(hash).ok_or_else(missing)?;
    let challenge = format!("r={nonces},s={},i={}", STANDARD.encode(verifier.salt()), verifier.rounds());
    let awaiting = AwaitingProof {
        said: format!("{},{challenge},", first.bare),
        bound_to: [first.header.text.as_bytes(), agreed].concat().into(),
        header_len: first.header.text.len(),
        name: first.name.into(),
        nonces: nonces.into(),
        acting_as,
        hash,
        identity,
    };
    Ok((challenge.into_bytes(), awaiting))
}

/// Whom a first message names, if it is one.
pub(in crate::auth) fn claimed_name(message: &[u8]) -> Option<UserName> {
    UserName::new(&ClientFirst::parse(message).ok()?.name).ok()
}

impl AwaitingProof {
    /// Lets the proof be judged knowing whether the source of users could tell who this is.
    pub(in crate::auth) fn under(&mut self, certainty: Certainty) {
        self.identity.under(certainty);
    }

    /// Reads the client's last message, and leaves its proof to be judged.
    pub(in crate::auth) fn read(self, message: &[u8]) -> Result<ClaimedProof, LoginError> {
        match self.proof(message) {
            Ok((without_proof, proof)) => Ok(ClaimedProof { awaited: self, without_proof, proof }),
            Err(failure) => Err(LoginError::of(&self.name, failure)),
        }
    }

    fn proof(&self, message: &[u8]) -> Result<(Box<str>, HashOutput), LoginFailure> {
        let last = ClientFinal::parse(message, self.hash)?;
        let (same_nonces, same_channel) =
            (last.nonce.as_bytes().ct_eq(self.nonces.as_bytes()), last.bound_to.ct_eq(&self.bound_to));
        if !bool::from(same_nonces & same_channel) {
            let header = &self.bound_to[..self.header_len];
            // All that differs is the channel.
            let is_elsewhere = self.header_len < self.bound_to.len()
                && bool::from(same_nonces)
                && last.bound_to.starts_with(header);
            return Err(if is_elsewhere { LoginFailure::WrongBinding } else { LoginFailure::Malformed });
        }
        Ok((last.without_proof.into(), last.proof))
    }
}

impl ClaimedProof {
    /// The name, as it was sent.
    pub(in crate::auth) fn claimed_name(&self) -> &str {
        &self.awaited.name
    }

    /// Whom it is a guess at: see `Claim::target`.
    pub(in crate::auth) fn target(&self) -> &str {
        self.awaited.identity.claimed().stem()
    }

    /// Judges; yields the server's signature.
    pub(in crate::auth) fn judge(self) -> Result<(Vec<u8>, AwaitingReceipt), LoginError> {
        let AwaitingProof { name, acting_as, hash, identity, said, .. } = self.awaited;
        let auth_message = [said.as_bytes(), self.without_proof.as_bytes()];
        match identity.prove_by_scram(hash, &self.proof, &auth_message, acting_as.as_ref()) {
            Ok((grant, signature)) => {
                let signature = format!("v={}", STANDARD.encode(&*signature)).into_bytes();
                Ok((signature, AwaitingReceipt { name, grant }))
            }
            Err(failure) => Err(LoginError::of(&name, failure)),
        }
    }
}

impl AwaitingReceipt {
    /// Reads the answer to the signature, which is empty if the client found it right.
    pub(in crate::auth) fn finish(self, message: &[u8]) -> Result<Grant, LoginError> {
        if message.is_empty() {
            Ok(self.grant)
        } else {
            Err(LoginError::of(&self.name, LoginFailure::Malformed))
        }
    }
}

impl From<Fault> for LoginFailure {
    fn from(_: Fault) -> Self {
        Self::Malformed
    }
}

impl fmt::Debug for AwaitingProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitingProof").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for ClaimedProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClaimedProof").field("name", &self.awaited.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for AwaitingReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwaitingReceipt").field("name", &self.name).finish_non_exhaustive()
    }
}
