//! Numbers in the order in which they came, any of which may leave: links by number, so that nothing is allocated for each.

/// No number.
const NONE: u32 = u32::MAX;
/// In place of the number before one that does not stand in the line.
const AWAY: u32 = u32::MAX - 1;

/// The numbers, each below [`AWAY`].
#[derive(Debug)]
pub(crate) struct Line {
    /// By number: the one before it and the one behind it.
    links: Vec<[u32; 2]>,
    first: u32,
    last: u32,
}

impl Line {
    /// With nobody in it.
    pub fn new() -> Line {
        Line { links: Vec::new(), first: NONE, last: NONE }
    }

    /// Whether a number stands in it.
    pub fn has(&self, number: u32) -> bool {
        self.links.get(number as usize).is_some_and(|links| links[0] != AWAY)
    }

    /// Puts a number that does not stand in it at the end.
    pub fn push(&mut self, number: u32) {
        let at = number as usize;
        if self.links.len() <= at {
            self.links.resize(at + 1, [AWAY, NONE]);
        }
        self.links[at] = [self.last, NONE];
        match self.links.get_mut(self.last as usize) {
            Some(last) => last[1] = number,
            None => self.first = number,
        }
        self.last = number;
    }

    /// Takes a number out of it.
    pub fn remove(&mut self, number: u32) {
        if !self.has(number) {
            return;
        }
        let [before, behind] = std::mem::replace(&mut self.links[number as usize], [AWAY, NONE]);
        match self.links.get_mut(before as usize) {
            Some(links) => links[1] = behind,
            None => self.first = behind,
        }
        match self.links.get_mut(behind as usize) {
            Some(links) => links[0] = before,
            None => self.last = before,
        }
    }

    /// The numbers in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        let number = |n: u32| Some(n).filter(|n| *n != NONE);
        std::iter::successors(number(self.first), move |&n| number(self.links[n as usize][1]))
    }

    /// Gives back the room of numbers from `numbers` on, none of which stands in it.
    pub fn shrink(&mut self, numbers: usize) {
        self.links.truncate(numbers);
        self.links.shrink_to_fit();
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.links.capacity() * size_of::<[u32; 2]>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_of_them_may_leave_and_come_back() {
        let mut line = Line::new();
        let all = |line: &Line| line.iter().collect::<Vec<_>>();
        assert!(all(&line).is_empty());
        [3, 0, 7, 1].into_iter().for_each(|n| line.push(n));
        assert_eq!(all(&line), [3, 0, 7, 1]);
        line.remove(0);
        line.remove(0);
        line.remove(9);
        line.remove(3);
        line.remove(1);
        assert_eq!((all(&line), line.has(7), line.has(3)), (vec![7], true, false));
        line.push(3);
        line.push(0);
        assert_eq!(all(&line), [7, 3, 0]);
        line.remove(7);
        line.shrink(4);
        assert_eq!(all(&line), [3, 0]);
        line.remove(3);
        line.remove(0);
        assert!(all(&line).is_empty());
        line.push(5);
        assert_eq!(all(&line), [5]);
    }
}
