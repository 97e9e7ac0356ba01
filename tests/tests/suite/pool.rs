//! Builds that are slow to prepare, each lent to one test at a time.

use std::ops::Deref;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// At most a few values of one kind. Each is made when a test needs it and none is idle, so that tests on several processors do not queue for one.
pub struct Pool<T: 'static> {
    make: fn(usize) -> T,
    state: Mutex<State<T>>,
    returned: Condvar,
}

struct State<T> {
    idle: Vec<T>,
    /// How many exist, idle or lent.
    existing: usize,
    /// How many were made so far; the number of the next.
    made: usize,
}

/// A value that goes back to its pool, unless the test that has it fails.
pub struct Lent<T: 'static> {
    pool: &'static Pool<T>,
    value: Option<T>,
}

impl<T> Pool<T> {
    /// An empty pool. `make` gets a number that no other value of the pool has.
    pub const fn new(make: fn(usize) -> T) -> Self {
        Pool { make, state: Mutex::new(State { idle: Vec::new(), existing: 0, made: 0 }), returned: Condvar::new() }
    }

    /// Lends a value: an idle one, else a new one, else the next that is returned.
    pub fn lend(&'static self) -> Lent<T> {
        let most = std::thread::available_parallelism().map_or(1, usize::from).min(4);
        let mut state = self.state();
        loop {
            if let Some(value) = state.idle.pop() {
                return Lent { pool: self, value: Some(value) };
            }
            if state.existing < most {
                break;
            }
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.existing += 1;
        state.made += 1;
        let number = state.made;
        drop(state);
        // If making it fails, the guard makes room for another try.
        let mut lent = Lent { pool: self, value: None };
        lent.value = Some((self.make)(number));
        lent
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Deref for Lent<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value.as_ref().expect("it is there until it is dropped")
    }
}

impl<T> Drop for Lent<T> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        match self.value.take().filter(|_| !std::thread::panicking()) {
            Some(value) => state.idle.push(value),
            None => state.existing -= 1,
        }
        self.pool.returned.notify_one();
    }
}
