//! Follows a program to its end: what it prints, what it uses, and whether it keeps within its limits.

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use duct::ReaderHandle;

use super::lines::Lines;
use super::stop::{self, Running, is_stopping};
use super::timeouts::{longest_output_drain, output_drain, term_timeout};
use super::tree::{self, Usage};
use super::{Ended, Limits, News};

/// How often the limits are held against the clock.
const LOOK: Duration = Duration::from_millis(200);

/// When it is first looked what the program uses; then after twice the time, and again.
const FIRST_SAMPLE: Duration = Duration::from_millis(50);

/// How often it is looked what the program uses once it has run for a while.
const SAMPLE: Duration = Duration::from_secs(1);

/// A limit is reached by who needs no more of one processor than this part of it: timers that fire do not mean work.
const IDLE: u32 = 100;

/// Why a program was not followed to its end.
#[derive(Debug)]
pub(super) enum Halt {
    /// It printed nothing for so long.
    Silent(Duration),
    /// It did nothing for so long.
    Stalled(Duration),
    /// The same, because somebody stopped it.
    Stopped(Duration),
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
    /// When it is next looked what it uses, and how long after that again.
    sample: (Instant, Duration),
    /// How many of its processes were stopped.
    stopped: usize,
    ended: Option<Instant>,
}

impl Watch {
    fn new(now: Instant, limits: Limits) -> Self {
        let sample = (now + FIRST_SAMPLE, FIRST_SAMPLE);
        Watch { limits, heard: now, busy: now, cpu: Duration::ZERO, sample, stopped: 0, ended: None }
    }

    /// Which limit is reached now.
    fn halt(&self, now: Instant) -> Option<Halt> {
        let over = |limit: &Duration, since: Instant| now.duration_since(since) >= *limit;
        match self.limits {
            Limits { until: Some(until), .. } if now >= until => Some(Halt::Late),
            Limits { silence: Some(most), .. } if over(&most, self.heard) => Some(Halt::Silent(most)),
            Limits { stall: Some(most), .. } if over(&most, self.heard.max(self.busy)) => {
                Some(if self.stopped > 0 { Halt::Stopped(most) } else { Halt::Stalled(most) })
            }
            _ => None,
        }
    }

    /// How long it is until something is looked at.
    fn pause(&self, now: Instant) -> Duration {
        let next = self.sample.0.saturating_duration_since(now);
        if self.ended.is_none() { LOOK.min(next) } else { LOOK }
    }

    /// Whether it is looked now what it uses.
    fn samples(&mut self, now: Instant) -> bool {
        let (next, pause) = self.sample;
        let is_due = self.ended.is_none() && now >= next;
        if is_due {
            let pause = SAMPLE.min(pause * 2);
            self.sample = (now + pause, pause);
        }
        is_due
    }

    /// Takes note of what it uses.
    fn used(&mut self, now: Instant, usage: Usage) {
        let least = self.limits.stall.unwrap_or_default() / IDLE;
        // Less is no standstill either: what children used goes with them if nobody waits for them.
        if usage.cpu.abs_diff(self.cpu) > least {
            (self.busy, self.cpu) = (now, usage.cpu);
        }
        self.stopped = usage.stopped;
    }

    /// Whether its output can be left to whoever still holds it.
    fn is_over(&self, now: Instant) -> bool {
        self.ended.is_some_and(|ended| {
            let quiet = now.duration_since(self.heard.max(ended)) >= output_drain();
            quiet || now.duration_since(ended) >= longest_output_drain()
        })
    }
}

/// Gives what a program prints and uses to `on_news` until it has ended, and ends what it leaves behind. One that reaches a limit is ended.
pub(super) fn follow(
    reader: Arc<ReaderHandle>,
    running: &Running,
    limits: Limits,
    on_news: &mut dyn FnMut(News),
) -> Result<Ended, Halt> {
    let (sender, receiver) = mpsc::sync_channel(16);
    let thread = Arc::clone(&reader);
    std::thread::spawn(move || read_all(&thread, &sender));
    let mut lines = Lines::default();
    // Where nobody tells what programs use, every one that is silent would seem to do nothing.
    let limits = Limits { stall: limits.stall.filter(|_| tree::can_tell()), ..limits };
    let mut watch = Watch::new(Instant::now(), limits);
    let halt = loop {
        let news = receiver.recv_timeout(watch.pause(Instant::now()));
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
        if watch.samples(now) {
            let usage = running.tree().usage();
            on_news(News::Usage(usage));
            watch.used(now, usage);
            if usage.stopped > 0 && running.tree().asks_terminal() {
                break Some(Halt::Asking);
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
    let mut tree = running.tree().clone();
    match halt {
        Some(_) => tree.end(&term_timeout),
        // It was asked with all others; whoever is asked twice may take that for impatience.
        None if is_stopping() => stop::wait(tree),
        None if !tree.is_gone() => tree.end(&term_timeout),
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
            assert_eq!(halted(Watch::new(start, limits).halt(start + SECOND * now)), expected, "{limits:?} at {now}");
        }
    }

    #[test]
    fn who_prints_or_works_does_not_stall() {
        let (start, stall) = (Instant::now(), SECOND * 10);
        let mut watch = Watch::new(start, Limits { stall: Some(stall), ..Limits::default() });
        let used = |milliseconds| Usage { cpu: Duration::from_millis(milliseconds), ..Usage::default() };
        watch.heard = start + SECOND * 4;
        assert_eq!(halted(watch.halt(start + SECOND * 13)), "");
        // A hundredth of the limit is no work; less than that adds up.
        for (at, cpu, busy) in [(5, 100, 0), (6, 101, 6), (7, 150, 6), (8, 202, 8), (9, 202, 8)] {
            watch.used(start + SECOND * at, used(cpu));
            assert_eq!(watch.busy, start + SECOND * busy, "{at}");
        }
        // A child that used much has ended, and nobody waited for it: so something happened.
        watch.used(start + SECOND * 10, used(50));
        assert_eq!(watch.busy, start + SECOND * 10);
        assert_eq!(halted(watch.halt(start + SECOND * 19)), "");
        assert_eq!(halted(watch.halt(start + SECOND * 20)), "Stalled(10s)");
    }

    #[test]
    fn who_is_stopped_stalls() {
        let start = Instant::now();
        let mut watch = Watch::new(start, Limits { stall: Some(SECOND * 10), ..Limits::default() });
        watch.used(start + SECOND, Usage { stopped: 1, ..Usage::default() });
        assert_eq!(halted(watch.halt(start + SECOND * 9)), "");
        assert_eq!(halted(watch.halt(start + SECOND * 10)), "Stopped(10s)");
        watch.used(start + SECOND * 10, Usage::default());
        assert_eq!(halted(watch.halt(start + SECOND * 10)), "Stalled(10s)");
    }

    #[test]
    fn it_is_looked_soon_and_then_less_often() {
        let start = Instant::now();
        let mut watch = Watch::new(start, Limits::default());
        let looked: Vec<u64> = (0..=5000).filter(|at| watch.samples(start + Duration::from_millis(*at))).collect();
        assert_eq!(looked, [50, 150, 350, 750, 1550, 2550, 3550, 4550]);
        assert_eq!(watch.pause(start + SECOND * 5), LOOK);
        assert_eq!(watch.pause(start + Duration::from_millis(5540)), Duration::from_millis(10));
        watch.ended = Some(start);
        assert_eq!(watch.pause(start + SECOND * 100), LOOK);
        assert!(!watch.samples(start + SECOND * 100));
    }

    #[test]
    fn an_output_that_is_held_is_left() {
        let start = Instant::now();
        let mut watch = Watch::new(start, Limits::default());
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
