//! A job's log. A program that prints without end must not fill the disk: of each, the log keeps what came first and what came last.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufWriter, Write};

/// How much of what a program prints is kept from its first line on, in bytes. A build of torch prints a part of that.
const FIRST: u64 = 64 << 20;

/// How much of its last lines is kept beyond that, in bytes.
const LAST: usize = 1 << 20;

/// Writes lines, one with each call, to the end of a file. `flush` ends what one program prints.
pub(super) struct Log<W: Write = BufWriter<File>> {
    file: W,
    /// What is kept of one program: its first bytes, and its last.
    most: (u64, usize),
    written: u64,
    last: VecDeque<Vec<u8>>,
    /// The bytes of those.
    held: usize,
    left_out: Amount,
}

#[derive(Default)]
struct Amount {
    lines: u64,
    bytes: u64,
}

impl Log {
    /// A log in a file that is empty.
    pub(super) fn new(file: File) -> Self {
        Log::of(BufWriter::new(file), (FIRST, LAST))
    }
}

impl<W: Write> Log<W> {
    fn of(file: W, most: (u64, usize)) -> Self {
        Log { file, most, written: 0, last: VecDeque::new(), held: 0, left_out: Amount::default() }
    }

    /// Holds a line back, because it may be one of the last.
    fn hold(&mut self, line: &[u8]) {
        self.last.push_back(line.to_vec());
        self.held += line.len();
        while self.held > self.most.1
            && let Some(line) = self.last.pop_front()
        {
            self.held -= line.len();
            self.left_out.lines += 1;
            self.left_out.bytes += line.len() as u64;
        }
    }
}

impl<W: Write> Write for Log<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let length = line.len() as u64;
        // Once a line was held back, none may overtake it.
        if self.last.is_empty() && self.left_out.lines == 0 && self.written + length <= self.most.0 {
            self.file.write_all(line)?;
            self.written += length;
        } else {
            self.hold(line);
        }
        Ok(line.len())
    }

    /// Writes the last lines as well, after the word of how much was left out before them.
    fn flush(&mut self) -> io::Result<()> {
        let Amount { lines, bytes } = std::mem::take(&mut self.left_out);
        let last = std::mem::take(&mut self.last);
        (self.written, self.held) = (0, 0);
        if lines > 0 {
            let lines = manifest::counted(lines, "line");
            writeln!(self.file, "-- {lines} ({}) left out: a log keeps the first and the last lines", manifest::size(bytes))?;
        }
        last.iter().try_for_each(|line| self.file.write_all(line))?;
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_last_lines_of_each_program_are_kept() {
        let mut log = Log::of(Vec::new(), (12, 8));
        let mut program = |lines: std::ops::RangeInclusive<u32>| {
            lines.for_each(|n| log.write_all(format!("{n:03}\n").as_bytes()).unwrap());
            log.flush().unwrap();
            String::from_utf8(std::mem::take(&mut log.file)).unwrap()
        };
        assert_eq!(program(1..=3), "001\n002\n003\n");
        assert_eq!(program(1..=5), "001\n002\n003\n004\n005\n");
        let left_out = "001\n002\n003\n-- 1 line (0.0 KiB) left out: a log keeps the first and the last lines\n005\n006\n";
        assert_eq!(program(1..=6), left_out);
        let left_out = "001\n002\n003\n-- 994 lines (3.9 KiB) left out: a log keeps the first and the last lines\n998\n999\n";
        assert_eq!(program(1..=999), left_out);
    }

    #[test]
    fn no_line_overtakes_another() {
        let mut log = Log::of(Vec::new(), (4, 100));
        for line in ["a\n", "long\n", "b\n"] {
            log.write_all(line.as_bytes()).unwrap();
        }
        log.flush().unwrap();
        assert_eq!(String::from_utf8(log.file).unwrap(), "a\nlong\nb\n");
    }
}
