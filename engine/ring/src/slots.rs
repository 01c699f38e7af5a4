//! A stand-in for rtrb in the model checker's builds: the same calls and the same ordering, by locked slots. A slot's lock
//! orders nothing that the indices do not order already, so it hides no mistake of the wake protocol.

use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Mutex};

/// Makes rings.
pub struct RingBuffer;

/// The ring is full.
pub enum PushError<T> {
    /// The item.
    Full(T),
}

struct Shared<T> {
    slots: Vec<Mutex<Option<T>>>,
    head: AtomicUsize,
    tail: AtomicUsize,
}

/// The end that items go into.
pub struct Producer<T> {
    shared: Arc<Shared<T>>,
    tail: usize,
}

/// The end that items come out of.
pub struct Consumer<T> {
    shared: Arc<Shared<T>>,
    head: usize,
}

impl RingBuffer {
    /// A ring and its two ends.
    #[expect(clippy::new_ret_no_self, reason = "as rtrb has it")]
    pub fn new<T>(capacity: usize) -> (Producer<T>, Consumer<T>) {
        let slots = (0..capacity).map(|_| Mutex::new(None)).collect();
        let shared = Arc::new(Shared { slots, head: AtomicUsize::new(0), tail: AtomicUsize::new(0) });
        (Producer { shared: shared.clone(), tail: 0 }, Consumer { shared, head: 0 })
    }
}

impl<T> Producer<T> {
    /// As rtrb.
    pub fn push(&mut self, item: T) -> Result<(), PushError<T>> {
        if self.is_full() {
            return Err(PushError::Full(item));
        }
        *slot(&self.shared, self.tail) = Some(item);
        self.tail += 1;
        self.shared.tail.store(self.tail, Ordering::Release);
        Ok(())
    }

    /// As rtrb.
    pub fn is_full(&self) -> bool {
        self.tail - self.shared.head.load(Ordering::Acquire) == self.shared.slots.len()
    }
}

impl<T> Consumer<T> {
    /// As rtrb.
    pub fn pop(&mut self) -> Result<T, ()> {
        if self.is_empty() {
            return Err(());
        }
        let item = slot(&self.shared, self.head).take().expect("a slot before the tail is filled");
        self.head += 1;
        self.shared.head.store(self.head, Ordering::Release);
        Ok(item)
    }

    /// As rtrb.
    pub fn is_empty(&self) -> bool {
        self.shared.tail.load(Ordering::Acquire) == self.head
    }
}

fn slot<T>(shared: &Shared<T>, at: usize) -> loom::sync::MutexGuard<'_, Option<T>> {
    shared.slots[at % shared.slots.len()].lock().expect("nothing panics while a slot is locked")
}
