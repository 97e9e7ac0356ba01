//! What one line of a program's output says of a failure. The words are those of the C locale and, where a compiler's form allows it, of
//! others: a place before a colon tells more than the word after it.

use std::borrow::Cow;

use super::Class;
use super::words::{CRASH, ERRORS, LIBRARY, LINK, SUMMARIES, TARGET, TOOL, USAGE, WORLD};

/// How much a line says: what is the cause of it all, an error, a complaint of a program that called others, or only that something failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rank {
    Cause,
    Error,
    Complaint,
    Summary,
}

impl Rank {
    pub(super) const COUNT: usize = 4;
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said<'a> {
    pub(super) class: Class,
    pub(super) rank: Rank,
    /// What could not be made.
    pub(super) target: Option<&'a str>,
    /// The command that failed.
    pub(super) command: Option<&'a str>,
}

fn said<'a>(class: Class, rank: Rank) -> Option<Said<'a>> {
    Some(Said { class, rank, target: None, command: None })
}

/// A line without colours and cursor movements.
pub(super) fn plain(line: &str) -> Cow<'_, str> {
    if !line.contains('\u{1b}') {
        return Cow::Borrowed(line);
    }
    let mut plain = String::with_capacity(line.len());
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('\u{1b}', Some('[')) => {
                rest.next();
                let _ = rest.find(|c| ('@'..='~').contains(c));
            }
            ('\u{1b}', _) => {
                rest.next();
            }
            _ => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

/// Whether a line is worth a closer look; most are not.
pub(super) fn may_tell(text: &str) -> bool {
    (text.contains(':') || text.contains("***") || text.contains("CMake Error") || text.contains("Killed") || is_progress(text))
        && !is_quoted_source(text)
}

/// `[12/345] Building CXX object …`, or the command itself with `-v`.
pub(super) fn is_progress(text: &str) -> bool {
    let inside = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(inside, _)| inside.trim());
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    inside.is_some_and(|inside| {
        inside.split_once('/').is_some_and(|(done, all)| digits(done) && digits(all))
            || inside.strip_suffix('%').is_some_and(digits)
    })
}

/// What a compiler shows of the sources: `   12 |   throw "out of memory";`.
fn is_quoted_source(text: &str) -> bool {
    text.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().starts_with('|')
}

/// pip says that it tries again.
pub(super) fn is_retry(text: &str) -> bool {
    text.starts_with("WARNING: Retrying")
}

/// What a line says, if it says anything of a failure.
pub(super) fn read(text: &str) -> Option<Said<'_>> {
    if is_progress(text) || is_harmless(text) {
        return None;
    }
    let find = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if let Some(said) = made(text).or_else(|| called(text)) {
        return Some(said);
    }
    let cache = ["sccache: error", "sccache: encountered fatal error", "ccache: error", "error: Connection to server timed out"];
    if cache.iter().any(|word| text.starts_with(word)) {
        return said(Class::Cache, Rank::Error);
    }
    if find(SUMMARIES) {
        return said(class_of_words(text).unwrap_or_default(), Rank::Summary);
    }
    if let Some(class) = class_of_words(text) {
        let rank = if class == Class::Network { Rank::Error } else { Rank::Cause };
        return said(class, rank);
    }
    if text == "Killed" || text.ends_with(": Killed") {
        return said(Class::Memory, Rank::Cause);
    }
    for (class, words) in
        [(Class::Crash, CRASH), (Class::MissingLibrary, LIBRARY), (Class::Link, LINK), (Class::MissingTool, TOOL)]
    {
        if find(words) && complains(text) {
            return said(class, Rank::Error);
        }
    }
    // A recipe that make runs without a shell: `make: hipcc: No such file or directory`.
    if let Some((maker, rest)) = text.split_once(": ")
        && is_make(maker)
        && rest.contains(": ")
    {
        return said(Class::MissingTool, Rank::Error);
    }
    if text.starts_with("sh: ") || text.starts_with("/bin/sh: ") {
        return text.ends_with(": not found").then(|| said(Class::MissingTool, Rank::Error)).flatten();
    }
    diagnostic(text)
}

/// `make[2]: *** [Makefile:3: a.o] Error 1`; the word `Error` is another one in other languages.
fn made(text: &str) -> Option<Said<'_>> {
    let (program, rest) = text.split_once(": *** ")?;
    if !is_make(program) {
        return None;
    }
    let Some((inside, end)) = rest.strip_prefix('[').and_then(|rest| rest.split_once("] ")) else {
        return said(Class::Other, Rank::Complaint);
    };
    let class = match end.split_whitespace().find_map(|word| word.parse::<u32>().ok()) {
        Some(137) => Class::Memory,
        Some(127) => Class::MissingTool,
        _ => Class::Other,
    };
    let rank = if end.starts_with("Killed") { Rank::Cause } else { Rank::Summary };
    let class = if rank == Rank::Cause { Class::Memory } else { class };
    Some(Said { target: inside.rsplit(": ").next(), ..said(class, rank)? })
}

/// `make`, `gmake[2]`, `mingw32-make.exe`.
fn is_make(program: &str) -> bool {
    let name = program.split('[').next().unwrap_or(program);
    name.ends_with("make") || name.ends_with("make.exe")
}

/// setuptools: `error: command '/usr/bin/gcc' failed with exit code 1`, or
/// `error: Command '['g++', '-c', 'a.cpp']' returned non-zero exit status 1.`
fn called(text: &str) -> Option<Said<'_>> {
    let rest = text.strip_prefix("error: command '").or_else(|| text.strip_prefix("error: Command '"))?;
    let (command, end) = ["' failed", "' returned ", "' died "].iter().find_map(|word| rest.split_once(word))?;
    let (class, rank) = match end {
        _ if end.contains("No such file or directory") => (Class::MissingTool, Rank::Error),
        _ if end.trim_end_matches('.').ends_with(" 137") || end.contains("signal 9") || end.contains("SIGKILL") => {
            (Class::Memory, Rank::Summary)
        }
        _ => (Class::Other, Rank::Summary),
    };
    Some(Said { command: Some(command), ..said(class, rank)? })
}

/// The class that the words of the operating system tell.
pub(super) fn class_of_words(text: &str) -> Option<Class> {
    let in_words = WORLD.iter().find(|(_, words)| words.iter().any(|word| text.contains(word))).map(|(class, _)| *class);
    in_words.or_else(|| is_memory_exception(text).then_some(Class::Memory))
}

/// What Python and C++ programs end with when they get no memory: `MemoryError`, `numpy._core._exceptions._ArrayMemoryError: Unable to …`. In
/// sources these are names like others, and PyTorch's `OutOfMemoryError` is about the memory of a GPU.
fn is_memory_exception(text: &str) -> bool {
    let name = text.split(": ").next().unwrap_or_default();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "._:".contains(c));
    is_name && (name == "std::bad_alloc" || name.ends_with("MemoryError") && !name.ends_with("OutOfMemoryError"))
}

/// Warnings, notes, and what is only tried.
fn is_harmless(text: &str) -> bool {
    const MARKS: &[&str] = &["warning:", "note:", "remark:", "Warnung:", "Anmerkung:", "attention :", "предупреждение:", "警告"];
    const STARTS: &[&str] =
        &["-- ", "CMake Warning", "WARNING", "Warning", "++ ", "+ ", "copying ", "creating ", "adding ", "removing "];
    // A warning has its place before the word, whatever is in its path; other lines have it before the word for an error.
    let warns = |mark: &str| {
        text.find(mark).is_some_and(|at| {
            is_place(text[..at].trim_end().trim_end_matches(':')) || diagnostic_at(text).is_none_or(|error| at < error)
        })
    };
    STARTS.iter().any(|start| text.starts_with(start)) || MARKS.iter().copied().any(warns) || text.contains(": warning ")
}

/// A linker says what is wrong without the word: `/usr/bin/ld: cannot find -lfoo`, `a.c:(.text+0x5): undefined reference to `f'`.
fn complains(text: &str) -> bool {
    let head = text.split(": ").next().unwrap_or_default();
    text.contains("rror")
        || tool(head).is_some()
        || text.contains(":(.text")
        || text.contains("): ")
        || text.starts_with("/bin/")
        || text.contains(": command not found")
        || text.contains(".so: ")
        || text.contains(".o: ")
}

/// Where the word for an error begins.
fn diagnostic_at(text: &str) -> Option<usize> {
    ERRORS.iter().filter_map(|word| text.find(word)).min().or_else(|| microsoft(text).map(|(at, _)| at))
}

/// `a.cpp(12): error C2065: …`, `LINK : fatal error LNK1181: …`: where the word begins, and the number.
fn microsoft(text: &str) -> Option<(usize, &str)> {
    ["): fatal error ", "): error ", " : fatal error ", " : error ", "): error: ", "): catastrophic error: "].iter().find_map(
        |word| {
            let at = text.find(word)?;
            let (number, _) = text[at + word.len()..].split_once(':').unwrap_or_default();
            (word.ends_with(": ") || number.len() > 3 && number.ends_with(|c: char| c.is_ascii_digit())).then_some((at, number))
        },
    )
}

/// An error of a compiler, a linker or another program that says where or who.
fn diagnostic(text: &str) -> Option<Said<'_>> {
    if let Some((_, number)) = microsoft(text) {
        let class = match number {
            "C1083" => Class::MissingHeader,
            "C1060" | "C1002" | "LNK1102" => Class::Memory,
            "LNK1104" | "LNK1181" => Class::MissingLibrary,
            "C1001" => Class::Crash,
            _ if number.starts_with("LNK") => Class::Link,
            _ => Class::Compile,
        };
        return said(class, Rank::Error);
    }
    let found = ERRORS.iter().filter_map(|word| Some((text.find(word)?, *word))).min_by_key(|(at, _)| *at);
    let Some((at, word)) = found else {
        let starts = ["error: ", "ERROR: ", "fatal: ", "Error: ", "FATAL: ", "LLVM ERROR: "];
        let complaint = starts.iter().any(|start| text.starts_with(start));
        return complaint.then(|| said(class_of_complaint(text), Rank::Complaint)).flatten();
    };
    let (before, message) = (&text[..at], &text[at + word.len()..]);
    let find = |words: &[&str]| words.iter().any(|word| message.contains(word));
    let fatal = word.contains("atal") || word.contains("schwer") || word.contains("фаталь");
    let class = match () {
        () if find(TARGET) => Class::UnsupportedTarget,
        () if find(CRASH) => Class::Crash,
        () if find(LIBRARY) => Class::MissingLibrary,
        () if find(LINK) => Class::Link,
        () if find(USAGE) => Class::Usage,
        () if fatal && names_file(message) => Class::MissingHeader,
        () if is_place(before) => Class::Compile,
        () => match tool(before) {
            Some(Tool::Linker) => Class::Link,
            Some(Tool::Compiler) => Class::Compile,
            // Whatever calls itself by one word: `setup.py: error: …`.
            None if !before.contains(char::is_whitespace) => return said(class_of_complaint(message), Rank::Complaint),
            None => return None,
        },
    };
    said(class, Rank::Error)
}

/// What a program that is no compiler complains of.
fn class_of_complaint(text: &str) -> Class {
    let find = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match () {
        () if find(&["No matching distribution", "Could not find a version", "No module named"]) => Class::MissingPackage,
        () if find(TARGET) => Class::UnsupportedTarget,
        () if find(USAGE) => Class::Usage,
        () if find(TOOL) => Class::MissingTool,
        () => Class::Other,
    }
}

/// What CMake complains of.
pub(super) fn class_of_cmake(text: &str) -> Class {
    let find = |words: &[&str]| words.iter().any(|word| text.contains(word));
    class_of_words(text).unwrap_or_else(|| match () {
        () if find(TARGET) => Class::UnsupportedTarget,
        () if find(TOOL) || find(&["or higher is required", "unable to find a build program", "Could not find compiler"]) => {
            Class::MissingTool
        }
        () if find(&["Could NOT find", "Could not find a package", "By not providing", "Failed to find", "NOTFOUND"]) => {
            Class::MissingLibrary
        }
        () => Class::Configure,
    })
}

/// The last line of a traceback: `ModuleNotFoundError: No module named 'x'`.
pub(super) fn exception(text: &str) -> Option<(Class, Rank)> {
    let name = text.split([':', ' ']).next()?;
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_')) {
        return None;
    }
    let tool = name == "FileNotFoundError" && text.rsplit("directory: '").next().is_some_and(|file| !file.contains(['/', '\\']));
    let class = class_of_words(text).unwrap_or_else(|| match () {
        () if name.ends_with("ModuleNotFoundError") => Class::MissingPackage,
        () if tool => Class::MissingTool,
        () => class_of_complaint(text),
    });
    let rank = match class {
        _ if SUMMARIES.iter().any(|word| text.contains(word)) => Rank::Summary,
        Class::Disk | Class::Memory => Rank::Cause,
        _ => Rank::Complaint,
    };
    Some((class, rank))
}

/// Whether a message names a file that is not there: `x.h: No such file or directory`, `'x.h' file not found`.
fn names_file(message: &str) -> bool {
    let file = message.split(": ").next().unwrap_or_default();
    message.contains("file not found") || (message.contains(": ") && !file.contains(' ') && file.contains(['.', '/']))
}

/// `a.cpp:12:3`, `a.cpp:12`, `{standard input}:3`, `a.cpp(12)`.
fn is_place(text: &str) -> bool {
    let (rest, last) = text.rsplit_once(':').unwrap_or((text, ""));
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (!rest.is_empty() && number(last)) || text.ends_with(')')
}

enum Tool {
    Compiler,
    Linker,
}

/// Which kind of program calls itself so: `/usr/bin/x86_64-linux-gnu-g++-12`, `ld.lld`, `clang-22`.
fn tool(name: &str) -> Option<Tool> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name).trim();
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'));
    let last = name.rsplit('-').next().unwrap_or(name);
    match last {
        "gcc" | "g++" | "c++" | "cc" | "cc1plus" | "cc1" | "clang" | "clang++" | "cl" | "hipcc" | "amdclang" | "amdclang++"
        | "nvcc" | "as" | "ptxas" | "flang" | "llvm" | "llc" | "lto" => Some(Tool::Compiler),
        "ld" | "lld" | "link" | "LINK" | "collect" | "ld.lld" | "ld.gold" | "ld.bfd" | "ar" | "gold" | "mold" => {
            Some(Tool::Linker)
        }
        _ if name == "lld-link" || name.starts_with("collect") || last.starts_with("ld.") => Some(Tool::Linker),
        _ => None,
    }
}
