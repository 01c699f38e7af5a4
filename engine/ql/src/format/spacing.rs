//! Whether a blank stands between two pieces of one line.

use super::pieces::Piece;
use crate::lex::TokenKind;
use crate::parse::Role;

/// Where a pair of pieces stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// What a query reads: an `=` gives a state its name.
    Input,
    /// Anywhere else: an `=` gives a value.
    Other,
}

/// Whether a blank stands between `before` and `after`.
pub fn spaced(before: &Piece<'_>, after: &Piece<'_>, place: Place) -> bool {
    let tight_after = matches!(
        before.kind,
        TokenKind::LParen
            | TokenKind::LBracket
            | TokenKind::Hash
            | TokenKind::Bang
            | TokenKind::At
            | TokenKind::Dot
            | TokenKind::Colon
    );
    let assigned = place == Place::Input && (before.kind == TokenKind::Assign || after.kind == TokenKind::Assign);
    let joined = matches!(before.role, Role::Sign | Role::Joint) || matches!(after.role, Role::Count | Role::Joint);
    // A count ends with a `:` only in `<2:>`.
    if (tight_after && before.role != Role::Count) || assigned || joined {
        return false;
    }
    let ends_operand = before.role == Role::Name
        || before.role == Role::Count
        || matches!(before.kind, TokenKind::RParen | TokenKind::RBracket);
    match after.kind {
        TokenKind::Comma
        | TokenKind::Semi
        | TokenKind::RParen
        | TokenKind::RBracket
        | TokenKind::Dot
        | TokenKind::Colon => false,
        TokenKind::LParen => before.role != Role::Name,
        TokenKind::LBracket | TokenKind::Hash => !ends_operand,
        _ => true,
    }
}
