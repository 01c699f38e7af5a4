//! Records of AES-128 in CBC mode with HMAC-SHA1, of TLS 1.2: a random block first, then what is said, its checksum and padding.
//!
//! The checksum lies within what is encrypted, so a record must not tell by its time how much of it was padding: checksum and
//! padding are looked at in one step, whose work depends on the record's length alone but for a hash of one block more or less, and
//! all that can be wrong is one error.

use aes::Aes128;
use aes::cipher::{Block, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use hmac::{Hmac, Mac};
use rustls::crypto::cipher::{
    AeadKey, InboundOpaqueMessage, InboundPlainMessage, KeyBlockShape, MessageDecrypter, MessageEncrypter,
    OutboundOpaqueMessage, OutboundPlainMessage, PrefixedPayload, Tls12AeadAlgorithm, UnsupportedOperationError,
    make_tls12_aad,
};
use rustls::{ConnectionTrafficSecrets, ContentType, Error, ProtocolVersion};
use sha1::{Digest, Sha1};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq, ConstantTimeLess};

/// Bytes of a block.
const BLOCK: usize = 16;

/// Bytes of a checksum, and of its key.
const MAC: usize = 20;

/// Bytes of padding at most, the one that tells their number among them.
const PADDING_MAX: usize = 256;

/// Bytes that a record may say at most.
const SAID_MAX: usize = 1 << 14;

/// Bytes before what is checked: number, kind, version, length.
const HEAD: usize = 13;

/// The suite's records. Keys come in the order checksums, ciphers, each the client's first: what other suites have as key is the
/// checksum's here, and what they have as vector is the cipher's.
pub(super) struct Aes128CbcSha1;

impl Tls12AeadAlgorithm for Aes128CbcSha1 {
    fn encrypter(&self, mac: AeadKey, cipher: &[u8], _: &[u8]) -> Box<dyn MessageEncrypter> {
        Box::new(Keys::new(mac.as_ref(), cipher))
    }

    fn decrypter(&self, mac: AeadKey, cipher: &[u8]) -> Box<dyn MessageDecrypter> {
        Box::new(Keys::new(mac.as_ref(), cipher))
    }

    fn key_block_shape(&self) -> KeyBlockShape {
        KeyBlockShape { enc_key_len: MAC, fixed_iv_len: BLOCK, explicit_nonce_len: 0 }
    }

    fn extract_keys(
        &self,
        _: AeadKey,
        _: &[u8],
        _: &[u8],
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        Err(UnsupportedOperationError)
    }
}

/// Those of one direction; without them nothing is opened or sealed.
struct Keys {
    mac: Option<Hmac<Sha1>>,
    cipher: Option<Aes128>,
}

impl Keys {
    fn new(mac: &[u8], cipher: &[u8]) -> Keys {
        Keys { mac: Hmac::new_from_slice(mac).ok(), cipher: Aes128::new_from_slice(cipher).ok() }
    }

    /// The checksum of what a record says.
    fn checksum(&self, head: &[u8; HEAD], said: &[u8]) -> Option<[u8; MAC]> {
        let mut mac = self.mac.clone()?;
        mac.update(head);
        mac.update(said);
        Some(mac.finalize().into_bytes().into())
    }
}

impl MessageEncrypter for Keys {
    fn encrypt(&mut self, msg: OutboundPlainMessage<'_>, seq: u64) -> Result<OutboundOpaqueMessage, Error> {
        let cipher = self.cipher.as_ref().ok_or(Error::EncryptError)?;
        let said = msg.payload.len();
        let mut payload = PrefixedPayload::with_capacity(self.encrypted_payload_len(said));
        let mut block = [0; BLOCK];
        getrandom::fill(&mut block).map_err(|_| Error::FailedToGetRandomBytes)?;
        payload.extend_from_slice(&block);
        payload.extend_from_chunks(&msg.payload);
        let head = make_tls12_aad(seq, msg.typ, msg.version, said);
        let checksum = self.checksum(&head, &payload.as_ref()[BLOCK..]).ok_or(Error::EncryptError)?;
        payload.extend_from_slice(&checksum);
        let padding = BLOCK - (said + MAC) % BLOCK;
        payload.extend_from_slice(&[padding as u8 - 1; BLOCK][..padding]);
        let (blocks, _) = payload.as_mut()[BLOCK..].as_chunks_mut::<BLOCK>();
        for plain in blocks {
            plain.iter_mut().zip(&block).for_each(|(a, b)| *a ^= b);
            let mut sealed = Block::<Aes128>::from(*plain);
            cipher.encrypt_block(&mut sealed);
            block = sealed.into();
            *plain = block;
        }
        Ok(OutboundOpaqueMessage::new(msg.typ, msg.version, payload))
    }

    fn encrypted_payload_len(&self, said: usize) -> usize {
        BLOCK + (said + MAC) / BLOCK * BLOCK + BLOCK
    }
}

impl MessageDecrypter for Keys {
    fn decrypt<'a>(&mut self, mut msg: InboundOpaqueMessage<'a>, seq: u64) -> Result<InboundPlainMessage<'a>, Error> {
        let cipher = self.cipher.as_ref().ok_or(Error::DecryptError)?;
        let (blocks, rest) = msg.payload.as_chunks_mut::<BLOCK>();
        let Some((first, blocks)) =
            blocks.split_first_mut().filter(|(_, blocks)| rest.is_empty() && blocks.len() > MAC / BLOCK)
        else {
            return Err(Error::DecryptError);
        };
        let mut before = *first;
        for sealed in blocks {
            let mut plain = Block::<Aes128>::from(*sealed);
            cipher.decrypt_block(&mut plain);
            let mut plain: [u8; BLOCK] = plain.into();
            plain.iter_mut().zip(&before).for_each(|(a, b)| *a ^= b);
            before = *sealed;
            *sealed = plain;
        }
        let said = self.said(&msg.payload[BLOCK..], seq, msg.typ, msg.version).ok_or(Error::DecryptError)?;
        if said > SAID_MAX {
            return Err(Error::PeerSentOversizedRecord);
        }
        msg.payload.copy_within(BLOCK..BLOCK + said, 0);
        msg.payload.truncate(said);
        Ok(msg.into_plain_message())
    }
}

impl Keys {
    /// How many bytes of an opened record are what it says; none if checksum or padding do not fit.
    fn said(&self, opened: &[u8], seq: u64, kind: ContentType, version: ProtocolVersion) -> Option<usize> {
        let most = opened.len().checked_sub(MAC + 1)?;
        let last = *opened.last()?;
        // As many bytes as the last one says are like it; else the record is taken to have no padding, and counts as wrong.
        let padding = u32::from(last);
        let mut fits = !padding.ct_gt_u32(most as u32);
        let looked_at = PADDING_MAX.min(opened.len() - MAC);
        for back in 0..looked_at {
            let is_padding = !(back as u32).ct_gt_u32(padding);
            let same = opened[opened.len() - 1 - back].ct_eq(&last);
            fits &= same | !is_padding;
        }
        let padding = u32::conditional_select(&0, &padding, fits) as usize;
        let said = most - padding;
        let head = make_tls12_aad(seq, kind, version, said);
        let checksum = self.checksum(&head, &opened[..said])?;
        self.spend(most, said);
        // The checksum is taken from its place without telling where that is.
        let mut theirs = [0; MAC];
        let from = opened.len() - MAC - looked_at.max(1);
        for at in from..=most {
            let here = (at as u32).ct_eq(&(said as u32));
            for (byte, found) in theirs.iter_mut().zip(&opened[at..at + MAC]) {
                byte.conditional_assign(found, here);
            }
        }
        fits &= theirs.ct_eq(&checksum);
        bool::from(fits).then_some(said)
    }

    /// Hashes as many blocks as a checksum over more bytes would have.
    fn spend(&self, most: usize, said: usize) {
        const HASHED: usize = 64;
        let blocks = |bytes: usize| (HEAD + bytes + 8) / HASHED;
        let mut hash = Sha1::new();
        for _ in blocks(said)..blocks(most) {
            hash.update([0; HASHED]);
        }
        std::hint::black_box(hash);
    }
}

trait Compare {
    fn ct_gt_u32(&self, other: u32) -> Choice;
}

impl Compare for u32 {
    fn ct_gt_u32(&self, other: u32) -> Choice {
        other.ct_lt(self)
    }
}
