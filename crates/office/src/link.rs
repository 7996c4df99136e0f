//! The link in a page: `/ack/{case}?t={token}`.
//!
//! The token is the first 16 bytes of HMAC-SHA256 over case and clinician, in base64 without padding, under a key that is
//! derived for each practice from the configured one. It proves that this clinician was sent this case's page; 128 bits
//! are beyond guessing, and it is compared in constant time.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{CaseId, PracticeId};
use hmac::{Hmac, Mac};
use oncall::{Clinician, ClinicianId};
use sha2::Sha256;
use store::Secret;

const TOKEN_BYTES: usize = 16;

#[derive(Clone)]
pub(crate) struct LinkKey(Hmac<Sha256>);

impl LinkKey {
    pub(crate) fn new(configured: &Secret, practice: &PracticeId) -> Self {
        let derived =
            keyed(configured.expose().as_bytes()).chain_update(b"acknowledge link 1 ").chain_update(&practice.0);
        Self(keyed(&derived.finalize().into_bytes()))
    }

    pub(crate) fn token(&self, case: CaseId, clinician: &ClinicianId) -> String {
        URL_SAFE_NO_PAD.encode(&self.mac(case, clinician).finalize().into_bytes()[..TOKEN_BYTES])
    }

    /// For whom of these this token of this case was made.
    pub(crate) fn clinician<'a>(
        &self,
        case: CaseId,
        token: &str,
        mut clinicians: impl Iterator<Item = &'a Clinician>,
    ) -> Option<&'a Clinician> {
        let token = URL_SAFE_NO_PAD.decode(token).ok().filter(|t| t.len() == TOKEN_BYTES)?;
        clinicians.find(|c| self.mac(case, &c.id).verify_truncated_left(&token).is_ok())
    }

    /// The case's id has a fixed length, so no two pairs run together to the same bytes.
    fn mac(&self, case: CaseId, clinician: &ClinicianId) -> Hmac<Sha256> {
        self.0.clone().chain_update(case.0.as_bytes()).chain_update(&clinician.0)
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clinician(id: &str) -> Clinician {
        Clinician { id: id.into(), name: id.to_owned(), ways: Vec::new() }
    }

    #[test]
    fn a_token_is_of_one_practice_one_case_and_one_clinician() {
        let people = [clinician("ann"), clinician("bob")];
        let key = LinkKey::new(&Secret::new("master"), &"riverside".into());
        let case = CaseId::new();
        let token = key.token(case, &"bob".into());
        assert_eq!(key.clinician(case, &token, people.iter()).map(|c| c.id.0.as_str()), Some("bob"));

        let elsewhere = LinkKey::new(&Secret::new("master"), &"hillside".into());
        let rotated = LinkKey::new(&Secret::new("another"), &"riverside".into());
        let stranger = key.token(case, &"eve".into());
        assert!(key.clinician(CaseId::new(), &token, people.iter()).is_none(), "another case");
        assert!(elsewhere.clinician(case, &token, people.iter()).is_none(), "another practice");
        assert!(rotated.clinician(case, &token, people.iter()).is_none(), "another key");
        for wrong in [stranger.as_str(), "", "%%%", &token[..10], &format!("{token}AA")] {
            assert!(key.clinician(case, wrong, people.iter()).is_none(), "{wrong:?}");
        }
    }
}
