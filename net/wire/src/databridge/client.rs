//! What a publisher says and hears, the same over Binary and Thrift. Bytes only: one request at a time, one answer each.

use super::binary::{self, ErrorClass, Response, response_extent};
use super::thrift::{Arguments, Exception, Method, Outcome, Reply, Scanner, write_call};
use crate::{Extent, WireError};

/// Bytes of an answer at most.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Which protocol is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// Binary.
    Binary,
    /// Thrift.
    Thrift,
}

/// An answer to a log-in, log-out or publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// It is done.
    Done,
    /// The session of a log-in.
    Session(&'a [u8]),
    /// Name or password is wrong.
    Denied(&'a [u8]),
    /// The session is not known: log in again, and send the bundle once more.
    Expired,
    /// The receiver will never take the bundle.
    Undefined(&'a [u8]),
    /// Something else went wrong, as it says.
    Failed(&'a [u8]),
}

/// Appends a log-in.
pub fn login(out: &mut Vec<u8>, speaks: Speaks, user: &[u8], password: &[u8]) {
    match speaks {
        Speaks::Binary => binary::login(out, user, password),
        Speaks::Thrift => write_call(out, Method::Connect, 1, Arguments::Texts(&[user, password])),
    }
}

/// Finds answers in what the receiver says.
#[derive(Debug)]
pub struct Answers {
    speaks: Speaks,
    scanner: Scanner,
}

impl Answers {
    /// Of a connection.
    pub fn new(speaks: Speaks) -> Answers {
        Answers { speaks, scanner: Scanner::default() }
    }

    /// The answer that the buffer begins with, and its bytes; none as long as it is not whole.
    ///
    /// # Errors
    ///
    /// Bytes that are no answer of the protocol.
    pub fn read<'a>(&mut self, buffer: &'a [u8]) -> Result<Option<(usize, Answer<'a>)>, WireError> {
        match self.speaks {
            Speaks::Binary => {
                let Extent::Whole(n) = response_extent(buffer, ANSWER_BYTES_MAX)? else { return Ok(None) };
                Ok(Some((n, of_response(Response::parse(&buffer[..n])?))))
            }
            Speaks::Thrift => {
                let Extent::Whole(n) = self.scanner.scan(buffer, ANSWER_BYTES_MAX)? else { return Ok(None) };
                self.scanner.reset();
                Ok(Some((n, of_outcome(Reply::parse(&buffer[..n])?.outcome))))
            }
        }
    }
}

fn of_response(response: Response<'_>) -> Answer<'_> {
    match response {
        Response::Ok => Answer::Done,
        Response::LoginOk(session) => Answer::Session(session),
        Response::Error { class, message } => match ErrorClass::of_name(class) {
            Some(ErrorClass::Authentication) => Answer::Denied(message),
            Some(ErrorClass::SessionTimeout) => Answer::Expired,
            Some(ErrorClass::UndefinedEventType) => Answer::Undefined(message),
            Some(ErrorClass::Retry) | None => Answer::Failed(message),
        },
    }
}

fn of_outcome(outcome: Outcome<'_>) -> Answer<'_> {
    match outcome {
        Outcome::Void | Outcome::Bool(_) => Answer::Done,
        Outcome::Text(session) => Answer::Session(session),
        Outcome::Exception(Exception::Authentication, message) => Answer::Denied(message),
        Outcome::Exception(Exception::SessionExpired, _) => Answer::Expired,
        Outcome::Exception(Exception::UndefinedEventType, message) => Answer::Undefined(message),
        Outcome::Exception(_, message) | Outcome::Failed(_, message) => Answer::Failed(message),
    }
}

#[cfg(test)]
mod tests {
    use super::super::thrift::{Call, Header, reply_exception, reply_text, reply_void};
    use super::*;

    #[test]
    fn answers_are_told_whole_and_byte_by_byte() {
        let mut binary = Vec::new();
        super::super::binary::ok(&mut binary);
        super::super::binary::login_ok(&mut binary, b"s");
        super::super::binary::error(&mut binary, ErrorClass::SessionTimeout, "s expired");
        super::super::binary::error(&mut binary, ErrorClass::UndefinedEventType, "no");
        let (mut thrift, to) = (Vec::new(), |method| Header::call(method, 5));
        reply_void(&mut thrift, &to(Method::Publish));
        reply_text(&mut thrift, &to(Method::Connect), b"s");
        reply_exception(&mut thrift, &to(Method::Publish), Exception::SessionExpired, "s expired");
        reply_exception(&mut thrift, &to(Method::Publish), Exception::UndefinedEventType, "no");
        let expected = [Answer::Done, Answer::Session(b"s"), Answer::Expired, Answer::Undefined(b"no")];
        for (speaks, bytes) in [(Speaks::Binary, binary), (Speaks::Thrift, thrift)] {
            let (mut answers, mut at) = (Answers::new(speaks), 0);
            for expected in expected {
                let mut end = at;
                let answer = loop {
                    if let Some((n, answer)) = answers.read(&bytes[at..end]).expect("answers") {
                        assert_eq!(n, end - at);
                        break answer;
                    }
                    end += 1;
                };
                assert_eq!(answer, expected, "{speaks:?}");
                at = end;
            }
            assert_eq!(at, bytes.len());
        }
    }

    #[test]
    fn a_log_in_says_name_and_password() {
        let mut out = Vec::new();
        login(&mut out, Speaks::Thrift, b"admin", b"secret");
        let call = Call::parse(&out).expect("a call");
        assert_eq!((call.text(1), call.text(2)), (Ok(&b"admin"[..]), Ok(&b"secret"[..])));
    }
}
