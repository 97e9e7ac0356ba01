//! Cuts what a program prints into lines, as it comes.

/// The longest piece of a line that is kept before it is passed on: a program that never ends its line must not fill the memory.
const LONGEST: usize = 64 << 10;

/// What has come since the last line ended.
#[derive(Default)]
pub(super) struct Lines {
    pending: Vec<u8>,
    after_return: bool,
}

impl Lines {
    /// Takes the next bytes. A line ends at `\n`, at `\r\n`, and at the `\r` by which a progress bar is drawn over.
    pub(super) fn push(&mut self, chunk: &[u8], on_line: &mut dyn FnMut(&str)) {
        for part in chunk.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            match part.split_last() {
                Some((b'\n', [])) if self.after_return && self.pending.is_empty() => self.after_return = false,
                Some((b'\n', line)) => self.line(line, on_line),
                Some((b'\r', line)) => {
                    // A return at the start of a line ends none: whether there is an empty one, the next byte tells.
                    if !(line.is_empty() && self.pending.is_empty()) {
                        self.line(line, on_line);
                        self.after_return = true;
                    }
                }
                _ => self.pending.extend_from_slice(part),
            }
            self.pieces(on_line);
        }
    }

    /// The program has ended: what is left is a line, too.
    pub(super) fn end(&mut self, on_line: &mut dyn FnMut(&str)) {
        if !self.pending.is_empty() {
            self.line(&[], on_line);
        }
    }

    fn line(&mut self, rest: &[u8], on_line: &mut dyn FnMut(&str)) {
        self.pending.extend_from_slice(rest);
        on_line(&String::from_utf8_lossy(&self.pending));
        self.pending.clear();
        self.after_return = false;
    }

    fn pieces(&mut self, on_line: &mut dyn FnMut(&str)) {
        while self.pending.len() > LONGEST {
            let cut = boundary(&self.pending[..LONGEST]);
            on_line(&String::from_utf8_lossy(&self.pending[..cut]));
            self.pending.drain(..cut);
        }
    }
}

/// How many of these bytes can be taken without cutting a character in two.
fn boundary(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => error.valid_up_to(),
        _ => bytes.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]]) -> Vec<String> {
        let (mut lines, mut seen) = (Lines::default(), Vec::new());
        let mut keep = |line: &str| seen.push(line.to_owned());
        chunks.iter().for_each(|chunk| lines.push(chunk, &mut keep));
        lines.end(&mut keep);
        seen
    }

    #[test]
    fn lines_end_at_breaks_and_returns() {
        let cases: [(&[&[u8]], &[&str]); 10] = [
            (&[b"a\nb\n"], &["a", "b"]),
            (&[b"a\n\nb"], &["a", "", "b"]),
            (&[b"a", b"b\nc", b"\n"], &["ab", "c"]),
            (&[b"a\r\nb\r\n"], &["a", "b"]),
            (&[b"a\r", b"\nb"], &["a", "b"]),
            (&[b"10%\r20%\r\rdone\n"], &["10%", "20%", "done"]),
            (&[b"a\r\r\nb"], &["a", "b"]),
            (&[b"\r\n\r\n"], &["", ""]),
            (&[b"\xc3", b"\xbc\n", b"\xff\n"], &["ü", "\u{fffd}"]),
            (&[], &[]),
        ];
        for (chunks, expected) in cases {
            assert_eq!(lines(chunks), expected, "{chunks:?}");
        }
    }

    #[test]
    fn a_line_without_end_comes_in_pieces() {
        let chunk = "ü".repeat(40_000);
        let seen = lines(&[b"x", chunk.as_bytes(), b"\nnext"]);
        assert_eq!(seen.iter().map(String::len).collect::<Vec<_>>(), [65_535, 14_466, 4]);
        assert_eq!(seen[..2].concat(), format!("x{chunk}"));
    }
}
