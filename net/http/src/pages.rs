//! Texts that are made when they are asked for, as those of the admin port.

use std::sync::Arc;

use crate::answer::Answer;
use crate::head::Head;
use crate::routes::Route;
use crate::session::{Fate, Site};

/// A text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its status.
    pub status: u16,
    /// Its media type.
    pub media: &'static str,
    /// The text.
    pub text: String,
}

/// Makes the page of a path; none: there is no such page. Called by a poll loop, so it must not wait.
pub type MakePage = dyn Fn(&str) -> Option<Page> + Send + Sync;

/// Pages by path.
pub struct Pages {
    make: Box<MakePage>,
}

impl Pages {
    /// Made by this function.
    pub fn new(make: Box<MakePage>) -> Pages {
        Pages { make }
    }
}

impl Site for Pages {
    fn decide(&self, head: &Head<'_>, _: &mut Option<Arc<Route>>) -> Fate {
        let Some(page) = (self.make)(head.path) else {
            return Fate::Tell(Answer::error(404, "there is no such page"));
        };
        Fate::Tell(match head.method {
            "GET" | "HEAD" => Answer::text(page.status, page.media, page.text),
            _ => Answer::error(405, "pages are asked for by GET").with("allow", "GET, HEAD"),
        })
    }
}
