//! The device code of a file that somebody names: a wheel, whose members are looked into, or anything else, which is looked at as it is.

use std::io::{self, BufReader, ErrorKind, Read, Seek};

use super::{Spent, scan};
use crate::audit::archive::Bombs;
use crate::audit::device::{CodeObject, Fault};
use crate::audit::{Code, Finding};
use crate::facts::Seen;
use crate::file::{self, FileError};
use crate::inspect::pass;

/// What a file holds.
#[derive(Debug)]
pub struct Held {
    /// The code objects, and what is wrong with them, of each member that has any; of a file that is no archive, without a name.
    pub parts: Vec<(Option<String>, Vec<CodeObject>, Vec<Fault>)>,
    /// What is wrong with the archive, so that not all of it could be looked into.
    pub faults: Vec<String>,
}

/// Reads a file to its end and tells the device code in it.
///
/// # Errors
/// If it cannot be read, or is something else than a file.
pub fn of_file(path: &str) -> Result<Held, FileError> {
    let unread = |cause| FileError { doing: "read", path: path.to_owned(), cause };
    if file::look(path) == Seen::Directory {
        return Err(unread(ErrorKind::IsADirectory.into()));
    }
    let mut file = file::open_to_read(path)?;
    read(&mut file, path).map_err(unread)
}

fn read(file: &mut std::fs::File, path: &str) -> io::Result<Held> {
    const ZIP: [u8; 4] = *b"PK\x03\x04";
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut magic = Vec::new();
    file.by_ref().take(ZIP.len() as u64).read_to_end(&mut magic)?;
    file.rewind()?;
    if magic != ZIP && !path.ends_with(".whl") {
        let found = scan(&mut BufReader::new(file), &mut Spent::default())?;
        return Ok(Held { parts: vec![(None, found.objects, found.faults)], faults: Vec::new() });
    }
    let wheel = pass::read(file.try_clone()?, path, Bombs::Refuse)?;
    let fault = |fault: Finding| match fault.member {
        Some(member) => format!("{}: {}", manifest::shown(&member), fault.text),
        None => fault.text,
    };
    let parts = wheel.code.into_iter().map(|code| (Some(code.member), code.objects, code.faults)).collect();
    // What a library links to is no concern of whoever asks for device code.
    let faults = wheel.faults.into_iter().filter(|fault| fault.code != Code::Linkage);
    Ok(Held { parts, faults: faults.map(fault).collect() })
}
