//! Archives of kpack: the device code of a wheel that was split. A header, the code objects, and a table at the end, which is not needed:
//! the code objects say what they are for.

use std::io;

use super::elf::{self, long, word};
use super::{COSTLY, Form, Scan, Wrong, zstd};

/// What an archive begins with.
pub(super) const MAGIC: &[u8] = b"KPAK";

/// What it is called in messages.
pub(super) const ARCHIVE: &str = "a kpack archive";

/// The size of its header.
const HEADER: usize = 16;

/// Where its code objects may begin: behind the header, or at the next multiple of 64.
const BEGINNINGS: [usize; 2] = [HEADER, 64];

impl Scan<'_> {
    /// The file is an archive.
    pub(super) fn kpack(&mut self) -> io::Result<()> {
        self.bare = Form::Kpack;
        let seen = self.window.ahead(128)?;
        let (version, table) = (word(seen, 4), long(seen, 8));
        let is_packed = |at: &&usize| seen.get(**at + 8..).is_some_and(|frame| frame.starts_with(&zstd::MAGIC));
        let begin = BEGINNINGS.iter().find(is_packed).copied();
        if version != 1 {
            self.fault(0, Wrong::Version { what: ARCHIVE, version });
            return Ok(());
        }
        self.table = Some(table);
        // Where the code objects are not compressed, they are found as they are everywhere.
        let Some(begin) = begin else { return Ok(()) };
        self.window.skip(begin as u64)?;
        let count = word(self.window.ahead(4)?, 0);
        self.window.skip(4)?;
        for _ in 0..count {
            if !self.frame_of_kpack(table)? || self.is_too_much() {
                break;
            }
        }
        Ok(())
    }

    /// Whether there may be another one behind it.
    fn frame_of_kpack(&mut self, table: u64) -> io::Result<bool> {
        const WHAT: &str = "a code object of a kpack archive";
        let size = u64::from(word(self.window.ahead(4)?, 0));
        self.window.skip(4)?;
        let at = self.window.position();
        self.spent.work += COSTLY;
        let walked = zstd::walk(&mut self.window, size.min(table.saturating_sub(at)), &mut self.spent.work)?;
        let frame = match walked {
            Ok(frame) if frame.size == size => frame,
            Ok(_) => return Ok(self.refuse(at, WHAT, "it is shorter than the archive says")),
            Err(why) => return Ok(self.refuse(at, WHAT, why)),
        };
        match elf::read(&frame.beginning).map(|code| (code.target(), code.size)) {
            None => self.fault(at, Wrong::Elf),
            Some((Err(wrong), _)) => self.fault(at, wrong),
            Some((Ok(target), code)) => match frame.content.or(code) {
                Some(size) => self.object(target, Form::Kpack, size, at),
                None => self.fault(at, Wrong::Elf),
            },
        }
        Ok(true)
    }

    fn refuse(&mut self, at: u64, what: &'static str, why: &'static str) -> bool {
        self.fault(at, Wrong::Packed { what, why });
        false
    }
}
