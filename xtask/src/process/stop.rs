//! Ctrl-C and its like: what runs is ended, and nothing more is started. The signals are the process's, so what is known of them is, too.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::timeouts::{POLL_INTERVAL, REAP_TIMEOUT, shutdown_grace};
use super::tree::{self, Tree};

/// How often the tool was asked to end.
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// The programs that run now.
static RUNNING: Mutex<Vec<Arc<Mutex<Tree>>>> = Mutex::new(Vec::new());

/// Whose children belong to this run, too: the tool itself, where orphans fall to it.
static PARENT: OnceLock<Option<u32>> = OnceLock::new();

/// What ends them.
static ENDING: Mutex<Option<JoinHandle<()>>> = Mutex::new(None);

/// From here on Ctrl-C, SIGTERM and SIGHUP end what runs, a second one at once; a third one ends the tool where it is.
///
/// # Errors
/// If the operating system has no handler to give.
pub fn listen() -> Result<(), String> {
    die_together();
    PARENT.get_or_init(tree::adopt);
    let heard = || match ASKED.fetch_add(1, Ordering::SeqCst) {
        0 => *locked(&ENDING) = Some(std::thread::spawn(end_what_runs)),
        1 => {}
        _ => std::process::exit(130),
    };
    ctrlc::set_handler(heard).map_err(|error| error.to_string())
}

/// Whether the tool was asked to end.
pub fn is_stopping() -> bool {
    ASKED.load(Ordering::SeqCst) > 0
}

/// Waits for so long, or until the tool is asked to end.
pub fn pause(time: Duration) {
    let began = Instant::now();
    while began.elapsed() < time && !is_stopping() {
        std::thread::sleep(time.min(Duration::from_millis(100)));
    }
}

/// Waits until what runs has ended, if the tool was asked to end; and ends what programs of this run left behind.
pub fn settle() {
    let ending = locked(&ENDING).take();
    ending.map(JoinHandle::join);
    if RUN.get().is_some() {
        of_this_run().end(&grace);
    }
}

/// Waits until nothing of a program lives, which others see to.
pub(super) fn wait(mut tree: Tree) {
    let began = Instant::now();
    while began.elapsed() < grace() + REAP_TIMEOUT && !tree.is_gone() {
        std::thread::sleep(POLL_INTERVAL);
    }
}

/// What this run is called in its programs' environment.
pub fn run() -> &'static str {
    RUN.get_or_init(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        format!("{}-{}", std::process::id(), now.as_nanos())
    })
}

static RUN: OnceLock<String> = OnceLock::new();

/// The mark of the next program, and the value of the variable that tells it. A run within a run has the marks of both.
pub(super) fn mark() -> (String, String) {
    let own = format!("{}.{}", run(), STARTED.fetch_add(1, Ordering::Relaxed));
    let all = match std::env::var(tree::MARK) {
        Ok(outer) if !outer.is_empty() => format!("{outer},{own}"),
        _ => own.clone(),
    };
    (own, all)
}

/// How many programs were started.
static STARTED: AtomicUsize = AtomicUsize::new(0);

/// A program that runs. It is known as long as the value is there.
pub(super) struct Running(Arc<Mutex<Tree>>);

impl Running {
    pub(super) fn new(tree: Tree) -> Self {
        let running = Running(Arc::new(Mutex::new(tree)));
        locked(&RUNNING).push(Arc::clone(&running.0));
        // Whoever asked in the meantime did not know of it.
        if is_stopping() {
            running.tree().clone().end(&grace);
        }
        running
    }

    /// What belongs to it. Nobody has it for long.
    pub(super) fn tree(&self) -> MutexGuard<'_, Tree> {
        locked(&self.0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        locked(&RUNNING).retain(|running| !Arc::ptr_eq(running, &self.0));
    }
}

fn end_what_runs() {
    of_this_run().end(&grace);
}

fn of_this_run() -> Tree {
    let programs: Vec<Tree> = locked(&RUNNING).iter().map(|running| locked(running).clone()).collect();
    Tree::of_run(run(), &programs, PARENT.get().copied().flatten())
}

/// Whoever asks twice does not want to wait.
fn grace() -> Duration {
    if ASKED.load(Ordering::SeqCst) > 1 { Duration::ZERO } else { shutdown_grace() }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// On Windows whatever the tool started ends with it, however that ends; but what asks to be let go, as servers do.
#[cfg(windows)]
fn die_together() {
    let mut limits = win32job::ExtendedLimitInfo::new();
    limits.limit_kill_on_job_close().limit_breakaway_ok();
    // Without it children may outlive the tool, which is no reason not to start.
    if let Ok(job) = win32job::Job::create_with_limit_info(&limits)
        && job.assign_current_process().is_ok()
    {
        // It is closed by the operating system.
        job.into_handle();
    }
}

#[cfg(not(windows))]
fn die_together() {}
