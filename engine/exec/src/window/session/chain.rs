//! Lists of rows, linked through one table, so that rows are put in anywhere, lists are joined, and nothing is allocated once
//! the table is large enough.

const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Link {
    row: u64,
    next: u32,
}

/// The table of all links.
#[derive(Clone, Debug)]
pub(super) struct Links {
    links: Vec<Link>,
    free: u32,
    used: usize,
}

/// A list of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    first: u32,
    last: u32,
    /// The last of the rows that were put in front; the next one follows it.
    front: u32,
}

impl Default for Links {
    fn default() -> Links {
        Links { links: Vec::new(), free: NONE, used: 0 }
    }
}

impl Default for Chain {
    fn default() -> Chain {
        Chain { first: NONE, last: NONE, front: NONE }
    }
}

impl Chain {
    pub(super) fn is_empty(&self) -> bool {
        self.first == NONE
    }
}

impl Links {
    /// Rows in all lists.
    pub(super) fn len(&self) -> usize {
        self.used
    }

    fn link(&mut self, row: u64) -> u32 {
        self.used += 1;
        if self.free == NONE {
            self.links.push(Link { row, next: NONE });
            return self.links.len() as u32 - 1;
        }
        let at = self.free;
        self.free = self.links[at as usize].next;
        self.links[at as usize] = Link { row, next: NONE };
        at
    }

    /// Appends a row.
    pub(super) fn push(&mut self, chain: &mut Chain, row: u64) {
        let link = self.link(row);
        self.join(chain, &Chain { first: link, last: link, front: NONE });
    }

    /// Appends a list to another.
    pub(super) fn join(&mut self, chain: &mut Chain, tail: &Chain) {
        if tail.is_empty() {
            return;
        }
        match chain.is_empty() {
            true => chain.first = tail.first,
            false => self.links[chain.last as usize].next = tail.first,
        }
        chain.last = tail.last;
    }

    /// Puts a row before the first, behind those that were put there since the list began.
    pub(super) fn push_front(&mut self, chain: &mut Chain, row: u64) {
        let link = self.link(row);
        self.join_front(chain, &Chain { first: link, last: link, front: NONE });
    }

    /// The same with a list.
    pub(super) fn join_front(&mut self, chain: &mut Chain, head: &Chain) {
        if head.is_empty() {
            return;
        }
        let after = match chain.front {
            NONE => std::mem::replace(&mut chain.first, head.first),
            front => std::mem::replace(&mut self.links[front as usize].next, head.first),
        };
        self.links[head.last as usize].next = after;
        chain.front = head.last;
        if after == NONE {
            chain.last = head.last;
        }
    }

    /// The rows of a list, in order.
    pub(super) fn rows(&self, chain: &Chain) -> impl Iterator<Item = u64> {
        let at = |at: u32| self.links.get(at as usize);
        std::iter::successors(at(chain.first), move |link| at(link.next)).map(|link| link.row)
    }

    /// How many of its rows were put in front.
    pub(super) fn in_front(&self, chain: &Chain) -> usize {
        let mut at = if chain.front == NONE { NONE } else { chain.first };
        let mut n = 0;
        while at != NONE {
            n += 1;
            at = if at == chain.front { NONE } else { self.links[at as usize].next };
        }
        n
    }

    /// Says how many of its rows were put in front.
    pub(super) fn set_in_front(&self, chain: &mut Chain, n: u64) {
        let at = |at: &u32| Some(self.links.get(*at as usize)?.next);
        let mut places = std::iter::successors((n > 0).then_some(chain.first), at);
        chain.front = places.nth(n.saturating_sub(1) as usize).unwrap_or(NONE);
    }

    /// Empties a list; its links may be used again.
    pub(super) fn clear(&mut self, chain: &mut Chain) {
        if !chain.is_empty() {
            self.used -= self.rows(chain).count();
            self.links[chain.last as usize].next = self.free;
            self.free = chain.first;
        }
        *chain = Chain::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_where_they_were_put() {
        let (mut links, mut a, mut b) = (Links::default(), Chain::default(), Chain::default());
        [3, 4].iter().for_each(|&row| links.push(&mut a, row));
        [7, 8].iter().for_each(|&row| links.push(&mut b, row));
        links.push_front(&mut a, 1);
        links.join_front(&mut a, &b);
        links.push_front(&mut a, 2);
        links.push(&mut a, 5);
        assert_eq!(links.rows(&a).collect::<Vec<_>>(), [1, 7, 8, 2, 3, 4, 5]);
        assert_eq!((links.in_front(&a), links.len()), (4, 7));
        links.clear(&mut a);
        assert_eq!((links.len(), links.rows(&a).count()), (0, 0));
        let mut c = Chain::default();
        (0..7).for_each(|row| links.push(&mut c, row));
        assert_eq!((links.links.len(), links.rows(&c).collect::<Vec<_>>()), (7, (0..7).collect()));
    }
}
