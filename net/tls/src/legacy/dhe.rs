//! Ephemeral Diffie-Hellman over the group ffdhe2048 of RFC 7919.

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U256, U2048};
use rustls::crypto::{ActiveKeyExchange, SharedSecret, SupportedKxGroup};
use rustls::ffdhe_groups::{FFDHE2048, FfdheGroup};
use rustls::{Error, NamedGroup, PeerMisbehaved, ProtocolVersion};

/// Bytes of a number of the group.
const BYTES: usize = 256;

/// Bits of an exponent; 225 are what the RFC asks for at least.
const EXPONENT_BITS: u32 = 256;

/// The group.
#[derive(Debug)]
pub(super) struct Ffdhe2048;

impl SupportedKxGroup for Ffdhe2048 {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| Error::FailedToGetRandomBytes)?;
        let exponent = U256::from_be_slice(&bytes);
        let public = power(U2048::from_be_slice(&padded(FFDHE2048.g).ok_or(Error::EncryptError)?), &exponent)?;
        Ok(Box::new(Exchange { exponent, public }))
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        Some(FFDHE2048)
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::FFDHE2048
    }

    fn usable_for_version(&self, version: ProtocolVersion) -> bool {
        version == ProtocolVersion::TLSv1_2
    }
}

/// One exchange.
struct Exchange {
    exponent: U256,
    public: [u8; BYTES],
}

impl ActiveKeyExchange for Exchange {
    fn complete(self: Box<Self>, theirs: &[u8]) -> Result<SharedSecret, Error> {
        let wrong = || Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare);
        let theirs = U2048::from_be_slice(&padded(theirs).ok_or_else(wrong)?);
        // 1 and -1 and what is no number of the group make a secret that anybody knows.
        let one = U2048::ONE;
        if theirs <= one || theirs >= prime()?.as_ref().wrapping_sub(&one) {
            return Err(wrong());
        }
        Ok(SharedSecret::from(&power(theirs, &self.exponent)?[..]))
    }

    fn ffdhe_group(&self) -> Option<FfdheGroup<'static>> {
        Some(FFDHE2048)
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::FFDHE2048
    }

    fn pub_key(&self) -> &[u8] {
        &self.public
    }
}

/// With zeros before it, as long as a number of the group; none if it is longer.
fn padded(bytes: &[u8]) -> Option<[u8; BYTES]> {
    let mut all = [0; BYTES];
    all[BYTES.checked_sub(bytes.len())?..].copy_from_slice(bytes);
    Some(all)
}

fn prime() -> Result<Odd<U2048>, Error> {
    let p = U2048::from_be_slice(&padded(FFDHE2048.p).ok_or(Error::EncryptError)?);
    Odd::new(p).into_option().ok_or(Error::EncryptError)
}

/// A power in the group, in a time that does not depend on the exponent.
fn power(base: U2048, exponent: &U256) -> Result<[u8; BYTES], Error> {
    let params = FixedMontyParams::new_vartime(prime()?);
    let power = FixedMontyForm::new(&base, &params).pow_bounded_exp(exponent, EXPONENT_BITS).retrieve();
    let mut bytes = [0; BYTES];
    bytes.copy_from_slice(power.to_be_bytes().as_ref());
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_have_the_same_secret() {
        let (a, b) = (Ffdhe2048.start().unwrap(), Ffdhe2048.start().unwrap());
        let (to_a, to_b) = (b.pub_key().to_vec(), a.pub_key().to_vec());
        assert_ne!(to_a, to_b);
        let (a, b) = (a.complete(&to_a).unwrap(), b.complete(&to_b).unwrap());
        assert_eq!(a.secret_bytes(), b.secret_bytes());
    }

    #[test]
    fn what_is_no_number_of_the_group_is_refused() {
        let mut minus_one = FFDHE2048.p.to_vec();
        minus_one[BYTES - 1] -= 1;
        let long = vec![1; BYTES + 1];
        for theirs in [&[][..], &[0], &[1], &minus_one, FFDHE2048.p, &[0xff; BYTES], &long] {
            assert!(Ffdhe2048.start().unwrap().complete(theirs).is_err());
        }
        assert!(Ffdhe2048.start().unwrap().complete(&[2]).is_ok());
    }

    #[test]
    fn powers_are_those_of_small_numbers() {
        let power = power(U2048::from_u64(3), &U256::from_u64(5)).unwrap();
        assert_eq!(power[BYTES - 1], 243);
        assert!(power[..BYTES - 1].iter().all(|b| *b == 0));
    }
}
