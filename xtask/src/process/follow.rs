//! Follows a program to its end: what it prints, what it uses, and whether it keeps within its limits.

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use duct::ReaderHandle;

use super::lines::Lines;
use super::stop::is_stopping;
use super::tree::{self, LEAVE, Tree, Usage};
use super::{Ended, Limits, News};

/// How often the limits are held against the clock.
const LOOK: Duration = Duration::from_millis(200);

/// How often it is looked what the program uses.
const SAMPLE: Duration = Duration::from_secs(1);

/// How long a program that has ended may leave its output open without writing: what it started may hold it for ever.
const AFTERMATH: Duration = Duration::from_secs(1);

/// The same, if something goes on to write.
const LONGEST_AFTERMATH: Duration = Duration::from_secs(10);

/// A limit is reached by who needs no more of one processor than this part of it: timers that fire do not mean work.
const IDLE: u32 = 100;

/// Why a program was not followed to its end.
#[derive(Debug)]
pub(super) enum Halt {
    /// It printed nothing for so long.
    Silent(Duration),
    /// It did nothing for so long.
    Stalled(Duration),
    /// Its time was over.
    Late,
    /// It wanted to ask somebody.
    Asking,
    /// What it prints cannot be read.
    Lost(io::Error),
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        Halt::Lost(error)
    }
}

/// What was last seen of a program.
struct Watch {
    limits: Limits,
    heard: Instant,
    busy: Instant,
    cpu: Duration,
    sampled: Instant,
    was_stopped: bool,
    ended: Option<Instant>,
}

impl Watch {
    /// Which limit is reached now.
    fn halt(&self, now: Instant) -> Option<Halt> {
        let over = |limit: &Duration, since: Instant| now.duration_since(since) >= *limit;
        match self.limits {
            Limits { until: Some(until), .. } if now >= until => Some(Halt::Late),
            Limits { silence: Some(most), .. } if over(&most, self.heard) => Some(Halt::Silent(most)),
            Limits { stall: Some(most), .. } if over(&most, self.heard.max(self.busy)) => Some(Halt::Stalled(most)),
            _ => None,
        }
    }

    /// Takes note of what it uses. Whoever is stopped twice in a row will not go on by itself.
    fn sample(&mut self, now: Instant, usage: Usage) -> Option<Halt> {
        let least = self.limits.stall.unwrap_or_default() / IDLE;
        // Less is no standstill either: what children used goes with them if nobody waits for them.
        if usage.cpu.abs_diff(self.cpu) > least {
            (self.busy, self.cpu) = (now, usage.cpu);
        }
        let was_stopped = std::mem::replace(&mut self.was_stopped, usage.stopped > 0);
        (was_stopped && self.was_stopped).then_some(Halt::Asking)
    }

    /// Whether its output can be left to whoever still holds it.
    fn is_over(&self, now: Instant) -> bool {
        self.ended.is_some_and(|ended| {
            let quiet = now.duration_since(self.heard.max(ended)) >= AFTERMATH;
            quiet || now.duration_since(ended) >= LONGEST_AFTERMATH
        })
    }
}

/// Gives what a program prints and uses to `on_news` until it has ended, and ends what it leaves behind. One that reaches a limit is ended.
pub(super) fn follow(
    reader: Arc<ReaderHandle>,
    tree: &Tree,
    limits: Limits,
    on_news: &mut dyn FnMut(News),
) -> Result<Ended, Halt> {
    let (sender, receiver) = mpsc::sync_channel(16);
    let thread = Arc::clone(&reader);
    std::thread::spawn(move || read_all(&thread, &sender));
    let mut lines = Lines::default();
    // Where nobody tells what programs use, every one that is silent would seem to do nothing.
    let limits = Limits { stall: limits.stall.filter(|_| tree::can_tell()), ..limits };
    let now = Instant::now();
    let mut watch = Watch { limits, heard: now, busy: now, cpu: Duration::ZERO, sampled: now, was_stopped: false, ended: None };
    let halt = loop {
        let news = receiver.recv_timeout(LOOK);
        let now = Instant::now();
        match news {
            Ok(Err(error)) => break Some(Halt::Lost(error)),
            Ok(Ok(chunk)) => {
                lines.push(&chunk, &mut |line| on_news(News::Line(line)));
                watch.heard = now;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break None,
        }
        if watch.ended.is_none() && now.duration_since(watch.sampled) >= SAMPLE {
            watch.sampled = now;
            let usage = tree.usage();
            on_news(News::Usage(usage));
            if let Some(halt) = watch.sample(now, usage) {
                break Some(halt);
            }
        }
        if watch.ended.is_none() && reader.try_wait()?.is_some() {
            watch.ended = Some(now);
        }
        if watch.is_over(now) {
            break None;
        }
        if let (Some(halt), None) = (watch.halt(now), watch.ended) {
            break Some(halt);
        }
    };
    lines.end(&mut |line| on_news(News::Line(line)));
    match halt {
        Some(_) => tree.end(LEAVE),
        // It was asked with all others; whoever is asked twice may take that for impatience.
        None if is_stopping() => tree.wait(),
        None if tree::group_lives(tree.root) => tree.end(LEAVE),
        None => {}
    }
    match (halt, reader.try_wait()?) {
        (Some(halt), _) => {
            reader.kill()?;
            Err(halt)
        }
        (None, Some(output)) => Ok(Ended::of(output.status)),
        (None, None) => Err(io::Error::from(ErrorKind::BrokenPipe).into()),
    }
}

/// Sends on what a program prints, until it and everything that holds its output has ended, or nobody listens any more.
fn read_all(mut reader: &ReaderHandle, sender: &SyncSender<io::Result<Vec<u8>>>) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let chunk = match reader.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => Ok(buffer[..length].to_vec()),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => Err(error),
        };
        let failed = chunk.is_err();
        if sender.send(chunk).is_err() || failed {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn watch(start: Instant, limits: Limits) -> Watch {
        Watch { limits, heard: start, busy: start, cpu: Duration::ZERO, sampled: start, was_stopped: false, ended: None }
    }

    fn halted(halt: Option<Halt>) -> String {
        halt.map(|halt| format!("{halt:?}")).unwrap_or_default()
    }

    #[test]
    fn a_limit_is_reached_in_time() {
        let start = Instant::now();
        let limits = |silence: u32, stall: u32, until: u32| {
            let time = |seconds: u32| (seconds > 0).then_some(SECOND * seconds);
            Limits { silence: time(silence), stall: time(stall), until: time(until).map(|time| start + time) }
        };
        for (limits, now, expected) in [
            (limits(0, 0, 0), 100_000, ""),
            (limits(5, 0, 0), 4, ""),
            (limits(5, 0, 0), 5, "Silent(5s)"),
            (limits(0, 5, 0), 4, ""),
            (limits(0, 5, 0), 5, "Stalled(5s)"),
            (limits(0, 0, 5), 4, ""),
            (limits(0, 0, 5), 5, "Late"),
            (limits(5, 5, 5), 5, "Late"),
            (limits(5, 5, 6), 5, "Silent(5s)"),
        ] {
            assert_eq!(halted(watch(start, limits).halt(start + SECOND * now)), expected, "{limits:?} at {now}");
        }
    }

    #[test]
    fn who_prints_or_works_does_not_stall() {
        let (start, stall) = (Instant::now(), SECOND * 10);
        let mut watch = watch(start, Limits { stall: Some(stall), ..Limits::default() });
        let used = |milliseconds| Usage { cpu: Duration::from_millis(milliseconds), ..Usage::default() };
        watch.heard = start + SECOND * 4;
        assert_eq!(halted(watch.halt(start + SECOND * 13)), "");
        // A hundredth of the limit is no work; less than that adds up.
        for (at, cpu, busy) in [(5, 100, 0), (6, 101, 6), (7, 150, 6), (8, 202, 8), (9, 202, 8)] {
            assert!(watch.sample(start + SECOND * at, used(cpu)).is_none());
            assert_eq!(watch.busy, start + SECOND * busy, "{at}");
        }
        // A child that used much has ended, and nobody waited for it: so something happened.
        assert!(watch.sample(start + SECOND * 10, used(50)).is_none());
        assert_eq!(watch.busy, start + SECOND * 10);
        assert_eq!(halted(watch.halt(start + SECOND * 19)), "");
        assert_eq!(halted(watch.halt(start + SECOND * 20)), "Stalled(10s)");
    }

    #[test]
    fn who_stays_stopped_asks_somebody() {
        let start = Instant::now();
        let mut watch = watch(start, Limits::default());
        let mut sample = |stopped| halted(watch.sample(start, Usage { stopped, ..Usage::default() }));
        assert_eq!([0, 1, 0, 1].map(&mut sample), [""; 4]);
        assert_eq!(sample(2), "Asking");
    }

    #[test]
    fn an_output_that_is_held_is_left() {
        let start = Instant::now();
        let mut watch = watch(start, Limits::default());
        assert!(!watch.is_over(start + SECOND * 100));
        watch.ended = Some(start + SECOND * 20);
        for (heard, now, expected) in
            [(0, 20, false), (0, 21, true), (21, 21, false), (25, 26, true), (30, 30, true), (29, 29, false)]
        {
            watch.heard = start + SECOND * heard;
            assert_eq!(watch.is_over(start + SECOND * now), expected, "{heard} {now}");
        }
    }
}
